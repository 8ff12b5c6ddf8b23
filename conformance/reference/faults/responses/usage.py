"""Faults of the usage of Responses: what it lacks, and what cannot be."""

from __future__ import annotations

from conformance.reference.changes import at, drop, put, rename
from conformance.reference.changes.documents import all_of
from conformance.reference.changes.responses import on_response
from conformance.reference.faults.fault import Fault

TEXT = "responses/text/input-text*"
CUT = "responses/limits/max-output-tokens*"
CALL = "responses/tools/forced*"


FAULTS = (
    Fault(
        id="responses-usage-output-of-nobody",
        family="responses",
        sentence="Output tokens are always 1.",
        rules=("responses.request.limit-counted",),
        cases=CUT,
        apply=on_response(
            lambda place: all_of(
                put(f"{place}/usage/output_tokens", 1),
                at(f"{place}/usage", lambda usage: usage and {**usage, "total_tokens": usage["input_tokens"] + 1}),
            )
        ),
    ),
    Fault(
        id="responses-usage-input-lost",
        family="responses",
        sentence="Usage has no input_tokens.",
        rules=("responses.usage.shape",),
        cases=TEXT,
        apply=on_response(lambda place: drop(f"{place}/usage/input_tokens")),
    ),
    Fault(
        id="responses-usage-output-null",
        family="responses",
        sentence="Output tokens are null.",
        rules=("responses.usage.shape",),
        cases=TEXT,
        apply=on_response(lambda place: put(f"{place}/usage/output_tokens", None)),
    ),
    Fault(
        id="responses-usage-total-text",
        family="responses",
        sentence="The total of the tokens is a text.",
        rules=("responses.usage.shape",),
        cases=TEXT,
        apply=on_response(lambda place: put(f"{place}/usage/total_tokens", "25")),
    ),
    Fault(
        id="responses-usage-of-chat",
        family="responses",
        sentence="Usage has the names of Chat Completions.",
        rules=("responses.usage.shape",),
        cases=TEXT,
        apply=on_response(
            lambda place: all_of(
                rename(f"{place}/usage/input_tokens", "prompt_tokens"),
                rename(f"{place}/usage/output_tokens", "completion_tokens"),
            )
        ),
    ),
    Fault(
        id="responses-usage-input-details-lost",
        family="responses",
        sentence="Usage has no input_tokens_details.",
        rules=("responses.usage.details",),
        cases=TEXT,
        apply=on_response(lambda place: drop(f"{place}/usage/input_tokens_details")),
    ),
    Fault(
        id="responses-usage-cached-null",
        family="responses",
        sentence="Cached tokens are null.",
        rules=("responses.usage.details",),
        cases=TEXT,
        apply=on_response(lambda place: put(f"{place}/usage/input_tokens_details/cached_tokens", None)),
    ),
    Fault(
        id="responses-usage-reasoning-lost",
        family="responses",
        sentence="Usage does not say how many tokens are reasoning.",
        rules=("responses.usage.details",),
        cases=TEXT,
        apply=on_response(lambda place: drop(f"{place}/usage/output_tokens_details/reasoning_tokens")),
    ),
    Fault(
        id="responses-usage-cache-write-lost",
        family="responses",
        sentence="Usage does not say how many tokens were written to a cache.",
        rules=("responses.usage.cache-write",),
        cases=TEXT,
        apply=on_response(lambda place: drop(f"{place}/usage/input_tokens_details/cache_write_tokens")),
    ),
    Fault(
        id="responses-usage-total-wrong",
        family="responses",
        sentence="The total is not the sum.",
        rules=("responses.usage.total",),
        cases=TEXT,
        apply=on_response(lambda place: put(f"{place}/usage/total_tokens", 3)),
    ),
    Fault(
        id="responses-usage-cached-more",
        family="responses",
        sentence="More input tokens are cached than there are.",
        rules=("responses.usage.cached",),
        cases=TEXT,
        apply=on_response(lambda place: put(f"{place}/usage/input_tokens_details/cached_tokens", 100000)),
    ),
    Fault(
        id="responses-usage-reasoning-more",
        family="responses",
        sentence="More output tokens are reasoning than there are.",
        rules=("responses.usage.reasoning",),
        cases=TEXT,
        apply=on_response(lambda place: put(f"{place}/usage/output_tokens_details/reasoning_tokens", 100000)),
    ),
    Fault(
        id="responses-usage-zero",
        family="responses",
        sentence="All counts of usage are 0.",
        rules=("responses.usage.counted",),
        cases=TEXT,
        apply=on_response(
            lambda place: all_of(
                put(f"{place}/usage/input_tokens", 0),
                put(f"{place}/usage/output_tokens", 0),
                put(f"{place}/usage/total_tokens", 0),
            )
        ),
    ),
    Fault(
        id="responses-usage-output-zero-with-tools",
        family="responses",
        sentence="An answer that is nothing but a call took no output tokens.",
        rules=("responses.usage.counted",),
        cases=CALL,
        apply=on_response(
            lambda place: all_of(
                put(f"{place}/usage/output_tokens", 0),
                at(f"{place}/usage", lambda usage: usage and {**usage, "total_tokens": usage["input_tokens"]}),
            )
        ),
    ),
    Fault(
        id="responses-usage-lost-when-cut",
        family="responses",
        sentence="A response that was cut short has no usage.",
        rules=("responses.usage.present-incomplete",),
        cases=CUT,
        apply=on_response(lambda place: put(f"{place}/usage", None)),
    ),
)
