"""The suite as its users run it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from conformance.reference import DEFAULT_KEY
from tests.support.paths import ROOT

HEAD = "family: messages\narea: probe\nsource: https://docs.anthropic.com\ncases:\n"
REQUEST = "{body: {model: $model, max_tokens: 9, messages: [{role: user, content: WORDS}]}}"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "conformance/test_gateway.py", *arguments]


def environment(**more: str) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_"))}
    return {**outside, "GATEWAY_API_KEY": DEFAULT_KEY, **more}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest, to its end."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=180, check=False
    )


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
