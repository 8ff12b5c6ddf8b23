"""The sending thread parses no Python code: parsing in two threads at once can crash Python.

pytest parses code to explain assertions. In a run of the suite it does that for a few modules.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.suite import command, environment, part

pytestmark = pytest.mark.e2e

WATCH = """
import ast, builtins, threading

from _pytest.assertion import rewrite

original = builtins.compile
rewrite._read_pyc = lambda *_: None  # pytest parses each of its modules, as in the first run

def compile(source, filename, mode, flags=0, *rest, **more):
    if flags & ast.PyCF_ONLY_AST:
        main = threading.current_thread() is threading.main_thread()
        print(f"PARSED {filename}" if main else f"PARSED BESIDE {filename}")
    return original(source, filename, mode, flags, *rest, **more)

builtins.compile = compile
"""

BEFORE_A_RUN = ("__init__.py", "core/__init__.py", "core/options.py", "plugin/__init__.py", "plugin/options.py",
                "plugin/plain_import.py", "plugin/selection.py")  # fmt: skip
"""The modules that pytest loads in every project, before it knows whether the suite is to run."""


def test_only_the_main_thread_parses_python(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(WATCH, "utf-8")
    path = os.pathsep.join((str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])))
    texts = part(tmp_path / "cases", "messages/text.yaml")
    done = subprocess.run(
        command("-p", "watch", "-s", f"--cases={texts}", "-k", "/text/ and system", f"--report-dir={tmp_path}"),
        cwd=ROOT, env=environment(PYTHONPATH=path),
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PARSED BESIDE" not in done.stdout
    parsed = [line.removeprefix("PARSED ") for line in done.stdout.splitlines() if line.startswith("PARSED ")]
    package = ROOT / "conformance"
    of_the_suite = {str(Path(name).relative_to(package)) for name in parsed if Path(name).is_relative_to(package)}
    assert of_the_suite == {*BEFORE_A_RUN, "real_clients/place.py", "test_gateway.py"}
