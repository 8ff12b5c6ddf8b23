"""Faults of Responses where the answer does not fit the request: a setting was lost or changed on its way."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import Change, at, chain, drop, on_json, on_request, put, when
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.responses import on_items, on_response
from conformance.reference.faults.fault import Fault

NONE = "responses/tools/none*"
REQUIRED = "responses/tools/required*"
FORCED = "responses/tools/forced*"
ECHO = "responses/options/echo*"
JSON_SCHEMA = "responses/structured-output/json-schema*"


def _lost(id_: str, sentence: str, rules: tuple[str, ...], member: str, cases: str) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, on_request(drop(member)))


def _wrong(id_: str, sentence: str, rules: tuple[str, ...], change: Change, cases: str) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, change)


def _echo(id_: str, sentence: str, rules: tuple[str, ...], member: str, value: JSON, cases: str) -> Fault:
    def make(place: str) -> Edit:
        return put(f"{place}/{member}", value)

    return Fault(f"responses-echo-{id_}", "responses", sentence, rules, cases, on_response(make))


_LOST = (
    _lost(
        "tools-dropped",
        "Tools do not reach the provider.",
        ("responses.echo.tools", "case.tool-chosen"),
        "/tools",
        "responses/tools/auto[*",
    ),
    _lost(
        "tool-choice-dropped",
        "tool_choice `none` does not reach the provider.",
        ("responses.echo.tool-choice", "case.answer-text", "case.tool-called", "responses.request.tool-choice-none"),
        "/tool_choice",
        NONE,
    ),
    _lost(
        "instructions-dropped",
        "Instructions do not reach the provider.",
        ("responses.echo.instructions", "case.answer-text"),
        "/instructions",
        "responses/text/instructions[*",
    ),
    _lost(
        "limit-dropped",
        "max_output_tokens does not reach the provider.",
        (
            "responses.request.max-output-tokens",
            "case.answer-stop",
            "case.tokens-cap",
            "case.value",
            "responses.echo.max-output-tokens",
        ),
        "/max_output_tokens",
        "responses/limits/max-output-tokens*",
    ),
    _lost(
        "format-dropped",
        "The text format does not reach the provider.",
        ("responses.echo.text-format", "case.answer-json", "responses.request.format-json"),
        "/text",
        JSON_SCHEMA,
    ),
    _lost(
        "include-dropped",
        "`include` does not reach the provider.",
        ("responses.request.encrypted-reasoning",),
        "/include",
        "responses/reasoning/replayed*",
    ),
    _lost(
        "logprobs-dropped",
        "A request for log probabilities does not reach the provider.",
        ("responses.request.logprobs",),
        "/include",
        "responses/options/logprobs*",
    ),
    _lost(
        "stream-options-dropped",
        "stream_options do not reach the provider.",
        ("responses.request.obfuscation",),
        "/stream_options",
        "responses/options/no-obfuscation",
    ),
    _lost(
        "parallel-dropped",
        "parallel_tool_calls does not reach the provider.",
        ("responses.request.parallel", "case.tool-called", "responses.echo.parallel-tool-calls"),
        "/parallel_tool_calls",
        "responses/tools/parallel-forbidden*",
    ),
    _lost(
        "previous-dropped",
        "previous_response_id does not reach the provider.",
        ("responses.echo.previous-response", "case.answer-text"),
        "/previous_response_id",
        "responses/state/previous-response*",
    ),
    _lost(
        "store-dropped",
        "`store` does not reach the provider.",
        ("responses.echo.store",),
        "/store",
        "responses/text/not-stored*",
    ),
    _lost(
        "metadata-dropped",
        "Metadata does not reach the provider.",
        ("responses.echo.metadata", "case.value"),
        "/metadata",
        "responses/text/metadata",
    ),
    _lost(
        "temperature-dropped",
        "The temperature does not reach the provider.",
        ("responses.echo.sampling",),
        "/temperature",
        "responses/options/temperature",
    ),
    _lost(
        "top-p-dropped",
        "top_p does not reach the provider.",
        ("responses.echo.sampling",),
        "/top_p",
        "responses/options/top-p[top_p=0,*",
    ),
    _lost(
        "truncation-dropped",
        "`truncation` does not reach the provider.",
        ("responses.echo.truncation",),
        "/truncation",
        "responses/options/truncation[truncation=auto]",
    ),
    _lost(
        "reasoning-dropped",
        "`reasoning` does not reach the provider.",
        ("responses.echo.reasoning",),
        "/reasoning",
        "responses/reasoning/summary*",
    ),
    _lost(
        "history-cut",
        "The first message of the input does not reach the provider.",
        ("case.answer-text",),
        "/input/0",
        "responses/text/recall*",
    ),
    _lost(
        "pictures-dropped",
        "Pictures do not reach the provider.",
        ("case.refused",),
        "/input/*/content/0",
        "responses/vision/no-picture*",
    ),
)

_UNFIT = (
    _wrong(
        "calls-though-none",
        "A tool is called though tool_choice is none.",
        ("responses.request.tool-choice-none", "case.tool-called"),
        chain(
            on_request(put("/tool_choice", "required")), on_response(lambda place: put(f"{place}/tool_choice", "none"))
        ),
        NONE,
    ),
    _wrong(
        "no-call-though-required",
        "No tool is called though one is required.",
        ("responses.request.tool-choice-required", "case.tool-called"),
        chain(
            on_request(put("/tool_choice", "none")), on_response(lambda place: put(f"{place}/tool_choice", "required"))
        ),
        REQUIRED,
    ),
    _wrong(
        "other-function-called",
        "Another function is called than the one that is named.",
        ("responses.request.tool-choice-named", "case.tool-called"),
        on_items(lambda place: put(f"{place}/name", "get_time", new=False)),
        FORCED,
    ),
    _wrong(
        "named-choice-ignored",
        "A tool_choice that names a function is taken for `none`.",
        ("responses.request.tool-choice-named", "case.tool-called", "responses.echo.tool-choice"),
        when(on_request(put("/tool_choice", "none")), forced=True),
        FORCED,
    ),
    _wrong(
        "other-tool-than-allowed",
        "A tool is called that is not among the allowed ones.",
        ("responses.request.tool-choice-allowed", "case.tool-called"),
        on_items(lambda place: put(f"{place}/name", "get_time", new=False)),
        "responses/tools/allowed-tools*",
    ),
    _wrong(
        "names-prefixed",
        "Names of functions come back with a prefix of the gateway's own.",
        ("responses.request.tool-declared", "case.tool-called"),
        on_items(lambda place: at(f"{place}/name", lambda name: f"functions.{name}")),
        "responses/tools/auto[*",
    ),
    _wrong(
        "json-fenced",
        "JSON comes in a code fence.",
        ("responses.request.format-json", "case.answer-json"),
        on_json(at("/output/*/content/*/text", lambda text: f"```json\n{text}\n```")),
        "responses/structured-output/json*stream=false]",
    ),
    _wrong(
        "json-of-other-schema",
        "JSON does not keep to the schema.",
        ("responses.request.format-schema", "case.answer-json"),
        on_json(at("/output/*/content/*/text", lambda text: text.replace('"word"', '"wort"'))),
        "responses/structured-output/json-schema[stream=false]",
    ),
    _wrong(
        "used-more-than-allowed",
        "More output tokens are used than the request allows.",
        ("responses.request.max-output-tokens", "case.tokens-cap"),
        on_json(at("/usage", lambda usage: {**usage, "output_tokens": 40, "total_tokens": usage["input_tokens"] + 40})),
        "responses/limits/max-output-tokens[stream=false]",
    ),
)

_ECHO = (
    _echo(
        "instructions",
        "Other instructions come back, with words of the gateway's own before them.",
        ("responses.echo.instructions", "case.value"),
        "instructions",
        "You are served by a gateway.",
        ECHO,
    ),
    _echo(
        "instructions-null",
        "Instructions come back as null.",
        ("responses.echo.instructions", "case.value"),
        "instructions",
        None,
        ECHO,
    ),
    _echo(
        "max-output-tokens",
        "max_output_tokens comes back as null.",
        ("responses.echo.max-output-tokens", "case.value"),
        "max_output_tokens",
        None,
        ECHO,
    ),
    _echo("metadata", "Metadata comes back empty.", ("responses.echo.metadata", "case.value"), "metadata", {}, ECHO),
    _echo(
        "parallel",
        "parallel_tool_calls comes back true.",
        ("responses.echo.parallel-tool-calls",),
        "parallel_tool_calls",
        True,
        "responses/tools/parallel-forbidden*",
    ),
    _echo(
        "previous",
        "previous_response_id comes back as null.",
        ("responses.echo.previous-response",),
        "previous_response_id",
        None,
        "responses/state/previous-response*",
    ),
    _echo(
        "temperature",
        "Another temperature comes back.",
        ("responses.echo.sampling",),
        "temperature",
        0.7,
        "responses/options/temperature",
    ),
    _echo(
        "store",
        "What was not to be stored comes back as stored.",
        ("responses.echo.store",),
        "store",
        True,
        "responses/text/not-stored*",
    ),
    _echo(
        "format",
        "The text format comes back as text.",
        ("responses.echo.text-format",),
        "text",
        {"format": {"type": "text"}},
        JSON_SCHEMA,
    ),
    _echo(
        "tool-choice",
        "tool_choice comes back as auto.",
        ("responses.echo.tool-choice",),
        "tool_choice",
        "auto",
        REQUIRED,
    ),
    _echo("tools", "Tools come back as an empty list.", ("responses.echo.tools",), "tools", [], FORCED),
    _echo(
        "truncation",
        "`truncation` comes back as disabled.",
        ("responses.echo.truncation",),
        "truncation",
        "disabled",
        "responses/options/truncation[truncation=auto]",
    ),
)

FAULTS = (*_LOST, *_UNFIT, *_ECHO)
