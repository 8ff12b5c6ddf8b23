"""The journal: the verdicts of a run as they come, so that an interrupted run can be continued.

The file has JSON lines (https://jsonlines.org). The first line is the head (`JournalHead`), every other line a
verdict, with the control requests before it as `controls`.
Each line is written at once, so only the last one can be torn; a torn line is ignored. During the run, a
verdict has all of its exchanges. When the run has ended and run.json is written, its verdicts replace those of the
journal: they refer to the exchanges in `exchanges.jsonl.gz`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from conformance.core.yaml_input import InputError
from conformance.records import exchange_store
from conformance.records.run_format import ControlEntry, JournalHead, VerdictEntry

NAME = "verdicts.jsonl"
_CONTROLS = "controls"
"""The member of a line with control requests."""
RUN = "run.json"
"""The report of the same run, in the same folder."""


class Journal:
    """A file that grows by one line for each verdict."""

    def __init__(self, path: Path, head: JournalHead | None = None) -> None:
        """With a `head`, starts a new file; without one, continues the file that is there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.ftruncate(self._file, 0 if head else path.read_bytes().rfind(b"\n") + 1)
        if head:
            self._write(head)

    def add(self, entry: VerdictEntry, controls: Sequence[ControlEntry] = ()) -> None:
        """Writes one more verdict, and the control requests that were sent since the one before."""
        self._write({**entry, _CONTROLS: controls} if controls else entry)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def _write(self, value: Mapping[str, object]) -> None:
        left = memoryview(_line(value))
        while left:
            left = left[os.write(self._file, left) :]


def _line(value: Mapping[str, object]) -> bytes:
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"{line}\n".encode("utf-8", "backslashreplace")


def shorten(folder: Path, verdicts: Sequence[VerdictEntry], controls: Sequence[ControlEntry] = ()) -> None:
    """Replaces the lines of a journal, if there is one, by these verdicts and control requests of the written run.json.

    Raises InputError if the file cannot be written; the old one stays.
    """
    path = folder / NAME
    part = path.with_name(f"{NAME}.part")
    try:
        if path.exists():
            with path.open("rb") as old, part.open("wb") as new:
                new.write(old.readline())
                new.writelines(_line({**entry, _CONTROLS: controls}) for entry in verdicts[:1])
                new.writelines(map(_line, verdicts[1:]))
            part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{path}: the file cannot be written ({error.strerror})") from error


def read_journal(folder: Path, fingerprint: str) -> tuple[JournalHead, list[VerdictEntry], list[ControlEntry]]:
    """The head, the verdicts and the control requests of an earlier run with this fingerprint. Raises InputError."""
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
    controls: list[ControlEntry] = [one for entry in entries for one in entry.pop(_CONTROLS, ())]
    verdicts: dict[str, VerdictEntry] = {entry["id"]: entry for entry in entries}
    try:
        exchange_store.join_entries(verdicts.values(), folder / RUN)
    except InputError as error:
        raise InputError(f"--gateway-resume: {error}, or run without --gateway-resume") from None
    return cast(JournalHead, head), list(verdicts.values()), controls
