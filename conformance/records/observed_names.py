"""The layout of the observations in run.json: each name of a fact or of a group is written once, and has a number.

A run of all cases has 70,000 of these names, of 1,000 kinds; written out, they are a third of the file. In memory, and
in a run.json without `names`, as earlier versions wrote it, the observations have the names themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.records.run_format import ObservedEntry, RunDocument

_LISTS = ("facts", "held")


class UnknownNameError(ValueError):
    """An observation has a number that `names` does not reach; the text says where."""


def numbered(document: RunDocument) -> dict[str, object]:
    """The run with `names`, and numbers in place of them; the argument is not changed."""
    names = _most_frequent_first(document)
    number = {name: index for index, name in enumerate(names)}
    entries = [
        {**entry, "observed": [_numbers(one, number) for one in entry["observed"]]} if "observed" in entry else entry
        for entry in document["verdicts"]
    ]
    return {**document, "names": names, "verdicts": entries}


def _most_frequent_first(document: RunDocument) -> list[str]:
    """All names; the most frequent ones get the shortest numbers."""
    observed = (one for entry in document["verdicts"] for one in entry.get("observed", ()))
    counts = Counter(name for one in observed for name in (*one["facts"], *one["held"]))
    return sorted(counts, key=lambda name: (-counts[name], name))


def _numbers(one: ObservedEntry, number: Mapping[str, int]) -> dict[str, object]:
    return {"facts": [number[name] for name in one["facts"]], "held": [number[name] for name in one["held"]]}


def restore(document: object) -> None:
    """Puts the names in place of the numbers, in a document of any form. Raises UnknownNameError."""
    names = document.get("names", []) if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(names, list):
        return
    document.pop("names", None)
    for index, entry in enumerate(_list(document, "verdicts")):
        for number, one in enumerate(_list(entry, "observed")):
            for name in _LISTS:
                if found := _list(one, name):
                    one[name] = _named(found, names, f"verdicts/{index}/observed/{number}/{name}")


def _list(part: object, member: str) -> list[Any]:
    found = part.get(member) if isinstance(part, dict) else None
    return found if isinstance(found, list) else []


def _named(found: Sequence[object], names: Sequence[object], place: str) -> list[object]:
    """The names of the numbers; everything else stays, for the validation that follows."""
    try:
        return [names[one] if type(one) is int and one >= 0 else one for one in found]
    except IndexError as error:
        wrong = next(index for index, one in enumerate(found) if isinstance(one, int) and one >= len(names))
        raise UnknownNameError(
            f"{place}/{wrong}: {found[wrong]} is not below {len(names)}, the number of names"
        ) from error
