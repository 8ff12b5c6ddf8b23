"""The journal: the verdicts of a run as they come, so that an interrupted run can be continued.

The file has JSON lines (https://jsonlines.org). The first line is the head (`JournalHead`), every other line a
verdict as in run.json. Each line is written at once, so only the last one can be torn; a torn line is ignored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from conformance.core.yaml_input import InputError
from conformance.records.run_format import JournalHead, VerdictEntry

NAME = "verdicts.jsonl"


class Journal:
    """A file that grows by one line for each verdict."""

    def __init__(self, path: Path, head: JournalHead | None = None) -> None:
        """With a `head`, starts a new file; without one, continues the file that is there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.ftruncate(self._file, 0 if head else path.read_bytes().rfind(b"\n") + 1)
        if head:
            self._write(head)

    def add(self, entry: VerdictEntry) -> None:
        """Writes one more verdict."""
        self._write(entry)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def _write(self, value: Mapping[str, object]) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        left = memoryview(f"{line}\n".encode("utf-8", "backslashreplace"))
        while left:
            left = left[os.write(self._file, left) :]


def read_journal(folder: Path, fingerprint: str) -> tuple[JournalHead, list[VerdictEntry]]:
    """The head and the verdicts of an earlier run with this fingerprint. Raises InputError."""
    path = folder / NAME
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # without a torn last line
    except OSError as error:
        raise InputError(
            f"--gateway-resume: {path} cannot be read ({error.strerror}); run without --gateway-resume"
        ) from None
    try:
        head, *entries = [json.loads(line) for line in lines] or [{}]
        known = isinstance(head, dict) and head.get("fingerprint")
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"--gateway-resume: {path} is not the journal of a run ({error}); run without --gateway-resume"
        ) from None
    if known != fingerprint:
        raise InputError(f"--gateway-resume: {path} is of other cases or another gateway; run without --gateway-resume")
    verdicts: dict[str, VerdictEntry] = {entry["id"]: entry for entry in entries}
    return cast(JournalHead, head), list(verdicts.values())
