"""Reports on disk: written whole or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from conformance.core.model import JSON
from conformance.core.yaml_input import InputError, display


def write(path: Path, document: JSON) -> None:
    """A JSON file, its folder made where it is missing. A reader never sees half of it. Raises InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _part_of(path) as file:
            for line in _lines(document):
                # Half a character, which a gateway may send as \ud800 in its JSON, goes back to that form.
                file.write(f"{line}\n".encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise InputError(f"{display(path)}: the file cannot be written ({error.strerror})") from error


@contextmanager
def _part_of(path: Path) -> Iterator[IO[bytes]]:
    """A file beside the path that takes its place when the block ends, and is gone where anything went wrong."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            yield file
            file.close()
            part.chmod(0o644)  # a report is for everybody who may read the folder
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _lines(document: JSON) -> Iterator[str]:
    """JSON with a line for each member, and for each entry of a list: two runs compare line by line.

    What is in a line is written by the C encoder, ten times as fast as the one that indents.
    """
    if not isinstance(document, dict) or not document:
        yield _line(document)
        return
    yield "{"
    for number, (name, value) in enumerate(document.items(), 1):
        yield from _member(_line(name), value, "," if number < len(document) else "")
    yield "}"


def _member(name: str, value: JSON, end: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"{name}: {_line(value)}{end}"
        return
    yield f"{name}: ["
    yield from (f"{_line(entry)}," for entry in value[:-1])
    yield _line(value[-1])
    yield f"]{end}"


def _line(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)
