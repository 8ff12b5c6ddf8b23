"""The first request of a run, against servers that answer it in every way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from conformance.client.http import Client
from conformance.client.retry import SendLimits, SharedLimits
from conformance.core.yaml_input import InputError
from conformance.run import connect, preflight
from conformance.run.connect import Options, Reached
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.servers import Said, Script, answer, json_answer, raw, says, stalls, unused_port

pytestmark = pytest.mark.socket

KEY = "sk-preflight-4711"
PAGE = answer(200, b"<!doctype html><title>Gateway</title>", (("content-type", "text/html; charset=utf-8"),))
NOT_FOUND = json_answer({"error": {"message": "Not Found"}}, 404)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client(timeout=5) as running:
        yield running


def listing(*ids: Any) -> bytes:
    return json_answer({"object": "list", "data": [{"id": name, "object": "model"} for name in ids]})


def by_path(**answers: bytes) -> Script:
    """Answers /v1/models with `v1`, and /models with `plain`."""

    def script(connection: Any, said: Said) -> None:
        versioned = said.requests[-1].startswith(b"GET /v1/models ")
        connection.sendall(answers["v1" if versioned else "plain"])

    return script


def prepare(client: Client, url: str, chosen: Sequence[str] = (), claims: Profile | None = None) -> Target:
    return preflight.prepare(url, claims or Profile(), KEY, chosen, client)


def refusal(client: Client, url: str, chosen: Sequence[str] = (), claims: Profile | None = None) -> str:
    with pytest.raises(InputError) as caught:
        prepare(client, url, chosen, claims)
    said = str(caught.value)
    assert "\n" not in said
    assert KEY not in said
    return said


def test_the_list_is_asked_for_with_the_key_and_the_profiles_headers(client: Client) -> None:
    claims = Profile(headers={"x-team": "a"}, key_header="x-api-key")
    with raw(says(listing("m"))) as server:
        target = prepare(client, f"{server.origin}/v1/", claims=claims)
        line, headers, _ = server.asked()
    assert line == "GET /v1/models HTTP/1.1"
    assert ("x-team", "a") in headers
    assert ("x-api-key", KEY) in headers
    assert (target.base_url, target.profile, target.key, target.notes) == (f"{server.origin}/v1", claims, KEY, ())
    assert target.models == {"default": "m"}
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_ends_the_run(client: Client, status: int) -> None:
    with raw(says(json_answer({"error": {"message": f"bad key {KEY}"}}, status))) as server:
        said = refusal(client, f"{server.origin}/v1", ["m"])
    assert said.startswith(f"{server.origin}/v1/models: the gateway answers {status} to the key in GATEWAY_API_KEY")


def posts(listing: bytes, **by_word: bytes) -> Script:
    """Answers GET with `listing`, and POST with the answer of the first word that the request contains, else 404."""

    def script(connection: Any, said: Said) -> None:
        request = said.requests[-1]
        found = [data for word, data in by_word.items() if word.encode() in request]
        connection.sendall(listing if request.startswith(b"GET ") else [*found, NOT_FOUND][0])

    return script


ANSWER = json_answer({"id": "x"})


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_list_models_may_use_one_that_is_named(client: Client, status: int) -> None:
    refused = json_answer({"error": {"message": "no"}}, status)
    with raw(posts(refused, messages=ANSWER)) as server:
        target = prepare(client, f"{server.origin}/v1", ["m"])
    assert target.models == {"default": "m"}
    assert target.notes == (f"{server.origin}/v1/models: the key may not read the list (status {status})",)
    with raw(posts(refused, messages=ANSWER)) as server:
        assert f"answers {status} to the key" in refusal(client, f"{server.origin}/v1")
    assert len(server.requests) == 1


BUSY = [answer(status, b"busy", (("retry-after-ms", "1"),)) for status in (429, 503)]


@pytest.mark.parametrize("busy", [*BUSY, b""])
def test_a_busy_moment_is_retried_and_noted(client: Client, busy: bytes) -> None:
    """A connection that is closed without an answer is used again at once, and then retried."""
    times = 1 if busy else 2
    with raw(*[says(busy)] * times, says(listing("m"))) as server:
        limits = SharedLimits(SendLimits(retries=2))
        target = preflight.prepare(f"{server.origin}/v1", Profile(), KEY, (), client, limits=limits)
    assert target.models == {"default": "m"}
    assert limits.budget.requests == 2
    [note] = target.notes
    met = "status " if busy else "RemoteProtocolError"
    assert note.startswith(f"GET {server.origin}/v1/models: tried 2 times ({met}")


def test_a_gateway_that_stays_busy_ends_the_run_with_its_status(client: Client) -> None:
    limits = SharedLimits(SendLimits(retries=2))
    with raw(says(BUSY[1])) as server, pytest.raises(InputError) as caught:
        preflight.prepare(f"{server.origin}/v1", Profile(), KEY, (), client, limits=limits)
    assert len(server.requests) == 3
    assert "(status 503, no data[].id; GET" in str(caught.value)
    assert "tried 3 times (status 503, status 503 before)" in str(caught.value)


def reach(client: Client, urls: Sequence[str], *chosen: str, **options: Any) -> Reached:
    return connect.reach(Options(tuple(urls), models=chosen, **options), urls, client)


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", KEY)


@pytest.mark.usefixtures("_key")
class TestUnlistedModels:
    def test_a_name_that_is_not_listed_and_not_served_ends_the_run(self, client: Client) -> None:
        with raw(posts(listing("gpt-5-mini", "gpt-5", "claude-x"))) as server:
            with pytest.raises(InputError) as caught:
                reach(client, [f"{server.origin}/v1"], "gpt-nope")
            assert str(caught.value) == (
                "--gateway-model gpt-nope: the gateway's model list does not have it, and a plain request to it is not "
                "answered; the nearest names are gpt-5, gpt-5-mini, or give --gateway-unlisted-model"
            )
            forced = reach(client, [f"{server.origin}/v1"], "gpt-nope", unlisted_model=True)
        assert forced.first.models == {"default": "gpt-nope"}

    def test_an_alias_that_is_served_is_noted(self, client: Client) -> None:
        with raw(posts(listing("claude-x-20260101"), claude=ANSWER)) as server:
            reached = reach(client, [f"{server.origin}/v1"], "claude-x")
        assert reached.first.notes == ("claude-x: the model list does not have it, but it is served",)

    def test_each_model_of_a_profile_is_looked_up(self, client: Client) -> None:
        claims = Profile(models={"default": "gpt-5", "messages": "claud-x"})
        with raw(posts(listing("gpt-5", "claude-x"))) as server, pytest.raises(InputError) as caught:
            reach(client, [f"{server.origin}/v1"], profile=claims)
        assert str(caught.value).startswith("models.messages in the profile: claud-x: ")
        assert "the nearest names are claude-x" in str(caught.value)

    def test_a_model_may_be_listed_at_another_route(self, client: Client) -> None:
        models = ("chat_completions=a", "messages=b", "responses=a")
        with raw(posts(listing("a"))) as one, raw(posts(listing("b"))) as two:
            reached = reach(client, [f"{one.origin}/v1", f"{two.origin}/v1"], *models)
        assert len(reached.routes) == 2
        assert not any(request.startswith(b"POST") for request in (*one.requests, *two.requests))

    @pytest.mark.parametrize(
        "unread",
        [NOT_FOUND, listing(), json_answer({"object": "list", "data": [{"id": "a"}], "has_more": True})],
    )
    def test_a_list_that_was_not_read_to_its_end_proves_nothing(self, client: Client, unread: bytes) -> None:
        with raw(says(unread)) as server:
            assert reach(client, [f"{server.origin}/v1"], "gpt-nope").first.model("messages") == "gpt-nope"
        assert len(server.requests) == 1


def test_a_gateway_that_is_not_there_ends_the_run(client: Client) -> None:
    url = f"http://127.0.0.1:{unused_port()}/v1"
    said = refusal(client, url, ["m"])
    assert said.startswith(f"{url}: the gateway cannot be reached")
    assert "check the address" in said


def test_a_server_that_does_not_speak_http_ends_the_run(client: Client) -> None:
    with raw(says(b"SSH-2.0-OpenSSH_9.6\r\n")) as server:
        assert "does not speak HTTP" in refusal(client, f"{server.origin}/v1", ["m"])


def test_a_gateway_that_never_answers_ends_the_run() -> None:
    with Client(timeout=0.2) as hasty, raw(stalls()) as server:
        assert "does not answer (no end within 0.2 s)" in refusal(hasty, f"{server.origin}/v1", ["m"])


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (PAGE, "status 200, a web page"),
        (NOT_FOUND, "status 404, no data[].id"),
        (json_answer({"error": "busy"}, 503), "status 503, no data[].id"),
        (json_answer([]), "status 200, no data[].id"),
        (json_answer({"data": {"id": "m"}}), "status 200, no data[].id"),
        (answer(200, b"\xff\xfe"), "status 200, no data[].id"),
        (listing(), "status 200, no data[].id"),
        (listing(1, None, ""), "status 200, no data[].id"),
        (answer(301, b"", (("location", "https://elsewhere.example/v1/models"),)), "a redirect to https://elsewhere"),
    ],
)
def test_without_a_list_a_model_has_to_be_named(client: Client, said: bytes, problem: str) -> None:
    with raw(says(said)) as server:
        told = refusal(client, f"{server.origin}/v1")
        named = prepare(client, f"{server.origin}/v1", ["m"])
    assert told.startswith(f"{server.origin}/v1/models: no model can be read from the list")
    assert problem in told
    assert "--gateway-model" in told
    assert named.models["default"] == "m"


def test_models_that_write_no_text_are_not_chosen(client: Client) -> None:
    with raw(says(listing("text-embedding-3", "whisper-1", "tts-1", "dall-e-3"))) as server:
        assert "none answers with text" in refusal(client, f"{server.origin}/v1")


@pytest.mark.parametrize(
    ("ids", "models"),
    [
        (["m"], {"default": "m"}),
        (["text-embedding-3", "llama", "mistral"], {"default": "llama"}),
        (["gpt-4o-audio", "llama", "gpt-5", "claude-x"],
         {"default": "llama", "messages": "claude-x", "chat_completions": "gpt-5", "responses": "gpt-5"}),
        (["anthropic/opus", "OpenAI/GPT-5"],
         {"default": "anthropic/opus", "messages": "anthropic/opus", "chat_completions": "OpenAI/GPT-5",
          "responses": "OpenAI/GPT-5"}),
    ],
)  # fmt: skip
def test_the_likeliest_models_are_chosen(client: Client, ids: list[str], models: dict[str, str]) -> None:
    with raw(says(listing(*ids))) as server:
        assert prepare(client, f"{server.origin}/v1").models == models


@pytest.mark.parametrize(
    ("chosen", "named", "models"),
    [
        (["a"], {}, {"default": "a"}),
        (["messages=c"], {}, {"default": "llama", "messages": "c", "chat_completions": "gpt-5", "responses": "gpt-5"}),
        (["a", "messages=c"], {}, {"default": "a", "messages": "c"}),
        (["a", "b"], {}, {"default": "b"}),
        (["org/model=v2"], {}, {"default": "org/model=v2"}),
        ([], {"default": "p", "responses": "r"}, {"default": "p", "responses": "r"}),
        (["a"], {"default": "p", "responses": "r"}, {"default": "a", "responses": "r"}),
        (["responses=s"], {"default": "p", "responses": "r"}, {"default": "p", "responses": "s"}),
    ],
)
def test_named_models_win_the_option_over_the_profile(
    client: Client, chosen: list[str], named: dict[str, str], models: dict[str, str]
) -> None:
    with raw(says(listing("llama", "gpt-5", "claude-x"))) as server:
        assert prepare(client, f"{server.origin}/v1", chosen, Profile(models=named)).models == models


def test_a_model_for_one_family_serves_for_all_where_there_is_no_list(client: Client) -> None:
    with raw(says(NOT_FOUND)) as server:
        assert prepare(client, f"{server.origin}/v1", ["messages=c"]).models == {"default": "c", "messages": "c"}


def test_a_preferred_model_is_used_where_it_is_listed_and_the_user_named_none(client: Client) -> None:
    preferred = {"default": "mistral", "messages": "not-there", "responses": "llama"}
    with raw(says(listing("llama", "mistral", "claude-x")), says(listing("llama", "mistral", "claude-x"))) as server:
        url = f"{server.origin}/v1"
        found = preflight.prepare(url, Profile(), KEY, (), client, preferred).models
        named = preflight.prepare(url, Profile(models={"default": "a"}), KEY, (), client, preferred).models
    assert found == {"default": "mistral", "messages": "claude-x", "responses": "llama"}
    assert named == {"default": "a", "responses": "llama"}


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("mesages=c", "'mesages' is not an endpoint; known are "),
        ("messages=", "name is missing"),
        ("", "name is missing"),
        ("=c", "is not an endpoint"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_before_anything_is_sent(
    client: Client, option: str, words: str
) -> None:
    with raw(says(listing("m"))) as server:
        assert words in refusal(client, f"{server.origin}/v1", [option])
    assert server.requests == []


@pytest.mark.parametrize("other", [NOT_FOUND, PAGE, listing("other")])
def test_a_base_without_v1_gets_it_where_that_answers(client: Client, other: bytes) -> None:
    with raw(by_path(v1=listing("m"), plain=other)) as server:
        target = prepare(client, server.origin)
    assert target.base_url == f"{server.origin}/v1"
    assert target.models == {"default": "m"}
    assert len(target.notes) == 1
    assert f"{server.origin}/v1 answers and is used" in target.notes[0]


@pytest.mark.parametrize("other", [NOT_FOUND, PAGE, answer(405)])
def test_a_base_without_v1_is_used_as_it_is_where_only_that_answers(client: Client, other: bytes) -> None:
    with raw(by_path(v1=other, plain=listing("m"))) as server:
        target = prepare(client, server.origin)
    assert target.base_url == server.origin
    assert target.url("/v1/messages") == f"{server.origin}/messages"
    assert "paths are used without it" in target.notes[0]


def test_a_wrong_key_and_a_missing_v1_are_distinguished(client: Client) -> None:
    with raw(by_path(v1=json_answer({}, 401), plain=PAGE)) as server:
        assert f"{server.origin}/v1/models: the gateway answers 401" in refusal(client, server.origin, ["m"])


def test_a_bad_url_is_refused_before_anything_is_sent(client: Client) -> None:
    with raw(says(listing("m"))) as server:
        assert f"use {server.origin}/v1" in refusal(client, f"{server.origin}/v1/chat/completions")
    assert server.requests == []
