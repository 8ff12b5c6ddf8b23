"""A share of the cases, for runs that are spread over several machines.

The share of a case hangs on its id alone, or on how long an earlier run took: every machine comes to the same
shares without asking another. Balancing is the longest first to who has least, as in Graham's LPT rule,
https://doi.org/10.1137/0117039
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from conformance.core.case_id import case_id
from conformance.core.model import JSON, Case
from conformance.core.yaml_input import InputError


@dataclass(frozen=True, slots=True)
class Shard:
    """The share `index` (from 1) of `of`."""

    index: int
    of: int


def parse(text: str) -> Shard:
    """`I/N` as people write it. Raises InputError."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise InputError(f"--shard {text}: give I/N, with I from 1 to N, such as 2/3")
    return Shard(int(found[1]), int(found[2]))


def share(cases: Sequence[Case], shard: Shard, seconds: Mapping[str, float]) -> tuple[Case, ...]:
    """The cases of a shard, in their order; `seconds` by id balances the shards, where an earlier run is known."""
    chosen = _balanced([case.id for case in cases], shard.of, seconds)
    return tuple(case for case in cases if chosen[case.id] == shard.index - 1)


def _balanced(ids: Collection[str], number: int, seconds: Mapping[str, float]) -> Mapping[str, int]:
    """Id -> the number of its shard, from 0."""
    if not seconds:
        return {name: int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % number for name in ids}
    usual = median(seconds.values())
    loads, chosen = [0.0] * number, {}
    for name in sorted(ids, key=lambda name: (-seconds.get(name, usual), name)):
        least = loads.index(min(loads))
        loads[least] += seconds.get(name, usual)
        chosen[name] = least
    return chosen


def durations(document: JSON) -> Mapping[str, float]:
    """Seconds by case id, from a run.json; the longest, where a case ran several times."""
    seconds: dict[str, float] = {}
    for entry in document["verdicts"]:
        name = case_id(entry["id"], entry.get("route", ""))
        seconds[name] = max(entry["seconds"], seconds.get(name, 0.0))
    return {name: took for name, took in seconds.items() if took}


def fingerprint(cases: Iterable[Case], target: Mapping[str, JSON]) -> str:
    """What the shards of one run have in common: the whole library, and the gateway."""
    told = [[case.id, case.endpoint, case.level, [asdict(step) for step in case.steps]] for case in cases]
    text = json.dumps([told, dict(target)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
