"""The scripted provider: answers by script, records, and breaks off as it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conformance.core.canary import token
from conformance.core.provider_control import OPEN_PATH, SCRIPTS_PATH
from conformance.reference import ScriptedProvider, scripted_provider

pytestmark = pytest.mark.socket

WORD = token("a test")
PATHS = {"chat_completions": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedProvider]:
    with scripted_provider(pace=0.001) as running:
        yield running


class Ends:
    """The suite's end and the gateway's end of a provider."""

    def __init__(self, provider: ScriptedProvider, client: httpx.Client) -> None:
        self._provider = provider
        self._client = client
        self._control = {"authorization": f"Bearer {provider.control_key}"}

    def register(self, *answers: dict[str, Any], word: str = WORD) -> None:
        script = {"family": "messages", "answers": list(answers)}
        answer = self._client.put(f"{SCRIPTS_PATH}/{word}", json=script, headers=self._control)
        assert answer.status_code == 204

    def ask(self, family: str = "chat_completions", stream: bool = False, word: str = WORD) -> httpx.Response:
        members: dict[str, Any] = {"model": "reference-large", "stream": stream}
        prompt = [{"role": "user", "content": f"{word} Name a bird."}]
        members |= {"input": prompt} if family == "responses" else {"messages": prompt, "max_tokens": 50}
        headers = {"authorization": f"Bearer {self._provider.key}", "anthropic-version": "2023-06-01"}
        return self._client.post(PATHS[family], json=members, headers=headers)

    def take(self, word: str = WORD, wait: float = 2.0) -> list[dict[str, Any]]:
        answer = self._client.delete(f"{SCRIPTS_PATH}/{word}?wait={wait}", headers=self._control)
        found: list[dict[str, Any]] = answer.json()["requests"]
        return found


@pytest.fixture
def ends(provider: ScriptedProvider) -> Iterator[Ends]:
    with httpx.Client(base_url=provider.url, timeout=10) as client:
        yield Ends(provider, client)


def text_of(family: str, body: Any) -> str:
    if family == "chat_completions":
        return str(body["choices"][0]["message"]["content"])
    if family == "responses":
        return str(body["output"][-1]["content"][0]["text"])
    return str(body["content"][-1]["text"])


@pytest.mark.parametrize("family", PATHS)
def test_a_reply_is_built_in_the_family_of_the_request(ends: Ends, family: str) -> None:
    ends.register({"reply": {"text": "A pelican.", "usage": {"input": 33, "output": 7}}})
    assert text_of(family, ends.ask(family).json()) == "A pelican."
    [record] = ends.take()
    assert record["family"] == family
    assert (record["status"], record["ended"]) == (200, "complete")


def test_requests_without_a_registered_token_are_answered_by_the_scripted_model(ends: Ends) -> None:
    answer = ends.ask(word="Reply with exactly: kiwi\nNothing else.")
    assert "kiwi" in text_of("chat_completions", answer.json())


def test_the_answers_follow_each_other_and_the_last_one_repeats(ends: Ends) -> None:
    ends.register({"status": 503, "json": {"error": {}}}, {"reply": {"text": "now"}})
    assert [ends.ask().status_code for _ in range(3)] == [503, 200, 200]
    assert [record["status"] for record in ends.take()] == [503, 200, 200]


def test_the_providers_key_is_not_in_the_record(ends: Ends, provider: ScriptedProvider) -> None:
    ends.register({})
    ends.ask()
    [record] = ends.take()
    assert provider.key not in json.dumps(record)
    assert ["authorization", "Bearer $PROVIDER_API_KEY"] in record["request_headers"]


def test_a_wrong_key_is_refused_and_recorded(ends: Ends, provider: ScriptedProvider) -> None:
    ends.register({"reply": {"text": "secret"}})
    body = {"model": "reference-large", "messages": [{"role": "user", "content": WORD}]}
    answer = httpx.post(f"{provider.url}/v1/chat/completions", json=body, headers={"authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert [record["status"] for record in ends.take()] == [401]


def test_the_control_path_needs_its_key(provider: ScriptedProvider) -> None:
    for key in ("none", "wrong", provider.key):
        answer = httpx.get(f"{provider.url}{SCRIPTS_PATH}", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 401


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("after", ["request", "headers", {"events": 2}, {"bytes": 30}, {"inside": "data", "of": 1}])
def test_an_answer_breaks_off(ends: Ends, how: str, after: Any) -> None:
    ends.register({"reply": {"text": "A pelican is a bird."}, "fail": {"how": how, "after": after}})
    with pytest.raises(httpx.TransportError):
        ends.ask(stream=True)
    [record] = ends.take()
    assert record["ended"] == "cut"
    assert (record["status"] is None) == (after == "request")


def test_a_character_is_cut_in_two(ends: Ends) -> None:
    fail = {"how": "end", "after": {"inside": "character"}}
    ends.register({"reply": {"text": "Ein Vögelchen"}, "fail": fail})
    body = ends.ask(stream=True).content
    with pytest.raises(UnicodeDecodeError):
        body.decode()


@pytest.mark.parametrize("family", PATHS)
def test_an_error_event_has_the_form_of_the_family(ends: Ends, family: str) -> None:
    fail = {"how": "error", "after": {"events": 3}, "error": {"message": "No more birds."}}
    ends.register({"reply": {"text": "A pelican is a bird."}, "fail": fail})
    last = ends.ask(family, stream=True).text.strip().rpartition("data: ")[2]
    error = json.loads(last)
    assert "No more birds." in json.dumps(error)
    assert ("type" in error) == (family != "chat_completions")


def test_pieces_have_the_size_of_the_script(ends: Ends) -> None:
    ends.register({"reply": {"text": "kiwi"}, "write": {"pieces": 7, "newline": "crlf"}})
    answer = ends.ask(stream=True)
    assert "\r\n\r\n" in answer.text
    [record] = ends.take()
    assert len(record["chunks"]) > len(answer.content) / 7 - 1


def test_a_hold_is_between_two_writes(ends: Ends) -> None:
    ends.register({"reply": {"text": "A pelican."}, "write": {"hold": {"after": 2, "seconds": 0.3}}})
    ends.ask(stream=True)
    [record] = ends.take()
    times = [at for at, _ in record["chunks"]]
    assert times[2] - times[1] >= 0.3


def test_a_gateway_that_leaves_is_recorded(ends: Ends, provider: ScriptedProvider) -> None:
    ends.register({"reply": {"text": "A pelican is a bird."}, "write": {"pause": 0.3}})
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": WORD}]}
    headers = {"authorization": f"Bearer {provider.key}"}
    with httpx.stream("POST", f"{provider.url}/v1/chat/completions", json=body, headers=headers) as answer:
        next(answer.iter_bytes())
    [record] = ends.take()
    assert record["ended"] == "left"
    assert record["seconds"] < 2


def test_a_variation_is_applied_to_the_answer(ends: Ends) -> None:
    ends.register({"reply": {"text": "A pelican."}, "vary": ["sse-crlf"]})
    assert "\r\n\r\n" in ends.ask(stream=True).text


def test_a_script_that_cannot_be_read_is_an_error_of_its_own(ends: Ends) -> None:
    ends.register({"no_such_member": 1})
    answer = ends.ask()
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "script_error")


def test_the_requests_that_are_being_answered_are_counted(ends: Ends, provider: ScriptedProvider) -> None:
    def count() -> int:
        control = {"authorization": f"Bearer {provider.control_key}"}
        return int(httpx.get(f"{provider.url}{OPEN_PATH}", headers=control).json()["open"])

    word = token("held")
    before = count()
    ends.register({"reply": {"text": "word " * 20}, "write": {"hold": {"after": 2, "seconds": 5}}}, word=word)
    body = {"model": "reference-large", "stream": True, "messages": [{"role": "user", "content": word}]}
    headers = {"authorization": f"Bearer {provider.key}"}
    with httpx.stream("POST", f"{provider.url}{PATHS['chat_completions']}", json=body, headers=headers) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        assert count() == before + 1
        ends.take(word, wait=0)
        assert count() == before + 1
    until = time.monotonic() + 2
    while count() > before and time.monotonic() < until:
        time.sleep(0.02)
    assert count() == before


def test_the_count_needs_the_control_key(provider: ScriptedProvider) -> None:
    answer = httpx.get(f"{provider.url}{OPEN_PATH}", headers={"authorization": f"Bearer {provider.key}"})
    assert answer.status_code == 401
