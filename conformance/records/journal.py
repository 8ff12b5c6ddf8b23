"""The verdicts of a run as they come, one line each: what is left of a run that was killed, and how it goes on.

The first line tells of the run (`format`, `fingerprint`, `gateway`, `started`, and `upstream` where that is asked as
well); every other one is a verdict as in run.json, whose format it is.
A line is written at once, so that only the last one can be torn, and a torn one is as if it had never been.
The format is https://jsonlines.org.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from conformance.core.model import JSON
from conformance.core.yaml_input import InputError

NAME = "verdicts.jsonl"


class Journal:
    """A file that grows by a line for each verdict."""

    def __init__(self, path: Path, head: JSON = None) -> None:
        """Begins with `head`, in place of what was there; without one, goes on after what is there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.ftruncate(self._file, 0 if head else path.read_bytes().rfind(b"\n") + 1)
        if head:
            self.add(head)

    def add(self, entry: JSON) -> None:
        """One more line."""
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        left = memoryview(f"{line}\n".encode("utf-8", "backslashreplace"))
        while left:
            left = left[os.write(self._file, left) :]

    def close(self) -> None:
        """Nothing more comes."""
        os.close(self._file)


def read_journal(folder: Path, fingerprint: str) -> tuple[JSON, list[JSON]]:
    """The head and the verdicts of an earlier run of the same cases against the same gateway. Raises InputError."""
    path = folder / NAME
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # what no line end follows was cut off
    except OSError as error:
        raise InputError(
            f"--gateway-resume: {path} cannot be read ({error.strerror}); run without --gateway-resume"
        ) from None
    try:
        head, *entries = [json.loads(line) for line in lines] or [{}]
        known = isinstance(head, dict) and head.get("fingerprint")
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"--gateway-resume: {path} is no journal of a run ({error}); run without --gateway-resume"
        ) from None
    if known != fingerprint:
        raise InputError(f"--gateway-resume: {path} is of other cases or another gateway; run without --gateway-resume")
    return head, list({entry["id"]: entry for entry in entries}.values())
