"""The README's table of options, from the one declaration of them."""

from __future__ import annotations

from conformance.core.options import OPTIONS, Option
from conformance.report.reference_docs import cell

_BEGIN, _END = "<!-- options -->\n", "<!-- /options -->\n"


def with_table(page: str) -> str:
    """The page with today's table between its markers; a page without them stays as it is."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    return f"{before}{begin}{table()}{end}{after}" if end else page


def table() -> str:
    """All options as a table in Markdown."""
    return "".join(("| option | meaning |\n|---|---|\n", *map(_row, OPTIONS)))


def _row(option: Option) -> str:
    return f"| `{cell(option.usage)}` | {cell(option.described)} |\n"
