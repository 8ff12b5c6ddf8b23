"""The judgement of both ends: what the gateway sends to its upstream, and what it makes of the answer.

The checks are pure functions of `Ends`. They apply to every two-sided case; a case states only what is special.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from conformance.core.model import Breach, Case
from conformance.judge.both_ends import (
    answer_kept,
    calls_kept,
    cross_talk,
    failures_excused,
    failures_kept,
    failures_told,
    models_own,
    request_cache,
    request_due,
    request_headers,
    request_kept,
    request_tools,
    sent_up,
    streaming,
    usage_kept,
)
from conformance.judge.both_ends.ends import Check, Ends, ends
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile

CHECKS: Mapping[Check, tuple[str, ...]] = {
    sent_up.arrived: ("upstream.arrived",),
    sent_up.lane: ("upstream.family",),
    sent_up.once: ("upstream.once",),
    sent_up.own_key: ("upstream.credential",),
    sent_up.expected: ("upstream.requests", "upstream.value", "upstream.header"),
    request_kept.kept: request_kept.RULES,
    request_tools.kept: request_tools.RULES,
    request_cache.kept: request_cache.RULES,
    request_headers.kept: request_headers.RULES,
    request_due.due: request_due.RULES,
    cross_talk.absent: cross_talk.RULES,
    failures_told.told: ("upstream.failure.hidden", "upstream.failure.form"),
    failures_kept.status: ("upstream.failure.status",),
    failures_kept.kind: ("upstream.failure.type",),
    failures_kept.code: ("upstream.failure.code",),
    failures_kept.words: ("upstream.failure.words",),
    failures_kept.wait: ("upstream.failure.wait",),
    sent_up.storm: ("upstream.storm",),
    streaming.passed_on: (streaming.PASSED_ON,),
    streaming.alive: (streaming.ALIVE,),
    streaming.aborted: (streaming.ABORT, streaming.ABORT_UNSTREAMED),
    answer_kept.text: ("upstream.answer.text",),
    answer_kept.stop_reason: ("upstream.answer.stop-reason",),
    answer_kept.stop_sequence: ("upstream.answer.stop-sequence",),
    answer_kept.choices: ("upstream.answer.choices",),
    answer_kept.refusal: ("upstream.answer.refusal", "upstream.answer.refusal-translated"),
    answer_kept.reasoning: ("upstream.answer.reasoning",),
    answer_kept.results: ("upstream.answer.results",),
    answer_kept.sealed: ("upstream.answer.signature",),
    answer_kept.members: ("upstream.answer.members",),
    answer_kept.model: ("upstream.answer.model",),
    calls_kept.tool_calls: ("upstream.answer.tool-calls", "upstream.answer.tool-arguments", "upstream.answer.tool-ids"),
    usage_kept.totals: ("upstream.answer.usage",),
    usage_kept.begun: ("upstream.answer.usage",),
    usage_kept.details: ("upstream.answer.usage-details",),
}
"""Check -> the rules that it can report."""

RULES: tuple[str, ...] = tuple(rule for rules in CHECKS.values() for rule in rules)


def breaches(case: Case, index: int, front: Reading, profile: Profile) -> Iterator[Breach]:
    """Yield the breaches at both ends of a step (from 0); none if the step is not two-sided."""
    both = ends(case, index, front, profile)
    if both is not None:
        for check in CHECKS:
            yield from check(both)


def excused(case: Case, index: int, front: Reading, profile: Profile) -> Callable[[str], bool]:
    """Whether a step (from 0) breaks a rule of the contract only because of what its upstream answered."""
    both = ends(case, index, front, profile)
    if both is None:
        return lambda _rule: False
    failed, own = failures_excused.excused(both), models_own.excused(both)
    return lambda rule: failed(rule) or own(rule)


__all__ = ["CHECKS", "RULES", "Ends", "breaches", "ends", "excused"]
