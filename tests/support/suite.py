"""Runs the suite with pytest, in this process or in a separate one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO
from unittest import mock

import pytest

from conformance.records import exchange_store, observed_names
from conformance.reference import DEFAULT_KEY
from tests.support.paths import ROOT

HEAD = "family: messages\narea: probe\nsource: https://docs.anthropic.com\ncases:\n"
REQUEST = "{body: {model: $model, max_tokens: 9, messages: [{role: user, content: WORDS}]}}"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *OPTIONS, *arguments]


OPTIONS = ("-p", "no:cacheprovider", "conformance/test_gateway.py")


def environment(**more: str | None) -> dict[str, str]:
    """The environment of a run, without the variables of these tests; None removes a variable."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_"))}
    wanted = {**outside, "GATEWAY_API_KEY": DEFAULT_KEY, **more}
    return {name: value for name, value in wanted.items() if value is not None}


def run(*arguments: str, cwd: Path = ROOT, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Runs pytest in this process; `variables` change its environment, None removes a variable.

    This saves the start of a process, which takes longer than most runs of a few cases. A run with xdist's workers
    gets a separate process.
    """
    arguments = tuple(argument for argument in arguments if argument != "-n0")  # in this process, there are no workers
    if any(argument.startswith("-n") for argument in arguments):
        return run_process(*arguments, cwd=cwd, **variables)
    return run_inside(*OPTIONS, *arguments, cwd=cwd, **variables)


def run_inside(*arguments: str, cwd: Path = ROOT, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """pytest with these arguments in this process; `variables` as for `run`."""
    output, errors = io.StringIO(), io.StringIO()
    code = run_into(output, errors, arguments, cwd, variables)
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())


def run_into(
    output: TextIO, errors: TextIO, arguments: Sequence[str], cwd: Path, variables: Mapping[str, str | None]
) -> int:
    """Runs pytest in this process with these files as its output. Returns its exit code."""
    with (
        mock.patch.dict(os.environ, environment(**variables), clear=True),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
        _untouched(),
    ):
        return int(pytest.main([*_INSIDE, "--assert=plain", *arguments]))


_INSIDE = tuple(f"-pno:{name}" for name in ("faulthandler", "threadexception", "unraisableexception", "xdist"))
"""Without the plugins that change the whole process: they are already active for these tests."""


@contextlib.contextmanager
def _untouched() -> Iterator[None]:
    """Restores the state of the process that a run changes."""
    path, hook, modules = [*sys.path], sys.unraisablehook, set(sys.modules)
    try:
        yield
    finally:
        sys.path[:], sys.unraisablehook = path, hook
        for name in set(sys.modules) - modules:
            if name.startswith("test_"):
                del sys.modules[name]


def run_process(*arguments: str, cwd: Path = ROOT, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """As `run`, in a separate process, as users start it."""
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


def own_cases(family: str) -> str:
    """The option for the suite's own cases of a family. To load all of them takes longer than most runs of a few."""
    return f"--gateway-cases={ROOT / 'cases' / family}"


def library(folder: Path, *cases: str) -> Path:
    """A folder with one file of cases."""
    folder.mkdir(exist_ok=True)
    (folder / "probe.yaml").write_text(HEAD + "".join(cases), "utf-8")
    return folder


def part(folder: Path, *names: str) -> Path:
    """A folder with some of the suite's own files of cases, so that a run does not collect thousands of others.

    `names` are the files below `cases`, such as `messages/text.yaml`. Their fragments are copied, too.
    """
    for name in names:
        path = ROOT / "cases" / name
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        for file in (path, *path.parent.glob("_*.yaml")):
            shutil.copy(file, (folder / name).parent)
    return folder


def report(folder: Path) -> dict[str, object]:
    """The whole run in a folder, with the exchanges beside it."""
    document: dict[str, object] = json.loads((folder / "run.json").read_text("utf-8"))
    observed_names.restore(document)
    exchange_store.join(document, folder / "run.json")
    return document
