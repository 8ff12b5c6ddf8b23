"""Which case notices which fault of the reference gateway, as `python -m benchmarks notices` finds out.

The file has JSON lines, compressed with gzip: first a line for each case, with its cost, then one for each fault. The
cases of a fault are a number with one bit for each case, in hexadecimal.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from conformance.core.model import JSON
from conformance.core.yaml_input import InputError, display


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a case: the requests of its steps, their tokens, and the control requests that it needs."""

    requests: int
    tokens: int
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notices:
    """`costs` by case id; by fault id the cases that were `tried` on it, and those that `noticed` it."""

    costs: Mapping[str, Cost] = field(default_factory=dict)
    tried: Mapping[str, frozenset[str]] = field(default_factory=dict)
    noticed: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read(path: Path) -> Notices:
    """The notices in a file. Raises InputError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{display(path)}: the file cannot be read ({error.strerror})") from None
    try:
        return _notices([json.loads(line) for line in gzip.decompress(data).splitlines()])
    except (OSError, ValueError, LookupError, TypeError, EOFError) as error:
        raise InputError(f"{display(path)}: the file is not of `python -m benchmarks notices` ({error!r})") from None


def _notices(entries: Sequence[Mapping[str, JSON]]) -> Notices:
    """The entries as notices. Raises LookupError if the first is not a case."""
    entries[0]["case"]
    costs = {entry["case"]: _cost(entry) for entry in entries if "case" in entry}
    faults = {entry["fault"]: entry for entry in entries if "fault" in entry}
    tried, noticed = (
        {fault: frozenset(_named(entry[name], [*costs])) for fault, entry in faults.items()}
        for name in ("tried", "noticed")
    )
    return Notices(costs, tried, noticed)


def write(path: Path, found: Notices) -> None:
    """Writes notices to a file, the same bytes for the same notices."""
    text = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in _entries(found))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _entries(found: Notices) -> Iterator[dict[str, JSON]]:
    ids = sorted(found.costs)
    yield from ({"case": id_, **asdict(found.costs[id_])} for id_ in ids)
    for fault in sorted(found.noticed):
        yield {
            "fault": fault,
            "tried": _number(found.tried[fault], ids),
            "noticed": _number(found.noticed[fault], ids),
        }


def _cost(entry: Mapping[str, JSON]) -> Cost:
    return Cost(entry["requests"], entry["tokens"], tuple(entry["controls"]))


def _number(chosen: Collection[str], ids: Iterable[str]) -> str:
    return f"{sum(1 << index for index, id_ in enumerate(ids) if id_ in chosen):x}"


def _named(number: str, ids: Sequence[str]) -> Iterator[str]:
    bits = int(number, 16)
    while bits:
        lowest = bits & -bits
        yield ids[lowest.bit_length() - 1]
        bits ^= lowest
