"""`site build`: makes static pages from submitted runs."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.site.content import Run, site
from conformance.analysis.site.submissions import FILE, load_submissions
from conformance.cli import intake
from conformance.cli.commands import BROKEN
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError, display
from conformance.records.run_document import suite_version
from conformance.report.site import pages

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

MANIFEST = "manifest.txt"
"""The digest and the path of each file of a site, as `sha256sum` writes them."""


def add(commands: Commands) -> None:
    """Adds `site build DIR`."""
    parser = commands.add_parser("site", help="make static pages from submitted runs of several gateways")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    build = actions.add_parser("build", help="judge the runs again, and write the pages")
    build.add_argument("folder", type=Path, metavar="DIR", help=f"a folder with {FILE} and the runs that it lists")
    build.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="SITE",
        default=Path("site"),
        help="the folder of the pages (default: %(default)s)",
    )
    build.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file of the site is outdated"
    )
    build.add_argument(
        "--skip-refused", action="store_true", help="leave out the runs that `verify` rejects, and name them on a page"
    )
    build.set_defaults(command=_build)


def _build(chosen: argparse.Namespace) -> int:
    submissions = load_submissions(chosen.folder)
    results = intake.results(chosen.folder, [one.file for one in submissions.runs])
    refused = {name: found["refusals"] for name, (_, found) in results.items() if found["refusals"]}
    for name, reasons in refused.items():
        print(plain("\n".join([f"{name}: refused", *(f"  {reason}" for reason in reasons)])))
    if refused and not chosen.skip_refused:
        print(f"{counted(len(refused), 'run')} refused; correct or remove them, or use --skip-refused")
        return BROKEN
    runs = []
    for one in submissions.runs:
        digest, found = results[one.file]
        if found["run"] is not None:
            runs.append(Run(one, digest, found["run"], found["commands"], found["missing"]))
    if not runs:
        raise InputError(f"{display(chosen.folder)}: every run is refused; a site needs one")
    content = site(submissions.title, submissions.about, runs, refused)
    files = {name: _bytes(text) for name, text in pages.pages(content, suite_version()).items()}
    files |= {f"runs/{run.submission.file}": _read(chosen.folder / run.submission.file) for run in runs}
    files[MANIFEST] = _manifest(files)
    return _check(files, chosen.output) if chosen.check else _write(files, chosen.output)


def _bytes(text: str) -> bytes:
    return (text if text.endswith("\n") else text + "\n").encode("utf-8", "backslashreplace")


def _manifest(files: Mapping[str, bytes]) -> bytes:
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    return "".join(lines).encode()


def _check(files: Mapping[str, bytes], folder: Path) -> int:
    """Prints which files of a site differ from those that a build would write."""
    found = [*_differences(files, folder)]
    for line in found:
        print(plain(line))
    return BROKEN if found else 0


def _differences(files: Mapping[str, bytes], folder: Path) -> Iterator[str]:
    for name, data in sorted(files.items()):
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif _read(path) != data:
            yield f"{name} differs"
    for path in _leftover(files, folder):
        yield f"{path.relative_to(folder).as_posix()} is no longer part of the site"


def _write(files: Mapping[str, bytes], folder: Path) -> int:
    """Writes the files that differ, and removes those that only an earlier build wrote. Raises InputError."""
    leftover = _leftover(files, folder)
    for name, data in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != data:
                path.write_bytes(data)
        except OSError as error:
            raise InputError(f"{display(path)}: the file cannot be written ({error.strerror})") from error
    for path in leftover:
        path.unlink()
    print(plain(f"{display(folder / 'index.html')} written, {counted(len(files), 'file')}"))
    return 0


def _leftover(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """The files of an earlier build that this one does not write. Other files in the folder are left alone."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return []
    names = [line.partition("  ")[2] for line in _read(manifest).decode("utf-8", "replace").splitlines()]
    paths = [folder / name for name in names if name and name not in files]
    inside = [path for path in paths if path.resolve().is_relative_to(folder.resolve())]
    return [path for path in inside if path.is_file()]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{display(path)}: the file cannot be read ({error.strerror})") from error
