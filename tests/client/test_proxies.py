"""Requests through an HTTP proxy: to a gateway with and without TLS, and what a proxy does wrong."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send

from conformance.client import proxies
from conformance.client.http import Client
from conformance.client.pool import DEFAULT_TRUST, Trust
from conformance.client.proxies import DIRECT, Proxies
from conformance.core.model import Exchange, Headers
from conformance.core.yaml_input import InputError
from tests.support import http2_servers
from tests.support.http2_servers import Authority
from tests.support.http_proxy import http_proxy
from tests.support.posts import KEY, body, post
from tests.support.servers import answer, json_answer, raw, says, stalls, unused_port

PASSWORD = "proxy-pass-4711"
SECRET = f"user:{PASSWORD}"
JSON = (("content-type", "application/json"),)
ENVIRONMENT = {"http": "http://plain.example:1", "https": "secure.example:2"}


class TestWhichProxy:
    def test_without_a_proxy(self) -> None:
        assert (DIRECT.of("https://gateway.example"), bool(DIRECT)) == ("", False)

    def test_a_named_one_is_for_all_addresses(self) -> None:
        found = proxies.named("http://proxy.example:3128")
        assert found.of("http://a.example") == found.of("https://localhost") == "http://proxy.example:3128"

    def test_the_environment_has_one_for_each_scheme(self) -> None:
        found = proxies.of_environment(ENVIRONMENT)
        assert found.of("http://a.example/v1") == "http://plain.example:1"
        assert found.of("https://a.example/v1") == "http://secure.example:2"
        one = proxies.of_environment({"all": "http://all.example:3", "https": "http://secure.example:2"})
        assert (one.of("http://a.example"), one.of("https://a.example")) == (
            "http://all.example:3",
            "http://secure.example:2",
        )

    def test_the_variables_are_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ALL_PROXY", "NO_PROXY", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", "http://secure.example:2")
        found = proxies.of_environment()
        assert (found.of("https://a.example"), found.of("http://a.example")) == ("http://secure.example:2", "")

    @pytest.mark.parametrize(
        ("around", "url", "is_direct"),
        [
            ("a.example", "https://a.example/v1", True),
            ("a.example", "https://b.a.example/v1", True),
            ("a.example", "https://ba.example/v1", False),
            (".a.example", "https://b.a.example/v1", True),
            (".a.example", "https://a.example/v1", False),
            ("x, A.example:8080", "https://a.example:8080/v1", True),
            ("a.example:8080", "https://a.example/v1", False),
            ("a.example:443", "https://a.example/v1", True),
            ("127.0.0.1", "http://127.0.0.1:9000/v1", True),
            ("0.0.1", "http://127.0.0.1:9000/v1", False),
            ("::1", "http://[::1]:9000/v1", True),
            ("[::1]:9000", "http://[::1]:9000/v1", True),
            ("localhost", "http://localhost:1/v1", True),
            ("", "http://localhost:1/v1", False),
            ("x,*", "http://a.example/v1", True),
        ],
    )
    def test_some_hosts_are_reached_without_it(self, around: str, url: str, is_direct: bool) -> None:
        assert (proxies.of_environment({**ENVIRONMENT, "no": around}).of(url) == "") is is_direct

    @pytest.mark.parametrize("url", ["socks5://u:pass-4711@p.example:1", "p.example:3128", "http://", "http://p:x"])
    def test_another_url_is_refused_without_its_password(self, url: str) -> None:
        with pytest.raises(InputError, match=r"--gateway-proxy .*: not the URL of an HTTP proxy") as refused:
            proxies.named(url)
        assert "pass-4711" not in str(refused.value)

    def test_another_url_in_the_environment_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"ALL_PROXY socks5://p\.example:1: not the URL"):
            proxies.of_environment({"all": "socks5://p.example:1"})

    def test_the_password_is_a_secret(self) -> None:
        found = proxies.named("http://user:pass%2F4711@proxy.example:3128")
        assert {secret for _, secret in found.secrets()} == {"pass%2F4711", "pass/4711"}
        assert {secret for _, secret in proxies.named("http://token-4711@proxy.example").secrets()} == {"token-4711"}
        assert "4711" not in repr(found)
        assert not [*proxies.named("http://proxy.example:3128").secrets()]


def sent(
    url: str, through: Proxies, trust: Trust = DEFAULT_TRUST, leaves: str = "", seconds: float = 5, http2: bool = False
) -> Exchange:
    with Client(seconds, http2=http2, trust=trust, proxies=through) as client:
        return client.send("messages", replace(post(url), leaves_after=leaves), KEY)


@pytest.mark.socket
class TestWithoutTls:
    def test_a_request_is_sent_in_absolute_form(self) -> None:
        with raw(says(json_answer({"ok": 1}))) as server, http_proxy(SECRET) as proxy:
            exchange = sent(server.origin, proxies.named(proxy.url_of(SECRET)))
        assert (exchange.status, body(exchange)) == (200, b'{"ok": 1}')
        assert proxy.lines == [f"POST {post(server.origin).url} HTTP/1.1"]
        line, headers, _ = server.asked()
        assert line == "POST /v1/messages HTTP/1.1"
        assert not [name for name, _ in headers if name.startswith("proxy-")]

    def test_a_host_of_no_proxy_is_reached_directly(self) -> None:
        with raw(says(json_answer({}))) as server, http_proxy() as proxy:
            assert sent(server.origin, Proxies(proxy.url, proxy.url, "127.0.0.1")).status == 200
        assert proxy.lines == []

    @pytest.mark.parametrize("credentials", ["", "user:wrong-4711"])
    def test_a_wrong_password_is_not_the_gateway_s_refusal(self, credentials: str) -> None:
        with raw(says(json_answer({}))) as server, http_proxy(SECRET) as proxy:
            exchange = sent(server.origin, proxies.named(proxy.url_of(credentials) if credentials else proxy.url))
        assert (exchange.status, exchange.ended, server.requests) == (None, "unreachable", [])
        assert exchange.problem.startswith(f"the proxy {proxy.url} answers 407")

    def test_an_error_of_squid_is_not_the_gateway_s(self) -> None:
        denied = answer(403, b"<html>denied</html>", (("x-squid-error", "ERR_ACCESS_DENIED 0"),))
        with http_proxy(refusal=denied) as proxy:
            exchange = sent("http://gateway.example", proxies.named(proxy.url))
        assert (exchange.status, exchange.ended) == (None, "unreachable")

    @pytest.mark.parametrize(("headers", "ended"), [((), "unreachable"), (JSON, "complete")])
    def test_a_page_may_be_the_proxy_s_and_json_is_the_gateway_s(self, headers: Headers, ended: str) -> None:
        with raw(says(answer(503, b"{}", headers))) as server, http_proxy() as proxy:
            assert sent(server.origin, proxies.named(proxy.url)).ended == ended
            assert sent(server.origin, DIRECT).ended == "complete"

    def test_a_password_that_the_proxy_repeats_is_not_recorded(self) -> None:
        told = answer(500, f"wrong: {SECRET}".encode(), (("x-password", PASSWORD),))
        with http_proxy(refusal=told) as proxy:
            exchange = sent("http://gateway.example", proxies.named(proxy.url_of(SECRET)))
        assert exchange.status == 500
        assert PASSWORD not in f"{exchange}"
        assert body(exchange) == b"wrong: user:$GATEWAY_PROXY_PASSWORD"


@pytest.mark.socket
def test_a_request_that_cannot_be_sent_is_not_the_proxy_s_fault() -> None:
    with http_proxy() as proxy, Client(5, proxies=proxies.named(proxy.url)) as client:
        wrong = replace(post("http://gateway.example"), headers=(("x y", "1"),))
        exchange = client.send("messages", wrong, KEY)
    assert exchange.problem.startswith("LocalProtocolError")


@pytest.mark.socket
def test_a_proxy_that_is_down_is_named() -> None:
    port = unused_port()
    for url in ("http://gateway.example", "https://gateway.example"):
        exchange = sent(url, proxies.named(f"http://{SECRET}@127.0.0.1:{port}"))
        assert (exchange.status, exchange.ended) == (None, "unreachable")
        assert exchange.problem.startswith(f"the proxy http://127.0.0.1:{port} cannot be reached: ConnectError")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return http2_servers.authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def trust(authority: Authority) -> Trust:
    return Trust(str(authority.bundle))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 407 to a request with this body, as a gateway may, and else 200, after the whole request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"ok": 1}'})


@pytest.fixture(scope="module")
def encrypted(authority: Authority) -> Iterator[str]:
    with http2_servers.served(application, authority, "h2", "http/1.1") as url:
        yield url


@pytest.mark.socket
class TestTunnels:
    @pytest.mark.parametrize("http2", [False, True])
    def test_a_gateway_with_tls_is_reached_through_a_tunnel(self, encrypted: str, trust: Trust, http2: bool) -> None:
        with http_proxy(SECRET) as proxy:
            exchange = sent(encrypted, proxies.named(proxy.url_of(SECRET)), trust, http2=http2)
        assert (exchange.status, body(exchange)) == (200, b'{"ok": 1}'), exchange.problem
        assert exchange.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        assert proxy.lines == [f"CONNECT {encrypted.removeprefix('https://')} HTTP/1.1"]

    def test_the_proxy_may_have_tls_itself(self, encrypted: str, authority: Authority, trust: Trust) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        with raw(says(json_answer({}))) as server, http_proxy(tls=context) as proxy:
            assert sent(server.origin, proxies.named(proxy.url), trust).status == 200
            exchange = sent(server.origin, proxies.named(proxy.url))
        assert exchange.problem.startswith(f"the proxy {proxy.url} cannot be reached: ConnectError: [SSL: CERTIFICATE")

    @pytest.mark.parametrize("status", [403, 407, 502])
    def test_a_refused_tunnel_is_no_answer_of_the_gateway(self, encrypted: str, trust: Trust, status: int) -> None:
        with http_proxy(refusal=answer(status, PASSWORD.encode())) as proxy:
            exchange = sent(encrypted, proxies.named(proxy.url_of(SECRET)), trust)
        assert (exchange.status, exchange.ended) == (None, "unreachable")
        assert exchange.problem.startswith(f"the proxy {proxy.url} answers {status}")
        assert PASSWORD not in f"{exchange}"

    @pytest.mark.parametrize("refusal", [b"SSH-2.0-OpenSSH\r\n", b""])
    def test_a_server_that_is_not_a_proxy_is_named(self, trust: Trust, refusal: bytes) -> None:
        with raw(says(refusal)) as server:
            exchange = sent("https://gateway.example", proxies.named(server.origin), trust)
        assert exchange.ended == "unreachable"
        assert exchange.problem.startswith(f"the proxy {server.origin} does not pass requests on: ")

    def test_a_proxy_that_never_answers_is_named(self, trust: Trust) -> None:
        start = time.monotonic()
        with raw(stalls()) as server:
            exchange = sent("https://gateway.example", proxies.named(server.origin), trust, seconds=0.5)
        assert (exchange.ended, exchange.status) == ("unreachable", None)
        assert exchange.problem == f"the proxy {server.origin} does not pass requests on: no end within 0.5 s"
        assert time.monotonic() - start < 5

    def test_a_certificate_behind_the_proxy_is_the_gateway_s(self, encrypted: str) -> None:
        with http_proxy() as proxy:
            exchange = sent(encrypted, proxies.named(proxy.url))
        assert exchange.ended == "unreachable"
        assert "CERTIFICATE_VERIFY_FAILED" in exchange.problem
        assert exchange.problem.endswith(f", through the proxy {proxy.url}")

    def test_a_client_that_leaves_has_sent_its_request_to_the_gateway(self, encrypted: str, trust: Trust) -> None:
        """The request that opens the tunnel is not the one after which the client leaves."""
        with http_proxy() as proxy:
            exchange = sent(encrypted, proxies.named(proxy.url), trust, leaves="request")
        assert (exchange.ended, len(proxy.lines)) == ("left", 1)
