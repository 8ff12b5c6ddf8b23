"""Runs on disk: run.json, and the exchanges beside it."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.core.model import JSON
from conformance.report import files


def written(folder: Path, document: JSON, name: str = "run.json", keep: str = "all") -> Path:
    files.write_run(folder / name, document, keep)
    return folder / name


def raw(path: Path) -> JSON:
    return json.loads(path.read_text("utf-8"))
