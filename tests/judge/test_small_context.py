"""A request that does not fit into the model's context is unverified; a short one that is called too long fails."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.model import Exchange
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.judging import GOOD, REFUSAL, SUCCESS, case, ended, verdict
from tests.support.wire import CHAT, MESSAGES, anthropic_error, chat_answer, exchange, openai_error

LONG = "word " * 4000
VLLM = "This model's maximum context length is 2048 tokens. However, you requested 5024 tokens (24 in the messages)."
LLAMA_CPP = "the request exceeds the available context size (2048 tokens), try increasing it"
TGI = "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 4000 `inputs` tokens and 100 `max_new_tokens`"
OPENAI = "Your input exceeds the context window of this model. Please adjust your input and try again."
ANTHROPIC = "prompt is too long: 4011 tokens > 2048 maximum"
RESERVED = "input length and `max_tokens` exceed context limit: 18 + 4000 > 2048, decrease input length or `max_tokens`"


def refused(message: str, prompt: str = LONG, code: str | None = None, status: int = 400, **ask: Any) -> Exchange:
    body = {"messages": [{"role": "user", "content": prompt}], **ask}
    return exchange(CHAT, openai_error(message, code=code), status, ask=body)


@pytest.mark.parametrize("message", [VLLM, LLAMA_CPP, TGI, OPENAI, ANTHROPIC, RESERVED])
def test_a_request_that_is_too_long_is_unverified(message: str) -> None:
    found = verdict(case(SUCCESS), refused(message))
    assert ended(found) == ("unverified", set())
    assert "does not fit into the model's context" in found.reason


def test_anthropics_error_is_understood() -> None:
    ask = {"messages": [{"role": "user", "content": LONG}]}
    found = exchange(MESSAGES, anthropic_error(ANTHROPIC), 400, ask=ask)
    assert verdict(case(SUCCESS, family=MESSAGES), found).outcome == "unverified"


LM_STUDIO = "The model is loaded with context length of only 2048 tokens, which is not enough."


@pytest.mark.parametrize(
    "body",
    [
        {"error": LM_STUDIO},
        {"detail": LM_STUDIO},
        {"object": "error", "message": VLLM, "type": "BadRequestError", "param": None, "code": 400},
    ],
    ids=["a text", "a detail", "no envelope"],
)
def test_errors_in_other_forms_are_understood(body: dict[str, Any]) -> None:
    ask = {"messages": [{"role": "user", "content": LONG}]}
    assert "case.accepted" not in ended(verdict(case(SUCCESS), exchange(CHAT, body, 400, ask=ask)))[1]
    short = {"messages": [{"role": "user", "content": "Hello"}]}
    assert "case.accepted" in ended(verdict(case(SUCCESS), exchange(CHAT, body, 400, ask=short)))[1]


def test_the_tokens_that_are_reserved_for_the_answer_count() -> None:
    assert ended(verdict(case(SUCCESS), refused(VLLM, "Hello", max_tokens=4000))) == ("unverified", set())
    assert ended(verdict(case(SUCCESS), refused(VLLM, "Hello", max_tokens=64))) == ("failed", {"case.accepted"})


@pytest.mark.parametrize("message", [VLLM, LLAMA_CPP, TGI, OPENAI, ANTHROPIC, RESERVED])
def test_a_short_request_that_is_called_too_long_fails(message: str) -> None:
    assert ended(verdict(case(SUCCESS), refused(message, "Hello"))) == ("failed", {"case.accepted"})


@pytest.mark.parametrize(
    "found",
    [
        refused("Unknown parameter: 'context'."),
        refused("The maximum context length is 8 tokens.", "Hello"),
        refused(VLLM, status=500),
        refused("Invalid type for 'messages'."),
    ],
    ids=["another mistake", "an impossible size", "a server error", "no word of it"],
)
def test_other_errors_are_not_excused(found: Exchange) -> None:
    assert verdict(case(SUCCESS), found).outcome == "failed"


def test_an_image_does_not_count_by_its_bytes() -> None:
    image = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'iVBORw0KGgo' * 3000}"}}]
    ask = {"messages": [{"role": "user", "content": image}]}
    error = openai_error(VLLM.replace("2048", "8192"))
    assert verdict(case(SUCCESS), exchange(CHAT, error, 400, ask=ask)).outcome == "failed"


def test_a_larger_request_that_was_answered_shows_that_the_context_is_large_enough() -> None:
    larger = exchange(CHAT, chat_answer("Hello"), ask={"messages": [{"role": "user", "content": LONG * 2}]})
    assert verdict(case(SUCCESS, SUCCESS), larger, refused(VLLM)).outcome == "failed"
    assert verdict(case(SUCCESS, SUCCESS), GOOD, refused(VLLM)).outcome == "unverified"


@pytest.mark.parametrize(("size", "outcome"), [(2048, "unverified"), (131072, "failed")])
def test_the_size_in_the_profile_overrides_that_of_the_error(size: int, outcome: str) -> None:
    profile = Profile(limits={"context_tokens": size})
    assert judge_exchanges(case(SUCCESS), (refused(VLLM),), profile, ASSUMED).outcome == outcome


def test_an_expected_refusal_is_judged() -> None:
    assert ended(verdict(case(REFUSAL), refused(VLLM))) == ("passed", set())
