"""Runs Python programs as whole processes, and tells what the operating system says they cost."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds on the clock, seconds of processor time (children included), peak resident megabytes of the largest."""

    wall: float
    cpu: float
    megabytes: int


def run_python(folder: Path, environ: Mapping[str, str], *arguments: str) -> Cost:
    """Run a Python program to its end. Raises SystemExit if it fails."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environ, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(arguments[:4])} ended with {process.returncode}")
    return Cost(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)
