"""The reports of a run's shards -> one report, as if it had been one run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from conformance.records import merge


def merged(documents: Mapping[str, JSON]) -> JSON:
    """One run.json document from those of all shards, by the name of each. Raises InputError."""
    _check(documents)
    parts = sorted(documents.values(), key=lambda document: int(document["shard"]["index"]))
    verdicts = sorted((entry for part in parts for entry in part["verdicts"]), key=lambda entry: str(entry["id"]))
    whole = {key: value for key, value in parts[0].items() if key != "shard"}
    whole |= {
        "gateway": {**parts[0]["gateway"], "notes": _notes(parts)},
        "started": min(part["started"] for part in parts),
        "seconds": max(part["seconds"] for part in parts),
        "summary": dict(sorted(Counter(entry["outcome"] for entry in verdicts).items())),
        "rules": dict(sorted({name: rule for part in parts for name, rule in part["rules"].items()}.items())),
        "spent": merge.added(part.get("spent", {}) for part in parts),
        "verdicts": verdicts,
    }
    return whole


def added(documents: Iterable[Mapping[str, JSON]]) -> dict[str, JSON]:
    """What several processes or shards spent together."""
    total: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for document in documents:
        for family, spent in document.items():
            for name, number in spent.items():
                total[family][name] += number
    return {family: dict(spent) for family, spent in sorted(total.items())}


def _notes(parts: Sequence[JSON]) -> list[str]:
    return list(dict.fromkeys(note for part in parts for note in part["gateway"].get("notes", ())))


def _check(documents: Mapping[str, JSON]) -> None:
    for name, document in documents.items():
        if "shard" not in document:
            raise InputError(
                f"{name}: this is the report of a whole run, not of a shard; run it with --gateway-shard I/N"
            )
    first, *others = documents
    for name in others:
        _same_run(first, documents[first], name, documents[name])
    _complete({name: document["shard"] for name, document in documents.items()})


def _same_run(first: str, one: JSON, name: str, other: JSON) -> None:
    """Raises InputError where two shards are not of one run."""
    if one["suite"] != other["suite"]:
        versions = f"{one['suite']['version']} and {other['suite']['version']}"
        raise InputError(f"{name}: it was made by another version of the suite than {first} ({versions})")
    if one["shard"]["of"] != other["shard"]["of"]:
        raise InputError(f"{name}: it is one of {other['shard']['of']} shards, {first} of {one['shard']['of']}")
    if one["shard"]["fingerprint"] != other["shard"]["fingerprint"]:
        raise InputError(f"{name}: it is of another gateway, or of other cases or options, than {first}")


def _complete(shards: Mapping[str, JSON]) -> None:
    """Raises InputError where a shard is missing, or there twice."""
    found: dict[int, str] = {}
    for name, shard in shards.items():
        if shard["index"] in found:
            raise InputError(f"{name}: shard {shard['index']} is there already, as {found[shard['index']]}")
        found[shard["index"]] = name
    number = next(iter(shards.values()))["of"]
    missing = [str(index) for index in range(1, number + 1) if index not in found]
    if missing:
        raise InputError(f"{next(iter(shards))}: of {number} shards, {', '.join(missing)} is missing; give all reports")
