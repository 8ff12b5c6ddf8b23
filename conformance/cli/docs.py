"""`docs`: writes the reference documentation from the suite's own tables."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from conformance.cli.listing import EVERYWHERE
from conformance.core import data_files
from conformance.core.yaml_input import InputError
from conformance.protocol import rulebook
from conformance.report import fault_matrix, option_table, reference_docs
from conformance.report.fault_matrix import FaultRecord
from conformance.suite.load import load_cases

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


STALE = 1
"""The exit code for outdated pages."""


def add(commands: Commands) -> None:
    """Adds `docs [--check]`."""
    parser = commands.add_parser("docs", help="write the generated pages in docs/ of a source checkout")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page is outdated")
    parser.set_defaults(command=_docs)


def _docs(chosen: argparse.Namespace) -> int:
    root = _root()
    faults = _faults()
    pages = {f"docs/{name}": text for name, text in _pages(faults).items()}
    pages["schemas/related_rules.yaml"] = fault_matrix.related_rules(faults)
    pages["README.md"] = option_table.with_table(_read(root / "README.md"))
    stale = [name for name, text in pages.items() if _read(root / name) != text]
    if chosen.check:
        for name in stale:
            print(f"{name} is outdated; run: gateway-conformance docs")
        return STALE if stale else 0
    for name in stale:
        (root / name).write_text(pages[name], "utf-8")
        print(f"{name} written")
    return 0


def _faults() -> list[FaultRecord]:
    # Imported here: nothing else of this command needs the servers.
    from conformance.reference.switch import entries

    return cast(list[FaultRecord], [entry for entry in entries() if entry["kind"] == "fault"])


def _pages(faults: list[FaultRecord]) -> dict[str, str]:
    """The generated pages by their file names in docs/."""
    book = rulebook.rules()
    pages = reference_docs.pages(
        book, load_cases(data_files.folder("cases"), EVERYWHERE), data_files.table("coverage.yaml")
    )
    return pages | fault_matrix.files(faults, book)


def _root() -> Path:
    """The source checkout that the suite runs from. Raises InputError if the suite is installed without its sources."""
    root = data_files.folder("schemas").parent
    if not (root / "pyproject.toml").is_file():
        raise InputError("docs: the suite is installed without its sources; run this in a checkout")
    return root


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
