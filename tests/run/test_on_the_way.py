"""Runs through a proxy and with a client certificate: side by side with a direct run, and without their secrets."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from conformance.reference import DEFAULT_KEY, reference_gateway, running_provider
from conformance.reference.gateway import create_app
from tests.support import suite
from tests.support.http2_servers import Authority, served
from tests.support.http_proxy import http_proxy
from tests.support.paths import ROOT
from tests.support.servers import answer, json_answer, raw, says, unused_port

pytestmark = pytest.mark.socket

PASSWORD = "proxy-pass-4711"
SECRET = f"user:{PASSWORD}"
PROFILE = ROOT / "conformance" / "reference" / "profile.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a server and of a client, with certificates of one authority."""
    made = tmp_path_factory.mktemp("tls")
    root = trustme.CA()
    root.cert_pem.write_to_path(str(made / "ca.pem"))
    root.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(made / "server.pem"))
    root.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(str(made / "client.pem"))
    return made


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The reference gateway behind a server that demands a certificate of the authority."""
    trusted = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.pem")
    with running_provider() as (upstream, upstream_key, models):
        app = create_app(upstream=upstream, upstream_key=upstream_key, key=DEFAULT_KEY, models=models)
        with served(app, trusted, "http/1.1", clients=True) as origin:
            yield f"{origin}/v1"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three cases, as an option."""
    cases = (suite.case("one"), suite.case("two"), suite.case("three", marks="streaming"))
    return f"--gateway-cases={suite.library(tmp_path_factory.mktemp('few') / 'cases', *cases)}"


def run(url: str, folder: Path, report: Path, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
    own = (
        f"--gateway-record={report / 'all.har'}", f"--gateway-report-dir={report}", "--log-level=DEBUG",
        f"--junitxml={report / 'junit.xml'}", f"--alluredir={report / 'allure'}",
    )  # fmt: skip
    certificates = (f"--gateway-ca-bundle={folder / 'ca.pem'}", f"--gateway-client-cert={folder / 'client.pem'}")
    return suite.run(
        f"--gateway-url={url}",
        f"--gateway-profile={PROFILE}",
        "-olog_cli=true",
        *own,
        *certificates,
        *more,
        **variables,
    )


def test_a_run_through_a_proxy_with_a_client_certificate_is_the_same_run(
    url: str, folder: Path, few: str, tmp_path: Path
) -> None:
    direct = run(url, folder, tmp_path / "direct", few)
    with http_proxy(SECRET) as proxy:
        through = run(url, folder, tmp_path / "through", few, f"--gateway-proxy={proxy.url_of(SECRET)}")
        variable = {"HTTPS_PROXY": proxy.url_of(SECRET), "https_proxy": proxy.url_of(SECRET), "no_proxy": ""}
        tunnels = len(proxy.lines)
        by_environment = run(url, folder, tmp_path / "environment", few, "--gateway-trust-env", **variable)
        assert len(proxy.lines) > tunnels
    assert {line.split()[0] for line in proxy.lines} == {"CONNECT"}
    runs = [direct, through, by_environment]
    assert [one.returncode for one in runs] == [0, 0, 0], [one.stdout + one.stderr for one in runs]
    documents: list[Any] = [suite.report(tmp_path / name) for name in ("direct", "through", "environment")]
    verdicts = [[(entry["id"], entry["outcome"]) for entry in one["verdicts"]] for one in documents]
    assert verdicts[0]
    assert verdicts[1] == verdicts[2] == verdicts[0]
    assert documents[1]["options"]["--gateway-proxy"] == proxy.url
    assert documents[1]["gateway"]["notes"] == [f"{url} is reached through the proxy {proxy.url}"]
    assert documents[2]["options"]["--gateway-trust-env"] is True
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in one for one in written)
    assert not any(PASSWORD in one.stdout + one.stderr for one in runs)


def said(result: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which a run is refused."""
    [line] = [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("ERROR: ")]
    assert result.returncode == 4
    assert "wrong-4711" not in result.stdout + result.stderr
    return line


def test_a_proxy_that_does_not_pass_on_ends_the_run(few: str, tmp_path: Path) -> None:
    more = (f"--gateway-report-dir={tmp_path}", "--gateway-retries=0", few)
    with raw(says(json_answer({}))) as server, http_proxy(SECRET) as proxy:
        for gateway in (f"{server.origin}/v1", "https://gateway.example/v1"):
            wrong = suite.run(f"--gateway-url={gateway}", f"--gateway-proxy={proxy.url_of('user:wrong-4711')}", *more)
            assert f"{gateway}: the proxy {proxy.url} answers 407 " in said(wrong)
    assert server.requests == []
    down = f"127.0.0.1:{unused_port()}"
    lost = suite.run(
        "--gateway-url=https://gateway.example/v1", f"--gateway-proxy=http://user:wrong-4711@{down}", *more
    )
    assert f"the proxy http://{down} cannot be reached" in said(lost)
    assert said(lost).endswith("; check the proxy's address, user and password")


def test_a_gateway_without_tls_gets_a_note(few: str, tmp_path: Path) -> None:
    with reference_gateway() as running, http_proxy() as proxy:
        more = (f"--gateway-proxy={proxy.url}", f"--gateway-report-dir={tmp_path}", few)
        result = suite.run(f"--gateway-url={running.base_url}", *more)
    assert result.returncode == 0, result.stdout
    assert {line.split()[1].rpartition("/")[2] for line in proxy.lines} == {"models", "messages"}
    document: Any = suite.report(tmp_path)
    assert "can change and delay answers" in json.dumps(document["gateway"]["notes"])


@pytest.mark.parametrize("status", [407, 502])
def test_a_proxy_that_fails_during_the_run_fails_no_case(status: int, few: str, tmp_path: Path) -> None:
    with reference_gateway() as running, http_proxy(refusal=answer(status, b"no"), after=1) as proxy:
        more = (f"--gateway-proxy={proxy.url}", f"--gateway-report-dir={tmp_path}", "--gateway-retries=1", few)
        result = suite.run(f"--gateway-url={running.base_url}", *more)
    assert result.returncode == 1, result.stdout
    document: Any = suite.report(tmp_path)
    assert document["summary"] == {"unverified": 3}, result.stdout


def test_options_that_cannot_be_used_are_one_sentence(folder: Path, few: str) -> None:
    key = f"--gateway-client-key={folder / 'client.pem'}"
    wrong = {
        ("--gateway-proxy=socks5://user:wrong-4711@p.example:1",): "not the URL of an HTTP proxy",
        (f"--gateway-client-cert={folder / 'ca.pem'}",): "the file holds no private key",
        (f"--gateway-client-cert={folder / 'ca.pem'}", key): "does not belong to the certificate",
        (key,): "the key has no certificate; give --gateway-client-cert, too",
    }
    with raw(says()) as server:
        for options, words in wrong.items():
            assert words in said(suite.run(f"--gateway-url={server.origin}/v1", few, *options))
    assert server.requests == []
    assert "is for a gateway of your own" in said(suite.run("--gateway-proxy=http://127.0.0.1:1", few))


def test_a_gateway_that_wants_a_certificate_is_told_in_one_sentence(url: str, folder: Path, few: str) -> None:
    refused = said(
        suite.run(few, f"--gateway-url={url}", f"--gateway-ca-bundle={folder / 'ca.pem'}", "--gateway-retries=0")
    )
    assert "--gateway-client-cert" in refused
