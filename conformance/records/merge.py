"""Merges the reports of a run's shards into one report, as if it had been one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from conformance.core.yaml_input import InputError
from conformance.records.exchange_store import digest
from conformance.records.run_format import RuleEntry, RunDocument, SelectedEntry, ShardEntry, SpentEntry


def merged(documents: Mapping[str, RunDocument]) -> RunDocument:
    """One run document from those of all shards, by the name of each file. Raises InputError."""
    shards = _shards(documents)
    first, *_ = parts = sorted(documents.values(), key=lambda document: document["shard"]["index"])
    _check(documents, shards)
    verdicts = sorted((entry for part in parts for entry in part["verdicts"]), key=lambda entry: entry["id"])
    whole: RunDocument = {
        **first,
        "gateway": {**first["gateway"], "notes": _notes(parts)},
        "started": min(part["started"] for part in parts),
        "seconds": max(part["seconds"] for part in parts),
        "summary": dict(sorted(Counter(entry["outcome"] for entry in verdicts).items())),
        "rules": _rules(parts),
        "spent": added(part.get("spent", {}) for part in parts),
        "verdicts": verdicts,
    }
    del whole["shard"]
    whole.pop("digests", None)
    if all("selected" in part for part in parts):
        whole["selected"] = _selected(parts)
    if controls := [entry for part in parts for entry in part.get("controls", [])]:
        whole["controls"] = sorted(controls, key=lambda entry: (entry["control"], entry["endpoint"]))
    if over_run := [entry for part in parts for entry in part.get("over_run", [])]:
        whole["over_run"] = over_run
    return whole


def added(documents: Iterable[Mapping[str, SpentEntry]]) -> dict[str, SpentEntry]:
    """The sum of what several processes or shards spent, by endpoint."""
    total: dict[str, SpentEntry] = {}
    for document in documents:
        for endpoint, spent in document.items():
            own = total.setdefault(endpoint, {"requests": 0, "input_tokens": 0, "output_tokens": 0})
            own["requests"] += spent["requests"]
            own["input_tokens"] += spent["input_tokens"]
            own["output_tokens"] += spent["output_tokens"]
    return dict(sorted(total.items()))


def _selected(parts: Sequence[RunDocument]) -> SelectedEntry:
    """The cases that all shards together had to send."""
    own = [part["selected"] for part in parts]
    unrun = sorted({name for one in own for name in one["unrun"]})
    ids = {entry["id"] for part in parts for entry in part["verdicts"]}.union(unrun)
    return {
        "count": len(ids),
        "of": sum(one["of"] for one in own),
        "digest": digest(sorted(ids)),
        "by": list(dict.fromkeys(name for one in own for name in one["by"])),
        "unrun": unrun,
        "shards": len(parts),
    }


def _notes(parts: Sequence[RunDocument]) -> list[str]:
    return list(dict.fromkeys(note for part in parts for note in part["gateway"].get("notes", [])))


def _rules(parts: Sequence[RunDocument]) -> dict[str, RuleEntry]:
    return dict(sorted({name: rule for part in parts for name, rule in part["rules"].items()}.items()))


def _shards(documents: Mapping[str, RunDocument]) -> dict[str, ShardEntry]:
    """The shard of each document. Raises InputError for the report of a whole run."""
    for name, document in documents.items():
        if "shard" not in document:
            raise InputError(
                f"{name}: this is the report of a whole run, not of a shard; run it with --gateway-shard I/N"
            )
    return {name: document["shard"] for name, document in documents.items()}


def _check(documents: Mapping[str, RunDocument], shards: Mapping[str, ShardEntry]) -> None:
    """Raises InputError unless the documents are all the shards of one run."""
    first, *others = documents
    for name in others:
        _same_run(first, documents[first], name, documents[name])
    _complete(shards)


def _same_run(first: str, one: RunDocument, name: str, other: RunDocument) -> None:
    """Raises InputError if two shards are not of one run."""
    if one["suite"] != other["suite"]:
        versions = f"{one['suite']['version']} and {other['suite']['version']}"
        raise InputError(f"{name}: it was made by another version of the suite than {first} ({versions})")
    if one["shard"]["of"] != other["shard"]["of"]:
        raise InputError(f"{name}: it is one of {other['shard']['of']} shards, {first} of {one['shard']['of']}")
    if one["shard"]["fingerprint"] != other["shard"]["fingerprint"]:
        raise InputError(f"{name}: it is of another gateway, or of other cases or options, than {first}")


def _complete(shards: Mapping[str, ShardEntry]) -> None:
    """Raises InputError if a shard is missing, or given twice."""
    found: dict[int, str] = {}
    for name, shard in shards.items():
        if shard["index"] in found:
            raise InputError(f"{name}: shard {shard['index']} is given twice, first as {found[shard['index']]}")
        found[shard["index"]] = name
    number = next(iter(shards.values()))["of"]
    missing = [str(index) for index in range(1, number + 1) if index not in found]
    if missing:
        is_missing = "is missing" if len(missing) == 1 else "are missing"
        name = next(iter(shards))
        raise InputError(f"{name}: of {number} shards, {', '.join(missing)} {is_missing}; give all reports")
