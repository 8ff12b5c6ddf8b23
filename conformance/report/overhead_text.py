"""The added time of a gateway as terminal lines, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.analysis.overhead import SHARES, Row, Side
from conformance.core.plural import counted
from conformance.report.width import cut

_CELL = 24


def lines(rows: Sequence[Row], failures: Mapping[Side, Counter[str]]) -> Iterator[str]:
    """A table in milliseconds, the reasons for the figures that it lacks, and the failed requests."""
    yield f"{'ms':<16}{'provider':>10}{'added, with 95 % interval':>{_CELL * 3}}"
    yield f"{'':<16}{'p50':>10}{''.join(f'{name:>{_CELL}}' for name in SHARES)}"
    before = None
    for row in rows:
        if before != (row.at_once, row.streamed):
            before = row.at_once, row.streamed
            yield f"{row.at_once} at once, {_form(row)}: {_answers(row)}"
        provider = row.of["provider"].get("p50")
        yield (
            f"  {row.until:<14}{'-' if provider is None else _ms(provider):>10}"
            + "".join(f"{_cell(row, name):>{_CELL}}" for name in SHARES)
        )
    if any(found.is_noise for row in rows for found in row.added.values()):
        yield "~ within noise: the interval includes 0"
    left_out = dict.fromkeys((name, reason) for row in rows for name, reason in row.left_out.items())
    yield from (f"- {name} {reason}" for name, reason in left_out)
    for side, reasons in failures.items():
        for reason, number in reasons.most_common():
            yield cut(f"failed, not in the figures: {side}: {counted(number, 'request')}: {reason}")


def document(rows: Sequence[Row], failures: Mapping[Side, Counter[str]]) -> dict[str, Any]:
    """The same for programs; all times are in milliseconds."""
    return {
        "unit": "ms",
        "rows": [_entry(row) for row in rows],
        "failed": {side: dict(reasons) for side, reasons in failures.items()},
    }


def _entry(row: Row) -> dict[str, Any]:
    return {
        "at_once": row.at_once,
        "streamed": row.streamed,
        "until": row.until,
        "answers": dict(row.answers),
        **{side: {name: seconds * 1000 for name, seconds in of.items()} for side, of in row.of.items()},
        "added": {
            name: {
                "value": found.value * 1000,
                "low": found.low * 1000,
                "high": found.high * 1000,
                "within_noise": found.is_noise,
            }
            for name, found in row.added.items()
        },
        "left_out": dict(row.left_out),
    }


def _form(row: Row) -> str:
    return "streamed" if row.streamed else "unstreamed"


def _answers(row: Row) -> str:
    gateway, provider = row.answers["gateway"], row.answers["provider"]
    if gateway == provider:
        return f"n = {gateway:,} answers from each side"
    return f"n = {gateway:,} answers of the gateway, {provider:,} of the provider"


def _cell(row: Row, name: str) -> str:
    found = row.added.get(name)
    if found is None:
        return "-"
    return f"{_ms(found.value)} [{_ms(found.low)}, {_ms(found.high)}]{'~' if found.is_noise else ' '}"


def _ms(seconds: float) -> str:
    """Milliseconds with three or four digits."""
    value = seconds * 1000
    return f"{value:.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f}"
