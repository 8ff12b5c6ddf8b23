"""Faults of the usage of messages: counts lost, wrong, not cumulative, or by other names."""

from __future__ import annotations

from conformance.reference.changes import at, drop, on_events, on_json, put, rename, when
from conformance.reference.changes.flows import JSON_DATA, each, edit, everywhere, of
from conformance.reference.changes.messages import on_message, on_usage
from conformance.reference.faults.fault import Fault

TEXT = "messages/text/system-and-user*"
STREAM_TEXT = "messages/text/system-and-user[stream=true]"
JSON_TEXT = "messages/text/system-and-user[stream=false]"

PROMPT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_CHAT_NAMES = (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"))


FAULTS = (
    Fault(
        "messages-usage-lost",
        "messages",
        "Messages have no usage.",
        ("messages.usage.object",),
        JSON_TEXT,
        on_json(drop("/usage")),
    ),
    Fault(
        "messages-usage-null",
        "messages",
        "The usage of messages is null.",
        ("messages.usage.object",),
        TEXT,
        on_message(lambda root: put(f"{root}/usage", None)),
    ),
    Fault(
        "messages-usage-lost-at-start",
        "messages",
        "message_start has no usage.",
        ("messages.usage.object",),
        STREAM_TEXT,
        on_events(edit(of("message_start"), drop("/message/usage"))),
    ),
    Fault(
        "messages-usage-lost-at-end",
        "messages",
        "message_delta has no usage, and an empty stop_sequence.",
        (
            "messages.stop-sequence.agrees",
            "messages.stream.message-delta",
        ),
        STREAM_TEXT,
        on_events(edit(of("message_delta"), drop("/usage"), put("/delta/stop_sequence", ""))),
        "https://github.com/maximhq/bifrost/issues/1732",
    ),
    Fault(
        "messages-usage-end-null",
        "messages",
        "The usage of message_delta is null.",
        ("messages.stream.message-delta",),
        STREAM_TEXT,
        on_events(edit(of("message_delta"), put("/usage", None))),
    ),
    Fault(
        "messages-output-tokens-taken-early",
        "messages",
        "The output_tokens of message_delta are those of message_start.",
        ("messages.max-tokens.counted", "messages.usage.output-plausible"),
        "messages/limits/max-tokens[stream=true]",
        on_events(edit(of("message_delta"), put("/usage/output_tokens", 1))),
    ),
    Fault(
        "messages-input-tokens-lost",
        "messages",
        "The usage has no input_tokens.",
        (
            "messages.usage.prompt-counted",
            "messages.usage.counts",
            "messages.stream.start-usage",
        ),
        TEXT,
        on_usage("input_tokens", there=False),
    ),
    Fault(
        "messages-output-tokens-lost",
        "messages",
        "The usage has no output_tokens.",
        ("messages.usage.counts",),
        TEXT,
        on_usage("output_tokens", there=False),
    ),
    Fault(
        "messages-input-tokens-null",
        "messages",
        "The input_tokens are null.",
        (
            "messages.usage.prompt-counted",
            "messages.usage.counts",
            "messages.stream.start-usage",
        ),
        TEXT,
        on_usage("input_tokens"),
    ),
    Fault(
        "messages-output-tokens-text",
        "messages",
        "The output_tokens are text.",
        ("messages.usage.counts",),
        TEXT,
        on_usage("output_tokens", value="12"),
    ),
    Fault(
        "messages-output-tokens-fraction",
        "messages",
        "The output_tokens have a fraction.",
        ("messages.usage.counts",),
        TEXT,
        on_usage("output_tokens", value=12.5),
    ),
    Fault(
        "messages-input-tokens-negative",
        "messages",
        "The input_tokens are negative.",
        ("messages.usage.counts",),
        TEXT,
        on_usage("input_tokens", value=-1),
    ),
    Fault(
        "messages-cache-read-negative",
        "messages",
        "The tokens read from the cache are negative.",
        ("messages.usage.counts",),
        TEXT,
        on_usage("cache_read_input_tokens", value=-3),
    ),
    Fault(
        "messages-prompt-uncounted",
        "messages",
        "No token of the prompt is counted.",
        (
            "messages.usage.prompt-counted",
            "messages.stream.start-usage",
        ),
        TEXT,
        on_usage(*PROMPT, value=0),
    ),
    Fault(
        "messages-usage-zero-at-start",
        "messages",
        "The usage of message_start is zero; the right counts come at the end.",
        ("messages.stream.start-usage",),
        STREAM_TEXT,
        on_events(
            edit(of("message_start"), *(put(f"/message/usage/{name}", 0) for name in (*PROMPT, "output_tokens")))
        ),
        "https://github.com/vercel/ai/issues/17326",
    ),
    Fault(
        "messages-usage-zero-for-long-prompts",
        "messages",
        "The usage of message_start is zero for a long prompt.",
        ("messages.stream.start-usage",),
        "messages/text/long-input[stream=true]",
        on_events(
            edit(of("message_start"), *(put(f"/message/usage/{name}", 0) for name in (*PROMPT, "output_tokens")))
        ),
        "https://github.com/vercel/ai/issues/17326",
    ),
    Fault(
        "messages-output-uncounted",
        "messages",
        "The output tokens of an answer are zero.",
        ("messages.usage.output-counted",),
        TEXT,
        on_usage("output_tokens", value=0),
    ),
    Fault(
        "messages-output-tokens-of-delta",
        "messages",
        "message_delta has no count of its own: the usage chunk after the end of the text is lost.",
        (
            "messages.stream.usage-cumulative",
            "messages.usage.output-counted",
        ),
        STREAM_TEXT,
        on_events(edit(of("message_delta"), put("/usage/output_tokens", 0))),
        "https://github.com/mozilla-ai/any-llm/pull/1151",
    ),
    Fault(
        "messages-usage-shrinks",
        "messages",
        "A second message_delta counts fewer tokens than the first.",
        ("messages.stream.usage-cumulative",),
        "messages/unicode/cjk[stream=true]",
        on_events(each(of("message_delta"), lambda frame: [frame, frame.edited(put("/usage/output_tokens", 2))])),
    ),
    Fault(
        "messages-cache-sum-wrong",
        "messages",
        "The lifetimes of the cache do not add up to what was written to it.",
        ("messages.usage.cache-sum",),
        TEXT,
        on_message(lambda root: put(f"{root}/usage/cache_creation/ephemeral_5m_input_tokens", 9)),
    ),
    Fault(
        "messages-thinking-tokens-too-many",
        "messages",
        "More thinking tokens are told than output tokens.",
        ("messages.usage.thinking-part",),
        TEXT,
        everywhere(put("/usage/output_tokens_details/thinking_tokens", 9000)),
    ),
    Fault(
        "messages-usage-of-chat",
        "messages",
        "The usage has the names of Chat Completions.",
        (
            "messages.usage.prompt-counted",
            "messages.usage.counts",
            "messages.stream.start-usage",
        ),
        TEXT,
        everywhere(*(rename(f"{root}/usage/{name}", new) for root in ("", "/message") for name, new in _CHAT_NAMES)),
    ),
    Fault(
        "messages-usage-with-total",
        "messages",
        "The usage has total_tokens too.",
        ("messages.usage.foreign-names",),
        TEXT,
        everywhere(put("/usage/total_tokens", 70)),
    ),
    Fault(
        "messages-usage-differs-streamed",
        "messages",
        "The same prompt costs more tokens in a stream.",
        ("case.same-prompt-tokens",),
        "messages/usage/same-for-text",
        on_events(
            edit(of("message_start"), put("/message/usage/input_tokens", 4000)),
            edit(of("message_delta"), put("/usage/input_tokens", 4000)),
        ),
    ),
    Fault(
        "messages-output-tokens-of-start",
        "messages",
        "The end of a stream counts no more tokens than its start: one.",
        ("messages.usage.output-plausible", "messages.max-tokens.counted"),
        "messages/limits/max-tokens[stream=true]",
        on_events(edit(of("message_delta"), put("/usage/output_tokens", 1))),
        "https://github.com/mozilla-ai/any-llm/pull/1151",
    ),
    Fault(
        "messages-output-tokens-one",
        "messages",
        "Every answer has one output token.",
        ("messages.usage.output-plausible", "messages.max-tokens.counted"),
        "messages/limits/max-tokens[*",
        on_usage("output_tokens", value=1),
    ),
    Fault(
        "messages-input-tokens-differ-with-tools",
        "messages",
        "The same prompt with tools costs more tokens in a stream.",
        ("case.same-prompt-tokens",),
        "messages/usage/same-for-tools",
        when(
            on_events(
                edit(
                    JSON_DATA,
                    at("/message/usage/input_tokens", lambda count: count + 50),
                    at("/usage/input_tokens", lambda count: count + 50),
                )
            ),
            tools=True,
        ),
    ),
    Fault(
        "messages-input-tokens-lost-streamed",
        "messages",
        "Streams count the prompt nowhere.",
        (
            "messages.stream.start-usage",
            "messages.usage.prompt-counted",
            "messages.usage.counts",
            "case.present",
        ),
        "messages/usage/stated[stream=true]",
        on_events(edit(JSON_DATA, drop("/message/usage/input_tokens"), drop("/usage/input_tokens"))),
    ),
)
