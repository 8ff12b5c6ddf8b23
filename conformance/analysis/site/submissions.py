"""The list of submitted runs: submissions.yaml in their folder, in the format of schemas/submissions.schema.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conformance.core.model import JSON
from conformance.core.yaml_input import Document, InputError, display, read_yaml

FILE = "submissions.yaml"
MAX_SETUP = 40_000
"""Bytes of a setup document, which a page contains as a whole."""

Made = Literal["by-the-vendor", "by-others"]


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted run. `file` is relative to the folder, `links` are text -> URL.

    The steps to reproduce it are `setup`, a URL, or else `steps`, the text of a Markdown file of that name.
    """

    file: str
    gateway: str
    made: Made
    by: str
    setup: str
    steps: str = ""
    note: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Submissions:
    """A folder of submissions, in the order of the list; `title` and `about` may be ""."""

    title: str
    about: str
    runs: tuple[Submission, ...]


def load_submissions(folder: Path) -> Submissions:
    """Reads the list of a folder. Raises InputError, also for a run in the folder that the list does not have."""
    document = read_yaml(folder / FILE, "submissions.schema.json")
    value = document.value
    listed = tuple(_submissions(document, folder))
    if not listed:
        raise InputError(f"{document.at('runs')}: the list has no run; add one")
    known = {one.file for one in listed}
    for path in sorted(folder.glob("**/*.json.gz")):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            raise InputError(f"{document.file}: {name} is in the folder and not in the list; add it to `runs`")
    return Submissions(value.get("title", ""), value.get("about", ""), listed)


def _submissions(document: Document, folder: Path) -> Iterator[Submission]:
    seen: set[str] = set()
    for index, entry in enumerate(document.value["runs"]):
        place = document.at("runs", index)
        if entry["file"] in seen:
            raise InputError(f"{place}: {entry['file']} is already in the list; remove one of the two")
        seen.add(entry["file"])
        _check_file(folder, entry["file"], place)
        yield _submission(entry, folder, document.at("runs", index, "setup"))


def _check_file(folder: Path, name: str, place: str) -> None:
    """Refuses a file that does not exist, or that a symbolic link leads out of the folder to. Raises InputError."""
    path = (folder / name).resolve()
    if not path.is_file():
        raise InputError(f"{place}: {name} does not exist in {display(folder)}; correct the name or add the file")
    if not path.is_relative_to(folder.resolve()):
        raise InputError(f"{place}: {name} is a link to a file outside the folder; add the file itself")


def _submission(entry: JSON, folder: Path, place: str) -> Submission:
    links: Mapping[str, str] = entry.get("links", {})
    return Submission(
        file=entry["file"],
        gateway=entry["gateway"],
        made=entry["made"],
        by=entry["by"],
        setup=entry["setup"],
        steps="" if entry["setup"].startswith("https://") else _steps(folder / entry["setup"], entry["setup"], place),
        note=entry.get("note", ""),
        links=tuple(sorted(links.items())),
    )


def _steps(path: Path, name: str, place: str) -> str:
    """The text of a setup document; only of Markdown files, so that a list cannot publish other files."""
    try:
        if path.resolve().suffix != ".md":
            raise InputError(f"{place}: {name} is a link to a file that is not Markdown; add the file itself")
        data = path.read_bytes()
        if len(data) > MAX_SETUP:
            raise InputError(f"{place}: {name} has more than {MAX_SETUP:,} bytes; give its URL")
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{place}: {name} cannot be read ({error}); correct the name") from error
