"""The facts about a run that run.json and the journal state besides the verdicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from conformance.core.model import JSON, Case
from conformance.records import exchange_store
from conformance.records.run_format import (
    CasesEntry,
    GatewayFacts,
    SelectedEntry,
    ShardEntry,
    UpstreamFacts,
    VerdictEntry,
)
from conformance.run.config import Settings
from conformance.run.connect import Options, Reached
from conformance.run.preflight import named_models
from conformance.suite import shard
from conformance.target.claims import claims_document
from conformance.target.target import Target


def gateway_facts(reached: Reached, chosen: Options) -> GatewayFacts:
    """The gateway that answered: its address, models, notes and claims."""
    first = reached.first
    facts: GatewayFacts = {
        "base_url": first.base_url,
        "name": first.profile.name,
        "version": first.profile.version,
        "models": dict(first.models),
        "named": dict(named_models(chosen.claims, chosen.models)),
        "notes": list(dict.fromkeys(note for route in reached.routes for note in route.notes)),
        "claims": claims_document(first.profile),
    }
    if reached.provider:
        facts["provider"] = reached.provider.url
    if first.route:
        facts["routes"] = {route.route: route.base_url for route in reached.routes}
    return facts


def resumed(facts: GatewayFacts, verdicts: int) -> GatewayFacts:
    """The facts with a note on the number of verdicts that come from an earlier run."""
    if not verdicts:
        return facts
    are = "1 verdict is" if verdicts == 1 else f"{verdicts} verdicts are"
    note = f"{are} from an earlier run, which was resumed; `spent` does not count them"
    return {**facts, "notes": [*facts.get("notes", []), note]}


def upstream_facts(upstream: Target) -> UpstreamFacts:
    """The upstream that answered."""
    return {
        "base_url": upstream.base_url,
        "name": upstream.profile.name,
        "models": dict(upstream.models),
        "claims": claims_document(upstream.profile),
    }


def selected_facts(
    ids: Collection[str], verdicts: Sequence[VerdictEntry], due: int, by: Sequence[str]
) -> SelectedEntry:  # fmt: skip
    """The cases that were selected: their test ids, the number of `due` cases, and the options that left others out."""
    left_out = len(ids) < due
    return {
        "count": len(ids),
        "of": due,
        "digest": exchange_store.digest(sorted(ids)),
        "by": [*by] or [ANOTHER_PLUGIN] if left_out else [],
        "unrun": sorted({*ids} - {entry["id"] for entry in verdicts}),
    }


ANOTHER_PLUGIN = "another plugin"
"""Instead of an option: a plugin left out tests."""


def cases_facts(library: Sequence[Case], case_set: str) -> CasesEntry:
    """All cases of the suite, of which a run may be a part."""
    return {"set": case_set, "count": len(library), "fingerprint": shard.fingerprint(library, {})}


def shard_facts(
    own: shard.Shard, library: Sequence[Case], chosen: Options, settings: Settings, models: Mapping[str, str]
) -> ShardEntry:
    """The shard of a run. `models` stand for the gateway, because the built-in one has a new port each time."""
    target = {**_tested(chosen, settings), "models": models, "expected": dict(settings.expected)}
    return {"index": own.index, "of": own.of, "fingerprint": shard.fingerprint(library, target)}


def fingerprint(library: Sequence[Case], chosen: Options, settings: Settings) -> str:
    """A digest of cases, gateway and options, which a resumed run shares with the run before."""
    claims = asdict(chosen.claims) | {"conversions": sorted(chosen.claims.conversions)}
    target = {
        **_tested(chosen, settings),
        "models": list(chosen.models),
        "claims": claims,
        "shard": asdict(settings.shard) if settings.shard else None,
    }
    return shard.fingerprint(library, target)


def _tested(chosen: Options, settings: Settings) -> dict[str, JSON]:
    """The addresses under test, the cases that are chosen, and how often each of them runs."""
    upstream = chosen.upstream.url if chosen.upstream else None
    clients = [client.id for client in settings.clients]
    tested = {"urls": chosen.urls, "upstream": upstream, "repeat": settings.repeat, "tier": settings.tier}
    return {**tested, "clients": clients} if clients else tested
