"""Short forms in case files: repeats, bursts, keys, compression, the models of a profile."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.client import build_request
from conformance.core.canary import canary
from conformance.core.model import Case, Headers, Request, Step
from conformance.core.yaml_input import InputError
from conformance.judge import expectations
from conformance.judge.expectations.context import Context
from conformance.protocol import parameters
from conformance.protocol.reading import Reading
from conformance.suite.estimate import estimate
from conformance.suite.load import load_cases
from conformance.suite.template import expand, fill
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.wire import MESSAGES, exchange, messages_answer

HEAD = "family: messages\narea: probe\nsource: https://example.org/head\ncases:\n"
CASE = """\
  - id: one
    title: A request of any kind gets an answer
    request: {body: {model: $model, ask: "Say $canary"}}
    expect: {outcome: success, answer: {contains: $canary}}
"""


def load(folder: Path, text: str, **more: Any) -> tuple[Case, ...]:
    (folder / "probe.yaml").write_text(text, "utf-8")
    return load_cases(folder, **more)


def made(**request: Any) -> Request:
    target = Target("https://h/v1", Profile(), "sk-real-key-4711")
    return build_request.request(Step(fill(request, {}), {"outcome": "success"}), "messages", target)


def test_a_repeated_text_is_written_out_when_it_is_sent() -> None:
    value = {"ask": {"$repeat": "$word ", "times": 3}}
    kept = expand(value, {"word": "ha"}, [])
    assert kept == {"ask": {"$repeat": "ha ", "times": 3}}
    assert fill(kept, {}) == {"ask": "ha ha ha "}


def test_a_raw_body_may_be_in_pieces() -> None:
    assert made(raw=["[", {"$repeat": "[]", "times": 2}, "]"]).body == b"[[][]]"


def test_a_compressed_body_says_so_and_is_the_same_every_time() -> None:
    request = made(body={"a": 1}, compress="gzip")
    assert dict(request.headers)["content-encoding"] == "gzip"
    assert gzip.decompress(request.body) == b'{"a": 1}'
    assert request == made(body={"a": 1}, compress="gzip")


def test_a_key_may_be_a_text_of_the_case() -> None:
    request = made(auth={"bearer": {"text": {"$repeat": "long", "times": 2}}, "x-api-key": "valid"})
    assert dict(request.headers)["authorization"] == "Bearer longlong"
    assert request.auth == ("x-api-key",)


def test_a_burst_is_a_number_of_concurrent_steps_with_their_own_canary(tmp_path: Path) -> None:
    (case,) = load(tmp_path, HEAD + CASE.replace("    request", "    burst: 3\n    request"))
    words = [canary(f"messages/probe/one {number}") for number in range(3)]
    assert [step.request["body"] for step in case.steps] == [
        {"model": "$model", "ask": f"Say {word}"} for word in words
    ]  # fmt: skip
    assert [step.expect["answer"] for step in case.steps] == [{"contains": word} for word in words]
    assert [step.request.get("together") for step in case.steps] == [None, True, True]
    assert len(set(words)) == 3


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ("$serves/messages", ["always", "one[who=a]", "one[who=b]"]),
        ("$serves/responses", ["always", "one[who=a]"]),
        ("$refuses/responses", ["always", "one[who=b]"]),
        ("$serves/models", ["always"]),
    ],
)
def test_the_models_of_a_profile_give_a_test_each(tmp_path: Path, values: str, ids: list[str]) -> None:
    each = CASE.replace("    request", f"    for: {{who: {values}}}\n    request")
    always = CASE.replace("id: one", "id: always")
    cases = load(tmp_path, HEAD + always + each, served={"a": ["messages", "responses"], "b": ["messages"]})
    assert [case.id.removeprefix("messages/probe/") for case in cases] == ids
    assert [case.title for case in load(tmp_path, HEAD + always + each)] == [cases[0].title]
    with pytest.raises(InputError, match=r"the folder has no cases; .* `serves`"):
        load(tmp_path, HEAD + each)


FATE = """\
  - id: fate
    title: Each parameter of a request reaches the upstream
    for: {what: $parameters/messages}
    upstream: {family: messages}
    request: {body: $what_body}
    expect: {outcome: either, parameter: $what}
"""


def test_the_parameters_of_an_endpoint_give_a_test_each(tmp_path: Path) -> None:
    cases = load(tmp_path, HEAD + FATE)
    assert [case.values["what"] for case in cases] == list(parameters.ids("messages"))
    assert cases[0].id == "messages/probe/fate[what=max_tokens]"
    assert cases[0].steps[0].expect == {"outcome": "either", "parameter": "max_tokens"}
    for case in cases:
        known = parameters.parameters()["messages", case.values["what"]]
        assert case.steps[0].request == {"body": parameters.request_body(known)}


def test_requests_that_the_suite_answers_itself_cost_no_tokens(tmp_path: Path) -> None:
    assert estimate(load(tmp_path, HEAD + FATE)).output_tokens == 0
    assert estimate(load(tmp_path, HEAD + CASE.replace("ask:", "max_tokens: 64, ask:"))).output_tokens == 64


MISTAKES = {
    FATE.replace("parameter: $what", "parameter: stop"): "messages has no parameter 'stop'",
    FATE.replace("    upstream: {family: messages}\n", ""): "expect.parameter needs `upstream`",
    FATE.replace("$parameters/messages", "$parameters/models"): "for/what",
    CASE.replace("    request", "    burst: 1\n    request"): "burst",
    CASE.replace("    request", "    for: {who: $somebody/messages}\n    request"): "for/who",
    CASE.replace("outcome: success", "outcome: success, differs: {step: 1, in: [/id]}"): "does not come before",
    CASE.replace("outcome: success", "outcome: success, differs: {step: 1, in: [id]}"): "differs/in",
    CASE.replace("{body:", "{auth: {bearer: other}, body:"): "auth",
}


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_said_with_file_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, HEAD + text)
    assert str(caught.value).startswith(f"{tmp_path / 'probe.yaml'}:")
    assert MISTAKES[text] in str(caught.value)


def rules(want: Mapping[str, Any], second: Headers = (), **members: Any) -> set[str]:
    first = exchange(MESSAGES, messages_answer("Hello"), headers=(("request-id", "req_1"),))
    other = exchange(MESSAGES, {**messages_answer("Hello"), **members}, headers=second)
    case = Case("x/y/z", "", "x", "y", "messages", "must", "", (), (), "x.yaml", 1)
    context = Context(case, Profile(), [Reading(first)])
    return {breach.rule for breach in expectations.breaches({"outcome": "success", **want}, Reading(other), context)}


def differs(*places: str) -> dict[str, Any]:
    return {"differs": {"step": 1, "in": list(places)}}


def test_a_value_that_must_differ_is_not_repeated() -> None:
    assert rules(differs("/id")) == {"case.value"}
    assert rules(differs("/id"), id="msg_another") == set()
    assert rules(differs("/nowhere")) == set()


def test_headers_may_have_to_differ() -> None:
    assert rules(differs("header:request-id"), (("Request-Id", "req_1"),)) == {"case.value"}
    assert rules(differs("header:request-id"), (("request-id", "req_2"),)) == set()
    assert rules(differs("header:request-id")) == set()


@pytest.mark.parametrize(("words", "broken"), [(["Hel", "LO"], set()), (["Hello", "bye"], {"case.answer-text"})])
def test_an_answer_may_have_to_hold_several_words(words: Sequence[str], broken: set[str]) -> None:
    assert rules({"answer": {"contains": words}}) == broken
