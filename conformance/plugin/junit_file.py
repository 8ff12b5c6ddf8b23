"""Completes the JUnit report that pytest writes with `--junitxml`, after it is written."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.records.run_format import RunDocument
from conformance.report import junit


def finish(config: pytest.Config, document: RunDocument) -> None:
    """Adds the problems to the report of this run, if there is one."""
    if name := config.getoption("xmlpath", None):
        path = Path(os.path.expandvars(name)).expanduser()
        complete(path, document, config.getoption("junitprefix", None) or "")


def complete(path: Path, document: RunDocument, prefix: str) -> None:
    """Adds the problems to a report; a report that cannot be read stays as it is."""
    try:
        text = junit.with_problems(path.read_bytes(), document, prefix)
    except (FileNotFoundError, ElementTree.ParseError):
        return
    path.write_bytes(text)
