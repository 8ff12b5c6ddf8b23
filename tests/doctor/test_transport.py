"""Gateways that do not answer, answer something else, or only sometimes: the cause, and what is not sent."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.client import proxies
from conformance.client.pool import DEFAULT_TRUST, Trust
from conformance.client.proxies import DIRECT, Proxies
from conformance.doctor import intake, read
from conformance.doctor.diagnosis import Diagnosis
from conformance.doctor.intake import Options
from conformance.reference.serving import serve
from conformance.run import doctor
from tests.doctor import tickets
from tests.support import http2_servers, shell_commands
from tests.support.http_proxy import http_proxy
from tests.support.servers import Said, Script, answer, json_answer, raw, says, stalls, unused_port
from tests.support.stand_ins import KEYS, app

pytestmark = pytest.mark.socket

KEY = KEYS["good"]
PAGE = answer(200, b"<!doctype html><title>Login</title>", (("content-type", "text/html"),))
GATEWAY = tickets.gateways()["openai"]
CHAT = {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant"}}]}
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})


def diagnosed(
    url: str,
    text: str = BODY,
    key: str = KEY,
    seconds: float = 6.0,
    trust: Trust = DEFAULT_TRUST,
    through: Proxies = DIRECT,
) -> Diagnosis:
    case = intake.case(read.read(text), Options(url, "", None, "", key))
    return doctor.diagnose(case, trust, through, seconds=seconds)


def by_method(get: bytes, *posts: bytes) -> Script:
    """Answers GET with `get`, and each POST with the next of `posts`; the last one answers all further ones."""
    left = list(posts)

    def script(connection: Any, said: Said) -> None:
        is_get = said.requests[-1].startswith(b"GET ")
        connection.sendall(get if is_get else left.pop(0) if len(left) > 1 else left[0])

    return script


LIST = json_answer({"object": "list", "data": [{"id": "gpt-4o"}]})


def test_nothing_listens() -> None:
    assert diagnosed(f"http://127.0.0.1:{unused_port()}/v1").cause == "unreachable"


def test_an_unknown_host() -> None:
    assert diagnosed("http://no-such-host.invalid/v1").cause == "dns"


def test_a_server_that_never_answers() -> None:
    with raw(stalls()) as server:
        assert diagnosed(f"{server.origin}/v1", seconds=1.5).cause == "timeout"


def test_a_server_that_closes_every_connection() -> None:
    """It does not read first, so that a TLS handshake ends at once as well."""

    class Closing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            """Returns at once, after which the server closes the connection."""

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Closing) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            assert diagnosed(f"http://127.0.0.1:{server.server_address[1]}/v1").cause == "unreachable"
        finally:
            server.shutdown()
            thread.join()


def test_only_this_request_takes_too_long() -> None:
    def script(connection: Any, said: Said) -> None:
        if b"Reply with exactly" in said.requests[-1]:
            connection.sendall(json_answer(CHAT))
        else:
            said.ended.wait()

    with raw(script) as server:
        assert diagnosed(f"{server.origin}/v1", seconds=2.0).cause == "slow"


def test_one_error_that_passes() -> None:
    with raw(by_method(LIST, answer(502, b"bad gateway"), json_answer(CHAT))) as server:
        found = diagnosed(f"{server.origin}/v1")
    assert found.cause == "outage"
    assert "answered the same request the second time" in found.sentence


def test_a_proxy_with_nothing_behind_it() -> None:
    with raw(says(answer(503, b"<html>503</html>", (("content-type", "text/html"),)))) as server:
        assert diagnosed(f"{server.origin}/v1").cause == "outage"


def test_a_website() -> None:
    with raw(says(PAGE)) as server:
        found = diagnosed(f"{server.origin}/v1")
    assert found.cause == "base-url"
    assert "a web page" in found.sentence


def test_a_redirect_to_the_right_path_is_followed() -> None:
    def script(connection: Any, said: Said) -> None:
        line = said.requests[-1].split(b"\r\n")[0]
        if b" /llm/v1/models " in line:
            connection.sendall(LIST)
        elif b" /llm/v1/chat/completions " in line:
            connection.sendall(json_answer(CHAT))
        else:
            connection.sendall(answer(301, b"", (("location", "/llm/v1/chat/completions"),)))

    with raw(script) as server:
        found = diagnosed(f"{server.origin}/v1")
    assert (found.cause, found.is_proven) == ("base-url", True)
    assert f"{server.origin}/llm/v1/chat/completions" in found.sentence


def test_the_key_does_not_follow_a_redirect_to_another_host() -> None:
    with (
        raw(says(json_answer({}))) as other,
        raw(
            says(
                answer(
                    308, b"", (("location", f"{other.origin.replace('127.0.0.1', 'localhost')}/v1/chat/completions"),)
                )
            )
        ) as server,
    ):
        found = diagnosed(f"{server.origin}/v1")
    assert found.cause == "base-url"
    assert "localhost" in found.sentence
    assert not other.requests


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> http2_servers.Authority:
    return http2_servers.authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def encrypted(authority: http2_servers.Authority) -> Iterator[str]:
    with http2_servers.served(app(GATEWAY), authority, "http/1.1") as url:
        yield url


def test_a_certificate_of_an_unknown_authority(encrypted: str, authority: http2_servers.Authority) -> None:
    assert diagnosed(f"{encrypted}/v1").cause == "tls"
    assert diagnosed(f"{encrypted}/v1", trust=Trust(str(authority.bundle))).is_healthy


def test_http_to_a_server_that_speaks_https(encrypted: str, authority: http2_servers.Authority) -> None:
    found = diagnosed(f"{encrypted.replace('https:', 'http:')}/v1", trust=Trust(str(authority.bundle)))
    assert (found.cause, found.is_proven) == ("base-url", True)


def test_a_proxy_is_used_and_named(encrypted: str, authority: http2_servers.Authority) -> None:
    trust = Trust(str(authority.bundle))
    with http_proxy("user:proxy-pass-4711") as proxy:
        through = proxies.named(proxy.url_of("user:proxy-pass-4711"))
        assert diagnosed(f"{encrypted}/v1", trust=trust, through=through).is_healthy
        refused = diagnosed(f"{encrypted}/v1", trust=trust, through=proxies.named(proxy.url_of("user:wrong-4711")))
    down = diagnosed(f"{encrypted}/v1", through=proxies.named(f"http://user:wrong-4711@127.0.0.1:{unused_port()}"))
    assert (refused.cause, down.cause) == ("proxy", "proxy")
    assert f"the proxy {proxy.url} answers 407" in refused.sentence
    assert "wrong-4711" not in f"{refused}{down}"


def test_a_key_that_an_answer_repeats_is_not_in_the_diagnosis() -> None:
    echo = json_answer({"error": {"message": f"the key {KEY} is wrong", "code": "invalid_api_key"}}, 401)
    with raw(says(echo)) as server:
        found = diagnosed(f"{server.origin}/v1")
    assert found.cause == "wrong-key"
    assert KEY not in f"{found}"


def test_a_pasted_key_is_used_without_one_in_the_environment_and_hidden() -> None:
    with serve(app(GATEWAY)) as url:
        headers = [("Authorization", f"Bearer {KEY}"), ("content-type", "application/json")]
        text = shell_commands.command("bash-single", "POST", f"{url}/chat/completions", headers, BODY)
        found = diagnosed("", text, key="")
    assert (found.cause, found.is_proven) == ("base-url", True)
    assert KEY not in f"{found}"


def test_no_more_than_ten_requests_and_no_more_than_the_time() -> None:
    """A gateway that refuses everything with its own words."""
    refusal = json_answer({"error": {"message": "temperature top_p n seed user stop: no"}}, 400)
    body = json.dumps({**json.loads(BODY), "temperature": 1, "top_p": 1, "n": 1, "seed": 1, "user": "u", "stop": "x"})
    with raw(by_method(LIST, refusal)) as server:
        found = diagnosed(f"{server.origin}/v1", body)
    assert found.cause == "body"
    assert len(found.sent) == len(server.requests) <= 10
