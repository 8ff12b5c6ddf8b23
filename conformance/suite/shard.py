"""Shards: splits the cases of a run over several machines.

The shard of a case depends only on its id, or on the durations in an earlier run, so all machines compute the same
shards without communication. With durations, the longest case goes to the shard with the least load (Graham's LPT
rule, https://doi.org/10.1137/0117039).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from conformance.core.case_id import case_id
from conformance.core.model import JSON, Case, Step
from conformance.core.yaml_input import InputError


@dataclass(frozen=True, slots=True)
class Shard:
    """Shard `index` (from 1) of `of`."""

    index: int
    of: int


def parse(text: str) -> Shard:
    """Parse `I/N`, the value of --gateway-shard. Raises InputError."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise InputError(f"--gateway-shard {text}: the value must be I/N with I from 1 to N, such as 2/3")
    return Shard(int(found[1]), int(found[2]))


def share(cases: Sequence[Case], shard: Shard, seconds: Mapping[str, float]) -> tuple[Case, ...]:
    """Return the cases of a shard, in their order. `seconds` are durations by case id; {} if they are unknown."""
    shards = _assign([case.id for case in cases], shard.of, seconds)
    return tuple(case for case in cases if shards[case.id] == shard.index - 1)


def _assign(ids: Collection[str], count: int, seconds: Mapping[str, float]) -> Mapping[str, int]:
    """Return case id -> the index of its shard, from 0."""
    if not seconds:
        return {name: int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % count for name in ids}
    default = median(seconds.values())
    loads, shards = [0.0] * count, {}
    for name in sorted(ids, key=lambda name: (-seconds.get(name, default), name)):
        least = loads.index(min(loads))
        loads[least] += seconds.get(name, default)
        shards[name] = least
    return shards


def durations(document: JSON) -> Mapping[str, float]:
    """Return case id -> seconds from a run.json; the longest if a case ran several times."""
    seconds: dict[str, float] = {}
    for entry in document["verdicts"]:
        name = case_id(entry["id"], entry.get("route", ""))
        seconds[name] = max(entry["seconds"], seconds.get(name, 0.0))
    return {name: took for name, took in seconds.items() if took}


def fingerprint(cases: Iterable[Case], target: Mapping[str, JSON]) -> str:
    """Return a hash of all cases and of the gateway. Only shards with the same fingerprint can be merged."""
    text = f"[{_text(tuple(cases))}, {_json(dict(target))}]"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


_last: tuple[tuple[Case, ...], str] = ((), "[]")
"""The cases described last, and their text: a run has two fingerprints of its cases."""


def _text(cases: tuple[Case, ...]) -> str:
    global _last
    if cases != _last[0]:
        described = [[case.id, case.endpoint, case.level, list(map(_described, case.steps))] for case in cases]
        _last = cases, _json(described)
    return _last[1]


def _json(value: JSON) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def _described(step: Step) -> JSON:
    return {"request": step.request, "expect": step.expect, "keep": step.keep}
