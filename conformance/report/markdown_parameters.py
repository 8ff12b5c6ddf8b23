"""The fates of parameters in a Markdown report."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.parameter_fates import Table, tables
from conformance.records.run_format import RunDocument
from conformance.report import parameters_text
from conformance.report.markdown_text import folded, words


def lines(document: RunDocument) -> Iterator[str]:
    """The totals of each lane, and the tables folded below them; nothing if no parameter was observed."""
    found = tables(document)
    if not found:
        return
    yield from ("", "### Parameters on their way to the upstream", "", parameters_text.LEGEND, "")
    for table in found:
        yield from (f"- {line}" for line in parameters_text.totals(table))
    for table in found:
        yield ""
        yield from folded(f"{words(table.endpoint)}: {len(table.rows)} parameters", _table(table))


def _table(table: Table) -> Iterator[str]:
    yield f"| parameter | {' | '.join(map(words, table.families))} |"
    yield f"|---{'|---' * len(table.families)}|"
    for row in table.rows:
        cells = [parameters_text.cell(row.cells.get(family)) for family in table.families]
        yield f"| `{row.parameter.id}` | {' | '.join(cells)} |"
