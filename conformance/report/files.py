"""Writes JSON reports to disk, each file complete or not at all."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from conformance.core.yaml_input import InputError, display
from conformance.records import exchange_store, observed_names, seal
from conformance.records.run_format import RunDocument


def write_run(path: Path, document: RunDocument, keep: str = "all") -> RunDocument:
    """Writes run.json with its digests, and the exchanges beside it, unless `keep` is `failed`. Raises InputError.

    Returns the document that run.json holds. The exchanges come first, so that run.json never refers to later ones.
    """
    kept, stored = exchange_store.split(document)
    beside = exchange_store.beside(path)
    if is_written := bool(stored) and keep == "all":
        with _replacing(beside) as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
            _write_lines(packed, exchange_store.lines(stored))
    kept = seal.sealed(kept)
    write(path, observed_names.numbered(kept))
    if not is_written:
        _remove(beside)
    return kept


def _remove(path: Path) -> None:
    """Removes a file of an earlier run, if there is one. Raises InputError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{display(path)}: the file cannot be removed ({error.strerror})") from error


def write(path: Path, document: Mapping[str, object]) -> None:
    """Writes a JSON file and creates its folder; other programs never see a part of it. Raises InputError."""
    with _replacing(path) as file:
        _write_lines(file, _lines(document))


def text(document: Mapping[str, object]) -> str:
    """The document as `write` writes it."""
    return "\n".join(_lines(document))


def _write_lines(file: IO[bytes] | gzip.GzipFile, lines: Iterable[str]) -> None:
    for line in lines:
        # A lone surrogate, which a gateway may send as \ud800 in its JSON, is escaped again.
        file.write(f"{line}\n".encode("utf-8", "backslashreplace"))


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file that replaces the path, whose folder is created. Raises InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _part_of(path) as file:
            yield file
    except OSError as error:
        raise InputError(f"{display(path)}: the file cannot be written ({error.strerror})") from error


@contextmanager
def _part_of(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file that replaces the path when the block ends; an error removes it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            yield file
            file.close()
            part.chmod(0o644)  # readable for everyone who can read the folder
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _lines(document: Mapping[str, object]) -> Iterator[str]:
    """JSON with a line for each member and for each entry of a list, so that two runs compare line by line.

    Each line comes from the C encoder, which is ten times as fast as the one that indents.
    """
    if not document:
        yield _line(document)
        return
    yield "{"
    for number, (name, value) in enumerate(document.items(), 1):
        yield from _member(_line(name), value, "," if number < len(document) else "")
    yield "}"


def _member(name: str, value: object, end: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f"{name}:{_line(value)}{end}"
        return
    yield f"{name}:["
    yield from (f"{_line(entry)}," for entry in value[:-1])
    yield _line(value[-1])
    yield f"]{end}"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
