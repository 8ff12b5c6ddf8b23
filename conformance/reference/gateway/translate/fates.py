"""The fate of each parameter of a request that goes to an upstream of another family.

A parameter without a counterpart is refused if the answer would be another one without it, and left out otherwise.
The counterparts are those of the vendors' API references, https://platform.openai.com/docs/api-reference and
https://docs.anthropic.com/en/api/messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from conformance.core.model import JSON
from conformance.reference.gateway.families import CHAT, MESSAGES, RESPONSES
from conformance.reference.gateway.translate.ask import Ask, UnusableError

Fate = Literal["kept", "left out", "refused"]
KEPT: Fate = "kept"
OUT: Fate = "left out"
REFUSED: Fate = "refused"

SHARED = (
    "metadata", "moderation", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "safety_identifier", "service_tier", "user",
)  # fmt: skip
"""Parameters with the same name and meaning in Chat Completions and Responses."""


def _both(fate: Fate, first: str, second: str, *names: str) -> dict[str, dict[str, Fate]]:
    return {name: {first: fate, second: fate} for name in names}


FATES: Mapping[str, Mapping[str, Mapping[str, Fate]]] = {
    CHAT: {
        **_both(
            KEPT, RESPONSES, MESSAGES, "model", "messages", "max_completion_tokens", "max_tokens",
            "parallel_tool_calls", "reasoning_effort", "response_format", "stream", "stream_options", "temperature",
            "top_p", "tools", "tool_choice", "user", "safety_identifier",
        ),
        **_both(
            REFUSED, RESPONSES, MESSAGES, "audio", "frequency_penalty", "presence_penalty", "functions",
            "function_call", "logit_bias", "modalities", "n", "web_search_options",
        ),
        **_both(OUT, RESPONSES, MESSAGES, "prediction", "seed", "store"),
        "logprobs": {RESPONSES: KEPT, MESSAGES: REFUSED},
        "metadata": {RESPONSES: KEPT, MESSAGES: OUT},
        "moderation": {RESPONSES: KEPT, MESSAGES: REFUSED},
        "prompt_cache_key": {RESPONSES: KEPT, MESSAGES: OUT},
        "prompt_cache_options": {RESPONSES: KEPT, MESSAGES: OUT},
        "prompt_cache_retention": {RESPONSES: KEPT, MESSAGES: OUT},
        "service_tier": {RESPONSES: KEPT, MESSAGES: OUT},
        "stop": {RESPONSES: REFUSED, MESSAGES: KEPT},
        "top_logprobs": {RESPONSES: KEPT, MESSAGES: REFUSED},
        "verbosity": {RESPONSES: KEPT, MESSAGES: OUT},
    },
    RESPONSES: {
        **_both(
            KEPT, CHAT, MESSAGES, "model", "input", "instructions", "max_output_tokens", "parallel_tool_calls",
            "reasoning", "text", "tools", "tool_choice", "include", "stream", "stream_options", "temperature", "top_p",
            "user", "safety_identifier",
        ),
        **_both(
            REFUSED, CHAT, MESSAGES, "background", "background_options", "conversation", "max_tool_calls",
            "previous_response_id", "prompt",
        ),
        **_both(
            OUT, CHAT, MESSAGES, "access_programs", "client_metadata", "context_management", "image", "store",
            "truncation",
        ),
        "metadata": {CHAT: KEPT, MESSAGES: OUT},
        "moderation": {CHAT: KEPT, MESSAGES: REFUSED},
        "prompt_cache_key": {CHAT: KEPT, MESSAGES: OUT},
        "prompt_cache_options": {CHAT: KEPT, MESSAGES: OUT},
        "prompt_cache_retention": {CHAT: KEPT, MESSAGES: OUT},
        "service_tier": {CHAT: KEPT, MESSAGES: OUT},
        "top_logprobs": {CHAT: KEPT, MESSAGES: REFUSED},
    },
    MESSAGES: {
        **_both(
            KEPT, CHAT, RESPONSES, "model", "messages", "max_tokens", "system", "stream", "tools", "tool_choice",
            "thinking", "output_config", "metadata", "service_tier", "temperature", "top_p",
        ),
        **_both(
            REFUSED, CHAT, RESPONSES, "container", "compaction", "context_management", "fallbacks",
            "fallback_credit_token", "billing_policy", "inference_geo", "mcp_servers", "thread", "top_k",
        ),
        **_both(OUT, CHAT, RESPONSES, "cache_control", "diagnostics", "speed"),
        "stop_sequences": {CHAT: KEPT, RESPONSES: REFUSED},
    },
}  # fmt: skip
"""Family of the client -> parameter -> family of the upstream -> fate."""

_NEUTRAL: Mapping[str, JSON] = {
    "background": False, "frequency_penalty": 0, "logprobs": False, "modalities": ["text"], "n": 1,
    "presence_penalty": 0, "top_logprobs": 0,
}  # fmt: skip
"""The values that ask for nothing, beside null and empty ones."""


def check(family: str, upstream: str, body: Mapping[str, JSON]) -> None:
    """Raises UnusableError for the first parameter that is unknown, or refused toward this upstream."""
    fates = FATES[family]
    unknown = [name for name in body if name not in fates]
    if unknown:
        raise _unknown(family, unknown)
    for name, value in body.items():
        asks = value not in (None, [], {}, "") and value != _NEUTRAL.get(name) and not _is_about_thinking(name, value)
        if asks and fates[name][upstream] == REFUSED:
            raise refused(family, name)


def _is_about_thinking(name: str, value: JSON) -> bool:
    """Whether `context_management` only clears thinking of earlier turns, which no other family reads anyway."""
    edits = value.get("edits") if name == "context_management" and isinstance(value, dict) else None
    return isinstance(edits, list) and all(
        isinstance(edit, dict) and edit.get("type") == "clear_thinking_20251015" for edit in edits
    )


def refused(family: str, param: str, what: str = "") -> UnusableError:
    """The error for a parameter, or for `what` in it, that the model's upstream does not have."""
    if family == MESSAGES and not what:
        return _unknown(family, [param])
    if family == MESSAGES:
        return UnusableError(f"{param}: {what} is not supported by this model", param=param)
    message = f"Unsupported parameter: '{param}': {what or 'it'} is not supported with this model."
    return UnusableError(message, param=param, code="unsupported_parameter")


def history(family: str) -> str:
    """The parameter with the conversation."""
    return "input" if family == RESPONSES else "messages"


def openai_shared(ask: Ask) -> dict[str, JSON]:
    """The parameters of `SHARED` for an upstream of an OpenAI family; a user of Messages has the newer name."""
    named = {"user", "safety_identifier"} & ask.shared.keys()
    return {**ask.shared, **({"safety_identifier": ask.user} if ask.user and not named else {})}


def _unknown(family: str, names: list[str]) -> UnusableError:
    """The vendors' forms of this error."""
    if family == MESSAGES:
        return UnusableError(f"{names[0]}: Extra inputs are not permitted", param=names[0])
    if family == RESPONSES:
        return UnusableError(f"Unknown parameter: '{names[0]}'.", param=names[0], code="unknown_parameter")
    plural = "s" if len(names) > 1 else ""
    return UnusableError(f"Unrecognized request argument{plural} supplied: {', '.join(names)}")
