"""Rules about what a model makes of a request. A gateway that passes on what the upstream answered does not break them.

Whether a parameter reached the upstream, and whether the answer is the upstream's, is judged by other rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from conformance.core.pointer import each
from conformance.judge.both_ends import answer_kept, calls_kept, usage_kept
from conformance.judge.both_ends.answers import Answers, answers
from conformance.judge.both_ends.ends import Check, Ends

_TEXT = frozenset({
    "chat.fit.json-object", "chat.fit.json-schema", "chat.fit.json-schema-loose", "chat.fit.stop",
    "messages.output-format.json", "messages.output-format.schema",
    "responses.request.format-json", "responses.request.format-schema",
})  # fmt: skip
_CALLS = frozenset({
    "chat.fit.tool-none", "chat.fit.tool-forced", "chat.fit.tool-required", "chat.fit.tool-parallel",
    "chat.tool-call.arguments-fit",
    "messages.tool-choice.any", "messages.tool-choice.tool", "messages.tool-choice.none",
    "messages.tool-choice.one-call", "messages.tool-use.fits-schema",
    "responses.request.tool-choice-none", "responses.request.tool-choice-required",
    "responses.request.tool-choice-named", "responses.request.tool-choice-allowed", "responses.request.parallel",
})  # fmt: skip
_COUNT = frozenset({"chat.fit.count"})
_LIMIT = frozenset({
    "chat.fit.max-tokens", "chat.fit.limit-counted",
    "responses.request.max-output-tokens", "responses.request.limit-counted",
})  # fmt: skip
_LOGPROBS = frozenset({"chat.logprobs.asked", "responses.request.logprobs"})

_KNOWN_AT_THE_END = frozenset({"messages.stream.start-usage"})
"""A stream of the OpenAI APIs tells its usage at its end, so a gateway does not know it when it starts its own."""

_PLACES_OF_LOGPROBS: Mapping[str, str] = {
    "chat_completions": "/choices/*/logprobs/content/*",
    "responses": "/output/*/content/*/logprobs/*",
}


def excused(ends: Ends) -> Callable[[str], bool]:
    """Whether an answer breaks a rule only because of what the upstream answered."""
    both = answers(ends)
    rules = {*(_kept(ends, both) if both is not None else ())}
    if not ends.is_native:
        rules |= _KNOWN_AT_THE_END
    return lambda rule: rule in rules


def _kept(ends: Ends, both: Answers) -> Iterator[str]:
    """The rules about the parts of the answer that are the upstream's."""
    checks: Mapping[Check, frozenset[str]] = {
        answer_kept.text: _TEXT,
        calls_kept.tool_calls: _CALLS,
        usage_kept.totals: _LIMIT,
    }
    for check, rules in checks.items():
        if not [*check(ends)]:
            yield from rules
    if len(both.up.values("texts")) == len(both.down.values("texts")):
        yield from _COUNT
    if not _has_logprobs(both):
        yield from _LOGPROBS


def _has_logprobs(both: Answers) -> bool:
    place = _PLACES_OF_LOGPROBS.get(both.up.family)
    return place is not None and any(True for _ in each(both.up.reading.final, place))
