"""Whether the run has the cases that were selected, and whether these are the cases that were due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from conformance.analysis.authentic.run import CheckedRun
from conformance.analysis.rejudge import Difference
from conformance.core.model import Case
from conformance.core.plural import counted
from conformance.core.yaml_input import InputError
from conformance.records.exchange_store import digest
from conformance.records.run_format import SelectedEntry
from conformance.suite import repeat, routes, shard, tier
from conformance.suite.applies import TWO_SIDED
from conformance.suite.clients import load_clients, named
from conformance.suite.order import load_order
from conformance.suite.requirement_sets import LATER
from conformance.suite.shard import Shard

WHOLE = "the whole run"
MAX_NAMED = 3
"""Ids that a sentence names."""


def findings(run: CheckedRun) -> Iterator[Difference]:
    """The cases that are missing, or that the run should not have."""
    ids = [entry["id"] for entry in run.document["verdicts"]]
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        yield Difference(WHOLE, f"it has two verdicts of {_named(twice)}")
    if ids != sorted(ids):
        yield Difference(WHOLE, "its verdicts are not in the order of their ids")
    facts = run.document.get("cases")
    if facts and run.has_same_cases and facts["count"] != len(run.library):
        yield Difference(WHOLE, f"it says that the suite has {facts['count']} cases, and it has {len(run.library)}")
    selected = run.document.get("selected")
    if selected is not None:
        yield from _against_selection(run, selected, ids)


def _against_selection(run: CheckedRun, selected: SelectedEntry, ids: Sequence[str]) -> Iterator[Difference]:
    have = {*ids, *selected["unrun"]}
    if not {*ids}.isdisjoint(selected["unrun"]):
        yield Difference(WHOLE, "it has verdicts of cases that, as it says, were not run")
    if len(have) != selected["count"] or digest(sorted(have)) != selected["digest"]:
        count = counted(selected["count"], "case")
        yield Difference(WHOLE, f"{count} were selected, and it has others: {counted(len(have), 'case')}")
    if selected["count"] < selected["of"] and not selected["by"]:
        of = f"{selected['count']} of {selected['of']}"
        yield Difference(WHOLE, f"it has {of} cases, and no option that selected some of them")
    due = due_ids(run)
    if due is None:
        return
    if run.has_same_cases and added(have, due):
        yield Difference(WHOLE, f"it has cases that it was not to send: {_named(added(have, due))}")
    if run.has_same_cases and len(due) != selected["of"]:
        yield Difference(WHOLE, f"{counted(len(due), 'case')} were due, and it says {selected['of']}")
    if not selected["by"] and (missing := sorted(due - have)):
        yield Difference(WHOLE, f"{counted(len(missing), 'case')} missing: {_named(missing)}")


def added(have: Collection[str], due: Collection[str]) -> list[str]:
    """The ids that are not due."""
    return sorted({*have}.difference(due))


def due_ids(run: CheckedRun) -> frozenset[str] | None:
    """The ids of the tests that the options, the profile and the set ask for; None if the report does not tell.

    If the suite has other cases than the run had, only those that are in the set are due.
    """
    if "--durations-from" in run.options and "shard" in run.document:
        return None  # the shares depend on the durations in a file
    found = _of_shard(run, _of_tier(run, _wanted(run)))
    if not run.has_same_cases:
        found = tuple(case for case in found if LATER not in case.marks)
        if run.document.get("cases", {}).get("set", "none") == "none":
            return None
    names = tuple(run.document["gateway"].get("routes", {})) or ("",)
    times = run.options.get("--repeat", 1)
    every = repeat.repeated(routes.routed(found, names), times if isinstance(times, int) else 1)
    return frozenset(case.id for case in every)


def _wanted(run: CheckedRun) -> tuple[Case, ...]:
    given = run.options.get("--gateway-client")
    if not isinstance(given, str):
        return run.library
    try:
        clients = named(load_clients(), [part.strip() for part in given.split(",")])
    except InputError:
        return run.library
    ids = {case.id for case in run.library if TWO_SIDED not in case.marks}
    needed = {name for name in ids if any(client.sends(name) for client in clients)}
    return tuple(case for case in run.library if case.id in needed)


def _of_tier(run: CheckedRun, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    limit = tier.LIMITS.get(str(run.options.get("--gateway-tier", tier.FULL)))
    if limit is None:
        return cases
    one_sided = tuple(case for case in cases if TWO_SIDED not in case.marks)
    return tier.chosen(one_sided, limit - tier.PREFLIGHT, load_order(), run.gateway.profile)


def _of_shard(run: CheckedRun, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    own = run.document.get("shard")
    return shard.share(cases, Shard(own["index"], own["of"]), {}) if own else cases


def _named(ids: Sequence[str]) -> str:
    rest = len(ids) - MAX_NAMED
    return ", ".join(ids[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
