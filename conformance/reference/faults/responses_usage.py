"""Faults of the usage of Responses: what it lacks, and what cannot be."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, drop, put, rename
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.responses import on_response
from conformance.reference.faults.fault import Fault

TEXT = "responses/text/input-text*"
CUT = "responses/limits/max-output-tokens*"
CALL = "responses/tools/forced*"


def _usage(id_: str, sentence: str, rules: tuple[str, ...], *edits: Edit, cases: str = TEXT) -> Fault:
    change = on_response(lambda place: at(f"{place}/usage", lambda usage: _edited(usage, edits)))
    return Fault(f"responses-usage-{id_}", "responses", sentence, rules, cases, change)


def _edited(usage: JSON, edits: tuple[Edit, ...]) -> JSON:
    for one in edits:
        usage = one(usage) if usage is not None else None
    return usage


FAULTS = (
    _usage(
        "output-of-nobody",
        "Output tokens are always 1.",
        ("responses.request.limit-counted",),
        put("/output_tokens", 1),
        lambda usage: {**usage, "total_tokens": usage["input_tokens"] + 1},
        cases=CUT,
    ),
    _usage("input-lost", "Usage has no input_tokens.", ("responses.usage.shape",), drop("/input_tokens")),
    _usage("output-null", "Output tokens are null.", ("responses.usage.shape",), put("/output_tokens", None)),
    _usage("total-text", "The total of the tokens is a text.", ("responses.usage.shape",), put("/total_tokens", "25")),
    _usage(
        "of-chat",
        "Usage has the names of Chat Completions.",
        ("responses.usage.shape",),
        rename("/input_tokens", "prompt_tokens"),
        rename("/output_tokens", "completion_tokens"),
    ),
    _usage(
        "input-details-lost",
        "Usage has no input_tokens_details.",
        ("responses.usage.details",),
        drop("/input_tokens_details"),
    ),
    _usage(
        "cached-null",
        "Cached tokens are null.",
        ("responses.usage.details",),
        put("/input_tokens_details/cached_tokens", None),
    ),
    _usage(
        "reasoning-lost",
        "Usage does not say how many tokens are reasoning.",
        ("responses.usage.details",),
        drop("/output_tokens_details/reasoning_tokens"),
    ),
    _usage(
        "cache-write-lost",
        "Usage does not say how many tokens were written to a cache.",
        ("responses.usage.cache-write",),
        drop("/input_tokens_details/cache_write_tokens"),
    ),
    _usage("total-wrong", "The total is not the sum.", ("responses.usage.total",), put("/total_tokens", 3)),
    _usage(
        "cached-more",
        "More input tokens are cached than there are.",
        ("responses.usage.cached",),
        put("/input_tokens_details/cached_tokens", 100000),
    ),
    _usage(
        "reasoning-more",
        "More output tokens are reasoning than there are.",
        ("responses.usage.reasoning",),
        put("/output_tokens_details/reasoning_tokens", 100000),
    ),
    _usage(
        "zero",
        "All counts of usage are 0.",
        ("responses.usage.counted",),
        put("/input_tokens", 0),
        put("/output_tokens", 0),
        put("/total_tokens", 0),
    ),
    _usage(
        "output-zero-with-tools",
        "An answer that is nothing but a call took no output tokens.",
        ("responses.usage.counted",),
        put("/output_tokens", 0),
        lambda usage: {**usage, "total_tokens": usage["input_tokens"]},
        cases=CALL,
    ),
    Fault(
        "responses-usage-lost-when-cut",
        "responses",
        "A response that was cut short has no usage.",
        ("responses.usage.present-incomplete",),
        CUT,
        on_response(lambda place: put(f"{place}/usage", None)),
    ),
)
