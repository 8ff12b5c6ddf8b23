"""A hostile gateway, with every mistake that is possible on a socket: each case ends in time, and the run continues."""

from __future__ import annotations

import itertools
import json
import re
import resource
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from conformance.analysis import problems, rejudge
from conformance.client import http
from conformance.client.http import MAX_BYTES as USUAL_BYTES
from conformance.client.http import Client
from conformance.client.pool import Trust
from conformance.core.model import Case, Exchange, Request, Step, Verdict
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.records import run_document
from conformance.records.run_file import read_run
from conformance.records.run_format import GatewayFacts
from conformance.report import annotations, files, text
from conformance.report import markdown as markdown_report
from conformance.target.profile import Profile
from tests.support import suite
from tests.support.hostile import ACTING, HOSTILE, JSON_HEAD, Hostile, body, error, pack_bombs
from tests.support.servers import PATIENCE, Said, Script, answer, raw, resets, says, stalls

KEY = "sk-hostile-test-4711"
TIMEOUT = 1.0
"""Seconds for an answer that does not end."""
PATIENT = 60.0
"""Seconds for an answer that ends, on a busy machine."""
ENDLESS_BYTES, MAX_BYTES = 128 * 1024, 2 * 1024 * 1024
"""The limits of bodies that do not end, and of others."""
SLOWEST = {ENDLESS_BYTES: 4.0, MAX_BYTES: 20.0, USUAL_BYTES: 20.0}
"""Seconds of CPU for the exchange and its verdict, by the limit of the body."""
LATE = 10.0
"""Seconds by which an exchange may exceed its time limit on a busy machine."""
MAX_MEMORY = 1024 * 1024
"""Kilobytes by which the peak memory of the process may grow over all behaviours."""
ACTS = "\x1b\x07\x9b\r\x08\u202e\u2066"
"""Characters that act in terminals, or change the direction of a text."""
GATEWAY: GatewayFacts = {"base_url": "x", "name": "", "models": {}, "notes": []}


class Suite:
    """The suite's client and its judge in this process: each behaviour is sent and judged once."""

    def __init__(self, clients: Mapping[int, Client]) -> None:
        self._clients = clients
        self._verdicts: dict[str, Verdict] = {}

    def verdict(self, name: str) -> Verdict:
        """The verdict on a behaviour, after checks of the limits of time, size and memory."""
        if name not in self._verdicts:
            self._verdicts[name] = self._judge(name, HOSTILE[name])
        return self._verdicts[name]

    def _judge(self, name: str, hostile: Hostile) -> Verdict:
        most = USUAL_BYTES if hostile.usual else ENDLESS_BYTES if hostile.ended == "too_large" else MAX_BYTES
        client = self._clients[most]
        seconds = TIMEOUT if hostile.ended == "timeout" else PATIENT
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        with raw(hostile.script) as server:
            asked = request(server.origin, hostile.stream)
            exchange = client.submit(client.exchange("chat_completions", asked, KEY, seconds)).result()
            assert len(server.requests) == hostile.requests
        verdict = judged(exchange, name)
        assert time.process_time() - start < SLOWEST[most]
        assert exchange.seconds < seconds + LATE
        assert sum(len(part.data) for part in exchange.chunks) <= most
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_MEMORY
        return verdict


@pytest.fixture(scope="module")
def hostile_suite() -> Iterator[Suite]:
    pack_bombs()
    with ExitStack() as stack:
        yield Suite({most: stack.enter_context(Client(TIMEOUT, most)) for most in SLOWEST})


def case(name: str = "one") -> Case:
    name = re.sub("[^a-z0-9]+", "-", name.lower())
    step = Step({"body": {}}, {"outcome": "success"})
    return Case(
        f"chat_completions/hostile/{name}", "A title", "chat_completions", "hostile", "chat_completions", "must",
        "https://example.invalid", (), (step,), "hostile.yaml", 1,
    )  # fmt: skip


def request(origin: str, stream: bool = False) -> Request:
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **({"stream": True} if stream else {})}
    headers = (("content-type", "application/json"),)
    return Request("POST", f"{origin}/v1/chat/completions", headers, json.dumps(asked).encode(), ("bearer",))


def judged(exchange: Exchange, name: str = "one") -> Verdict:
    return judge_exchanges(case(name), [exchange], Profile(), ASSUMED)


@pytest.mark.socket
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str, hostile_suite: Suite) -> None:
    hostile, verdict = HOSTILE[name], hostile_suite.verdict(name)
    [exchange] = verdict.exchanges
    assert (exchange.ended, exchange.status) == (hostile.ended, hostile.status), exchange.problem
    assert (verdict.outcome, bool(verdict.reason)) == (hostile.outcome, hostile.outcome == "unverified"), verdict
    assert hostile.rule in {"", *(finding.rule for finding in verdict.findings)}


@pytest.mark.socket
def test_reports_of_all_behaviours_are_inert_and_reproduce_the_verdicts(hostile_suite: Suite, tmp_path: Path) -> None:
    assert_reported([hostile_suite.verdict(name) for name in HOSTILE], tmp_path)


def assert_reported(verdicts: Sequence[Verdict], folder: Path) -> None:
    """Checks that all reports can be written, that `verify` agrees, and that no browser or terminal executes a text."""
    entries = [run_document.verdict(verdict) for verdict in verdicts]
    document = run_document.document(GATEWAY, "2026-01-01T00:00:00+00:00", 1.0, entries)
    files.write_run(folder / "run.json", document)
    document = read_run(folder / "run.json")
    verified = rejudge.verify(document, [verdict.case for verdict in verdicts], Profile())
    assert (verified.same, verified.differences) == (len(verdicts), ())
    shown = [text.verdict(verdict) for verdict in verdicts] + [text.reason(verdict) for verdict in verdicts]
    assert not any(line.startswith("::") for words in shown for line in words.splitlines())
    for words in (*shown, *annotations.lines(document), markdown_report.run(problems.with_problems(document))):
        words.encode()
        assert not any(sign in words for sign in ACTS)


def test_at_least_a_hundred() -> None:
    assert len(HOSTILE) >= 100


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.socket
class TestCertificates:
    """TLS with invalid certificates, with a trusted authority, and without verification."""

    @staticmethod
    def send(certificate: trustme.LeafCert, trust: Trust) -> Exchange:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)

        def greet(connection: socket.socket, _said: Said) -> None:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(answer(200, b"{}"))

        with encrypted(greet) as origin, Client(10, trust=trust) as running:
            return running.send("models", Request("GET", f"{origin}/v1/models"), KEY)

    @pytest.mark.parametrize(
        ("name", "days", "trusted", "problem"),
        [
            ("127.0.0.1", 30, False, "CERTIFICATE_VERIFY_FAILED"),
            ("other.example", 30, True, "mismatch"),
            ("127.0.0.1", -30, True, "expired"),
        ],
    )
    def test_a_wrong_certificate_makes_the_gateway_unreachable(
        self, authority: trustme.CA, tmp_path: Path, name: str, days: int, trusted: bool, problem: str
    ) -> None:
        certificate = authority.issue_cert(name, not_after=datetime.now(UTC) + timedelta(days=days))
        bundle = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(bundle))
        exchange = self.send(certificate, Trust(str(bundle) if trusted else ""))
        assert (exchange.ended, exchange.status) == ("unreachable", None)
        assert problem in exchange.problem
        assert self.send(certificate, Trust(insecure=True)).status == 200

    def test_an_authority_may_be_named(self, authority: trustme.CA, tmp_path: Path) -> None:
        bundle = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(bundle))
        assert self.send(authority.issue_cert("127.0.0.1"), Trust(str(bundle))).status == 200


@contextmanager
def encrypted(script: Script) -> Iterator[str]:
    """A server whose script speaks TLS from the first byte."""
    said = Said("")
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(_serve_once, listener, script, said)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


def _serve_once(listener: socket.socket, script: Script, said: Said) -> None:
    listener.settimeout(PATIENCE)
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.settimeout(PATIENCE)
        script(connection, said)


@pytest.mark.socket
@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + bytes(500)])
def test_a_handshake_without_end_is_no_connection(hello: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing, and one that sends its hello byte by byte."""
    monkeypatch.setattr(http, "_CONNECT_TIMEOUT", {"timeout": {"connect": 0.5}})

    def drips(connection: socket.socket, said: Said) -> None:
        for byte in hello:
            connection.sendall(bytes([byte]))
            said.ended.wait(0.05)
        said.ended.wait(2)

    with encrypted(drips) as origin, Client(TIMEOUT, trust=Trust(insecure=True)) as running:
        exchange = running.send("models", Request("GET", f"{origin}/v1/models"), KEY)
        assert (exchange.ended, exchange.status) in {("unreachable", None), ("timeout", None)}
        assert exchange.seconds < TIMEOUT + LATE


RUNS = {
    "closes inside the body": says(JSON_HEAD, b"content-length: 10\r\n\r\n{"),
    "resets inside the body": resets(JSON_HEAD, b"content-length: 10\r\n\r\n{"),
    "an error that acts": error(ACTING),
    "nested too deep": body(b"[" * 100_000 + b"]" * 100_000),
    "never answers": stalls(),
    "half a character": body(b'{"type":"error","error":{"message":"\\udfff","type":"\\ud800"}}', 400),
}


def in_turn(scripts: Iterable[Script]) -> Script:
    turns = itertools.cycle(scripts)
    return lambda connection, said: next(turns)(connection, said)


@pytest.mark.e2e
@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_a_run_goes_on(workers: list[str], tmp_path: Path) -> None:
    """The cases get each of the answers, in turn."""
    assert assert_a_run_goes_on(in_turn(RUNS.values()), 2 * len(RUNS), tmp_path, *workers) > len(RUNS)


def assert_a_run_goes_on(script: Script, count: int, tmp_path: Path, *options: str) -> int:
    """Runs `count` cases with these answers, and returns the number of requests."""
    folder = suite.library(tmp_path / "cases", *(suite.case(f"case-{number}") for number in range(count)))
    with raw(body(b'{"data": [{"id": "m"}]}'), script) as server:
        result = suite.run(
            f"--gateway-url={server.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path / 'r'}", "--timeout=1",
            "--max-body=1000000", "--retries=0", f"--junitxml={tmp_path / 'junit.xml'}",
            f"--alluredir={tmp_path / 'allure'}", "-vv", "--log-level=DEBUG", "-o", "log_cli=true", *options,
        )  # fmt: skip
    said = result.stdout + result.stderr
    assert result.returncode == 1, said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    assert not any(sign in said for sign in "\x1b\x07\x9b\u202e")
    verdicts: Any = suite.report(tmp_path / "r")["verdicts"]
    assert len(verdicts) == count
    assert {entry["outcome"] for entry in verdicts} <= {"failed", "unverified"}
    assert_allure_shows_text(tmp_path / "allure", count)
    return len(server.requests)


@pytest.mark.e2e
@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_with_lone_surrogates_ends_with_a_report(workers: int, tmp_path: Path) -> None:
    """A lone surrogate as a member name, as an id in the next request, and as a model name."""
    steps = (
        "      - request: {body: {model: $model, input: hello}}\n        expect: {outcome: success}\n"
        "        keep: {first: /id}\n"
        "      - request: {method: GET, path: /v1/responses/$first, headers: {x-of: $first}}\n"
        "        expect: {outcome: success}\n"
    )
    case = "  - id: one\n    title: A request to the gateway gets its answer\n    steps:\n"
    (tmp_path / "cases").mkdir()
    head = suite.HEAD.replace("messages", "responses", 1)
    (tmp_path / "cases" / "probe.yaml").write_text(head + case + steps, "utf-8")
    listed = body(b'{"data": [{"id": "m\\ud800"}, {"id": "m-2"}]}')
    with raw(listed, body(b'{"id": "resp_\\ud800", "metadata": {"\\udfff": 1}}')) as server:
        result = suite.run(
            f"--gateway-url={server.origin}/v1", f"--cases={tmp_path / 'cases'}", f"--report-dir={tmp_path / 'r'}",
            "--timeout=1", "--retries=0", f"--alluredir={tmp_path / 'allure'}", *(["-n1"] if workers else []),
        )  # fmt: skip
    said = result.stdout + result.stderr
    assert result.returncode == 1, said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    document: Any = suite.report(tmp_path / "r")
    assert document["gateway"]["models"] == {"default": "m-2"}
    [verdict] = document["verdicts"]
    assert "/metadata/\\udfff" in {finding["where"].get("pointer") for finding in verdict["findings"]}
    assert verdict["exchanges"][1]["request"]["url"].endswith("/responses/resp_\\ud800")


def assert_allure_shows_text(folder: Path, count: int) -> None:
    """Allure shows what is marked as HTML; all other texts must not contain terminal control characters."""
    results = [json.loads(path.read_text("utf-8")) for path in folder.glob("*-result.json")]
    assert len(results) == count
    for result in results:
        assert result["status"] in ("failed", "broken")
        assert "descriptionHtml" not in result
        told = "".join(result["statusDetails"].values())
        assert not any(sign in told for sign in "\x1b\x07\x9b\r\x08\u202e\u2066")


@pytest.mark.socket
def test_the_options_about_the_connection(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing", "utf-8")
    (tmp_path / "file").write_text("", "utf-8")
    wrong = {
        "--timeout=0": "give seconds",
        "--max-body=0": "give 1 or more",
        f"--ca-bundle={tmp_path / 'nowhere.pem'}": "no certificate can be read",
        f"--ca-bundle={tmp_path / 'no.pem'}": "no certificate can be read",
        f"--report-dir={tmp_path / 'file'}": "is a file; give a folder",
        f"--report-dir={tmp_path / 'file' / 'below'}": "is a file; give a folder",
    }
    for option, words in wrong.items():
        with raw(says()) as server:
            result = suite.run(f"--gateway-url={server.origin}/v1", option)
            assert server.requests == []
        said = [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("ERROR: ")]
        assert result.returncode == 4
        assert len(said) == 1
        assert words in said[0]


@pytest.mark.socket
def test_an_insecure_run_says_so(tmp_path: Path) -> None:
    folder = suite.library(tmp_path / "cases", suite.case("one"))
    result = suite.run("--insecure", f"--report-dir={tmp_path}", f"--cases={folder}")
    gateway: Any = suite.report(tmp_path)["gateway"]
    assert any("--gateway-insecure" in note for note in gateway["notes"])
    assert "--gateway-insecure" in result.stdout
