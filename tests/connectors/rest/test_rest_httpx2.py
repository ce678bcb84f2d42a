"""The wire over httpx2, the fork of httpx with the same API: what it promises is held by the same tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HELD = ("test_rest_http.py", "test_rest_tls.py", "test_rest_secret.py", "test_rest_target.py")


@pytest.mark.parametrize("name", HELD)
def test_fork_keeps_what_the_wire_promises(tmp_path: Path, name: str) -> None:
    """Whichever library carries a request, it is known what was sent, and no secret is told."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/of"]
    environ = {**os.environ, "MIGRATOR_HTTP": "httpx2"}
    file = Path(__file__).with_name(name)
    ended = subprocess.run([*command, file], env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:]
