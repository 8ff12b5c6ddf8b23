"""The suite as its users run it: by pytest, in this process or in one of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from conformance.reference import DEFAULT_KEY
from tests.support.paths import ROOT

HEAD = "family: messages\narea: probe\nsource: https://docs.anthropic.com\ncases:\n"
REQUEST = "{body: {model: $model, max_tokens: 9, messages: [{role: user, content: WORDS}]}}"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *_OPTIONS, *arguments]


_OPTIONS = ("-p", "no:cacheprovider", "conformance/test_gateway.py")


def environment(**more: str | None) -> dict[str, str]:
    """The environment of a run, without what these tests have in theirs; None leaves a variable out."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_"))}
    wanted = {**outside, "GATEWAY_API_KEY": DEFAULT_KEY, **more}
    return {name: value for name, value in wanted.items() if value is not None}


def run(*arguments: str, cwd: Path = ROOT, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """A run of pytest in this process, to its end; `variables` change its environment, None removes one.

    It saves the start of a process, which takes longer than most runs of a few cases. xdist's workers, which are
    processes anyway, have one of their own to start them.
    """
    arguments = tuple(argument for argument in arguments if argument != "-n0")  # which is what it does here anyway
    if any(argument.startswith("-n") for argument in arguments):
        return run_process(*arguments, cwd=cwd, **variables)
    output, errors = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment(**variables), clear=True),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        _untouched(),
    ):
        code = pytest.main([*_INSIDE, "--assert=plain", *_OPTIONS, *arguments])
    return subprocess.CompletedProcess(arguments, int(code), output.getvalue(), errors.getvalue())


_INSIDE = tuple(f"-pno:{name}" for name in ("faulthandler", "threadexception", "unraisableexception", "xdist"))
"""Without the plugins that change the process and not only the run; those of these tests are at work already."""


@contextlib.contextmanager
def _untouched() -> Iterator[None]:
    """Puts back what a run leaves changed in its process."""
    path, hook, modules = [*sys.path], sys.unraisablehook, set(sys.modules)
    try:
        yield
    finally:
        sys.path[:], sys.unraisablehook = path, hook
        for name in set(sys.modules) - modules:
            if name.startswith("test_"):
                del sys.modules[name]


def run_process(*arguments: str, cwd: Path = ROOT, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """As `run`, in a process of its own, as users call it."""
    return subprocess.run(
        command(*arguments), cwd=cwd, env=environment(**variables), capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip


def case(name: str, words: str = "Reply with exactly: $canary", outcome: str = "success", marks: str = "") -> str:
    """A case of Messages as YAML."""
    request = REQUEST.replace("WORDS", json.dumps(words))
    marked = f"    marks: [{marks}]\n" if marks else ""
    title = "    title: A request to the gateway gets its answer\n"
    return f"  - id: {name}\n{title}{marked}    request: {request}\n    expect: {{outcome: {outcome}}}\n"


def library(folder: Path, *cases: str) -> Path:
    """A folder with one file of cases."""
    folder.mkdir(exist_ok=True)
    (folder / "probe.yaml").write_text(HEAD + "".join(cases), "utf-8")
    return folder


def report(folder: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((folder / "run.json").read_text("utf-8"))
    return document
