"""The sending thread parses no Python code: parsing in two threads at once can crash Python."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.suite import command, environment

pytestmark = pytest.mark.e2e

WATCH = """
import ast, builtins, threading

original = builtins.compile

def compile(source, filename, mode, flags=0, *rest, **more):
    if flags & ast.PyCF_ONLY_AST and threading.current_thread() is not threading.main_thread():
        print(f"PARSED {filename}")
    return original(source, filename, mode, flags, *rest, **more)

builtins.compile = compile
"""


def test_only_the_main_thread_parses_python(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(WATCH, "utf-8")
    path = os.pathsep.join((str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])))
    done = subprocess.run(
        command("-p", "watch", "-s", "-k", "/text/ and system and not long", f"--report-dir={tmp_path}"),
        cwd=ROOT, env=environment(PYTHONPATH=path, PYTHONPYCACHEPREFIX=str(tmp_path / "cache")),
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PARSED" not in done.stdout
