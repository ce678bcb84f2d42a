"""Runs Python programs as whole processes, and tells what the operating system says they cost."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds on the clock, seconds of processor time (children included), peak resident megabytes of the largest."""

    wall: float
    cpu: float
    megabytes: int


# a process begins with the memory of the one that starts it, and its peak never falls below that: so a small one does
LAUNCHER = """
import os, subprocess, sys, time
begin = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_pid, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, status)
"""


def run_python(folder: Path, environ: Mapping[str, str], *arguments: str) -> Cost:
    """Run a Python program to its end. Raises SystemExit if it fails."""
    kept = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as where installed
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, sys.executable, *arguments]
    told = subprocess.run(command, cwd=folder, env=kept, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    code = os.waitstatus_to_exitcode(int(told[3]))
    if code:
        sys.exit(f"{' '.join(arguments[:4])} ended with {code}")
    return Cost(float(told[0]), float(told[1]), int(told[2]))
