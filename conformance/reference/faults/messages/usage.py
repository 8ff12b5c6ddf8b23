"""Faults of the usage of messages: counts lost, wrong, not cumulative, or by other names."""

from __future__ import annotations

from conformance.reference.changes import drop, on_events, on_json, put, rename, when
from conformance.reference.changes.documents import all_of
from conformance.reference.changes.flows import JSON_DATA, each, edit, everywhere, of
from conformance.reference.changes.messages import on_message, on_usage
from conformance.reference.changes.values import add
from conformance.reference.faults.fault import Fault

TEXT = "messages/text/system-and-user*"
STREAM_TEXT = "messages/text/system-and-user[stream=true]"
JSON_TEXT = "messages/text/system-and-user[stream=false]"
PROMPT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_CHAT_NAMES = (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"))


FAULTS = (
    Fault(
        id="messages-usage-lost",
        family="messages",
        sentence="Messages have no usage.",
        rules=("messages.usage.object",),
        cases=JSON_TEXT,
        apply=on_json(drop("/usage")),
    ),
    Fault(
        id="messages-usage-null",
        family="messages",
        sentence="The usage of messages is null.",
        rules=("messages.usage.object",),
        cases=TEXT,
        apply=on_message(lambda root: put(f"{root}/usage", None)),
    ),
    Fault(
        id="messages-usage-lost-at-start",
        family="messages",
        sentence="message_start has no usage.",
        rules=("messages.usage.object",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_start"), drop("/message/usage"))),
    ),
    Fault(
        id="messages-usage-lost-at-end",
        family="messages",
        sentence="message_delta has no usage, and an empty stop_sequence.",
        rules=("messages.stop-sequence.agrees", "messages.stream.message-delta"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_delta"), drop("/usage"), put("/delta/stop_sequence", ""))),
        url="https://github.com/maximhq/bifrost/issues/1732",
    ),
    Fault(
        id="messages-usage-end-null",
        family="messages",
        sentence="The usage of message_delta is null.",
        rules=("messages.stream.message-delta",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_delta"), put("/usage", None))),
    ),
    Fault(
        id="messages-output-tokens-taken-early",
        family="messages",
        sentence="The output_tokens of message_delta are those of message_start.",
        rules=("messages.max-tokens.counted", "messages.usage.output-plausible"),
        cases="messages/limits/max-tokens[stream=true]",
        apply=on_events(edit(of("message_delta"), put("/usage/output_tokens", 1))),
    ),
    Fault(
        id="messages-input-tokens-lost",
        family="messages",
        sentence="The usage has no input_tokens.",
        rules=("messages.usage.prompt-counted", "messages.usage.counts", "messages.stream.start-usage"),
        cases=TEXT,
        apply=on_usage(lambda root: drop(f"{root}/input_tokens")),
    ),
    Fault(
        id="messages-output-tokens-lost",
        family="messages",
        sentence="The usage has no output_tokens.",
        rules=("messages.usage.counts",),
        cases=TEXT,
        apply=on_usage(lambda root: drop(f"{root}/output_tokens")),
    ),
    Fault(
        id="messages-input-tokens-null",
        family="messages",
        sentence="The input_tokens are null.",
        rules=("messages.usage.prompt-counted", "messages.usage.counts", "messages.stream.start-usage"),
        cases=TEXT,
        apply=on_usage(lambda root: put(f"{root}/input_tokens", None)),
    ),
    Fault(
        id="messages-output-tokens-text",
        family="messages",
        sentence="The output_tokens are text.",
        rules=("messages.usage.counts",),
        cases=TEXT,
        apply=on_usage(lambda root: put(f"{root}/output_tokens", "12")),
    ),
    Fault(
        id="messages-output-tokens-fraction",
        family="messages",
        sentence="The output_tokens have a fraction.",
        rules=("messages.usage.counts",),
        cases=TEXT,
        apply=on_usage(lambda root: put(f"{root}/output_tokens", 12.5)),
    ),
    Fault(
        id="messages-input-tokens-negative",
        family="messages",
        sentence="The input_tokens are negative.",
        rules=("messages.usage.counts",),
        cases=TEXT,
        apply=on_usage(lambda root: put(f"{root}/input_tokens", -1)),
    ),
    Fault(
        id="messages-cache-read-negative",
        family="messages",
        sentence="The tokens read from the cache are negative.",
        rules=("messages.usage.counts",),
        cases=TEXT,
        apply=on_usage(lambda root: put(f"{root}/cache_read_input_tokens", -3)),
    ),
    Fault(
        id="messages-prompt-uncounted",
        family="messages",
        sentence="No token of the prompt is counted.",
        rules=("messages.usage.prompt-counted", "messages.stream.start-usage"),
        cases=TEXT,
        apply=on_usage(
            lambda root: all_of(
                put(f"{root}/input_tokens", 0),
                put(f"{root}/cache_creation_input_tokens", 0),
                put(f"{root}/cache_read_input_tokens", 0),
            )
        ),
    ),
    Fault(
        id="messages-usage-zero-at-start",
        family="messages",
        sentence="The usage of message_start is zero; the right counts come at the end.",
        rules=("messages.stream.start-usage",),
        cases=STREAM_TEXT,
        apply=on_events(
            edit(of("message_start"), *(put(f"/message/usage/{name}", 0) for name in (*PROMPT, "output_tokens")))
        ),
        url="https://github.com/vercel/ai/issues/17326",
    ),
    Fault(
        id="messages-usage-zero-for-long-prompts",
        family="messages",
        sentence="The usage of message_start is zero for a long prompt.",
        rules=("messages.stream.start-usage",),
        cases="messages/text/long-input[stream=true]",
        apply=on_events(
            edit(of("message_start"), *(put(f"/message/usage/{name}", 0) for name in (*PROMPT, "output_tokens")))
        ),
        url="https://github.com/vercel/ai/issues/17326",
    ),
    Fault(
        id="messages-output-uncounted",
        family="messages",
        sentence="The output tokens of an answer are zero.",
        rules=("messages.usage.output-counted",),
        cases=TEXT,
        apply=on_usage(lambda root: put(f"{root}/output_tokens", 0)),
    ),
    Fault(
        id="messages-output-tokens-of-delta",
        family="messages",
        sentence="message_delta has no count of its own: the usage chunk after the end of the text is lost.",
        rules=("messages.stream.usage-cumulative", "messages.usage.output-counted"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_delta"), put("/usage/output_tokens", 0))),
        url="https://github.com/mozilla-ai/any-llm/pull/1151",
    ),
    Fault(
        id="messages-usage-shrinks",
        family="messages",
        sentence="A second message_delta counts fewer tokens than the first.",
        rules=("messages.stream.usage-cumulative",),
        cases="messages/unicode/cjk[stream=true]",
        apply=on_events(each(of("message_delta"), lambda frame: [frame, frame.edited(put("/usage/output_tokens", 2))])),
    ),
    Fault(
        id="messages-cache-sum-wrong",
        family="messages",
        sentence="The lifetimes of the cache do not add up to what was written to it.",
        rules=("messages.usage.cache-sum",),
        cases=TEXT,
        apply=on_message(lambda root: put(f"{root}/usage/cache_creation/ephemeral_5m_input_tokens", 9)),
    ),
    Fault(
        id="messages-thinking-tokens-too-many",
        family="messages",
        sentence="More thinking tokens are told than output tokens.",
        rules=("messages.usage.thinking-part",),
        cases=TEXT,
        apply=everywhere(put("/usage/output_tokens_details/thinking_tokens", 9000)),
    ),
    Fault(
        id="messages-usage-of-chat",
        family="messages",
        sentence="The usage has the names of Chat Completions.",
        rules=("messages.usage.prompt-counted", "messages.usage.counts", "messages.stream.start-usage"),
        cases=TEXT,
        apply=everywhere(
            *(rename(f"{root}/usage/{name}", new) for root in ("", "/message") for name, new in _CHAT_NAMES)
        ),
    ),
    Fault(
        id="messages-usage-with-total",
        family="messages",
        sentence="The usage has total_tokens too.",
        rules=("messages.usage.foreign-names",),
        cases=TEXT,
        apply=everywhere(put("/usage/total_tokens", 70)),
    ),
    Fault(
        id="messages-usage-differs-streamed",
        family="messages",
        sentence="The same prompt costs more tokens in a stream.",
        rules=("case.same-prompt-tokens",),
        cases="messages/usage/same-for-text",
        apply=on_events(
            edit(of("message_start"), put("/message/usage/input_tokens", 4000)),
            edit(of("message_delta"), put("/usage/input_tokens", 4000)),
        ),
    ),
    Fault(
        id="messages-output-tokens-of-start",
        family="messages",
        sentence="The end of a stream counts no more tokens than its start: one.",
        rules=("messages.usage.output-plausible", "messages.max-tokens.counted"),
        cases="messages/limits/max-tokens[stream=true]",
        apply=on_events(edit(of("message_delta"), put("/usage/output_tokens", 1))),
        url="https://github.com/mozilla-ai/any-llm/pull/1151",
    ),
    Fault(
        id="messages-output-tokens-one",
        family="messages",
        sentence="Every answer has one output token.",
        rules=("messages.usage.output-plausible", "messages.max-tokens.counted"),
        cases="messages/limits/max-tokens[*",
        apply=on_usage(lambda root: put(f"{root}/output_tokens", 1)),
    ),
    Fault(
        id="messages-input-tokens-differ-with-tools",
        family="messages",
        sentence="The same prompt with tools costs more tokens in a stream.",
        rules=("case.same-prompt-tokens",),
        cases="messages/usage/same-for-tools",
        apply=when(
            on_events(
                edit(
                    JSON_DATA,
                    add("/message/usage/input_tokens", 50),
                    add("/usage/input_tokens", 50),
                )
            ),
            tools=True,
        ),
    ),
    Fault(
        id="messages-input-tokens-lost-streamed",
        family="messages",
        sentence="Streams count the prompt nowhere.",
        rules=("messages.stream.start-usage", "messages.usage.prompt-counted", "messages.usage.counts", "case.present"),
        cases="messages/usage/stated[stream=true]",
        apply=on_events(edit(JSON_DATA, drop("/message/usage/input_tokens"), drop("/usage/input_tokens"))),
    ),
)
