"""Runs the suite as users do, in a separate process, against real servers."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.core.options import OPTIONS
from conformance.reference import DEFAULT_KEY, reference_gateway
from tests.support import suite
from tests.support.paths import ROOT

FEW = "conformance/test_gateway.py"
MODELS = suite.own_cases("models")


def run(*arguments: str, key: str | None = DEFAULT_KEY) -> subprocess.CompletedProcess[str]:
    """`pytest` as a user types it, with the key in the environment or without one."""
    return suite.run(*arguments, GATEWAY_API_KEY=key)


def report(folder: Path) -> dict[str, object]:
    document = suite.report(folder)
    for form in (document, json.loads((folder / "run.json").read_text("utf-8"))):
        Draft202012Validator(data_files.schema("report.schema.json")).validate(form)
    return document


def outcomes(folder: Path) -> dict[str, str]:
    return {entry["id"]: entry["outcome"] for entry in report(folder)["verdicts"]}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def gateway_url() -> Iterator[str]:
    previous = os.environ.pop("GATEWAY_API_KEY", None)
    try:
        with reference_gateway() as running:
            yield running.base_url
    finally:
        if previous is not None:
            os.environ["GATEWAY_API_KEY"] = previous


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """A server that answers every connection with the same bytes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


def said_once(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """Checks for one sentence with these words, exit code 4, and no traceback."""
    output = result.stdout + result.stderr
    assert result.returncode == 4, output
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    said = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    assert len(said) == 1, output
    for word in words:
        assert word in said[0]


@pytest.mark.socket
def test_judges_the_reference_gateway_without_any_option(tmp_path: Path) -> None:
    result = run(f"--report-dir={tmp_path}", "-k", "chat_completions/text and not long", key=None)
    assert result.returncode == 0, result.stdout
    assert set(outcomes(tmp_path).values()) == {"passed"}
    assert str(tmp_path / "run.json") in result.stdout


@pytest.mark.socket
def test_selects_by_keyword_and_by_marker(gateway_url: str, tmp_path: Path) -> None:
    few = suite.part(tmp_path / "cases", "mismatch/responses-body.yaml", "messages/text.yaml")
    own = f"--gateway-cases={few}"
    run(f"--gateway-url={gateway_url}", f"--report-dir={tmp_path}", own, "-k", "mismatch and responses-body")
    assert outcomes(tmp_path)
    assert all(name.startswith("mismatch/responses-body/") for name in outcomes(tmp_path))
    listed = run("--collect-only", "-q", own, "-m", "streaming", "-k", "text").stdout
    assert "stream=true" in listed
    assert "stream=false" not in listed


def test_collect_only_sends_nothing(tmp_path: Path) -> None:
    texts = f"--gateway-cases={suite.part(tmp_path, 'messages/text.yaml')}"
    result = run("--collect-only", "-q", "--gateway-url=http://127.0.0.1:9/v1", texts, "-k", "messages/text", key=None)
    assert result.returncode == 0, result.stdout
    assert "messages/" in result.stdout


@pytest.mark.e2e
def test_workers_share_one_reference_gateway(tmp_path: Path) -> None:
    folder = suite.library(tmp_path / "cases", *(suite.case(f"case-{number}") for number in range(4)))
    result = run(f"--report-dir={tmp_path}", "-n", "2", f"--gateway-cases={folder}", key=None)
    assert result.returncode == 0, result.stdout
    urls = {
        "/".join(exchange["request"]["url"].split("/")[:3])
        for entry in report(tmp_path)["verdicts"]  # type: ignore[attr-defined]
        for exchange in entry["exchanges"]
    }
    assert len(urls) == 1


@pytest.mark.socket
def test_writes_junit_and_allure(gateway_url: str, tmp_path: Path) -> None:
    result = run(
        f"--gateway-url={gateway_url}", f"--report-dir={tmp_path / 'r'}", f"--junitxml={tmp_path / 'junit.xml'}",
        f"--alluredir={tmp_path / 'allure'}", MODELS,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    assert "test_gateway[models/" in (tmp_path / "junit.xml").read_text("utf-8")
    results = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "allure").glob("*-result.json")]
    statuses = {"passed": "passed", "not_applicable": "skipped"}
    expected = {name: statuses[outcome] for name, outcome in outcomes(tmp_path / "r").items()}
    assert {entry["fullName"]: entry["status"] for entry in results} == expected


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("gateway.example/v1", "https://gateway.example/v1"),
        ("http://127.0.0.1:1/v1/chat/completions", "http://127.0.0.1:1/v1"),
        ("http://127.0.0.1:1/v1?utm_source=blog", "http://127.0.0.1:1/v1"),
    ],
)
def test_a_bad_url_is_refused_with_the_right_one(url: str, words: str) -> None:
    said_once(run(f"--gateway-url={url}"), url, words)


@pytest.mark.socket
def test_a_gateway_that_cannot_be_reached_is_one_sentence() -> None:
    said_once(run("--gateway-url=http://127.0.0.1:9/v1"), "http://127.0.0.1:9/v1", "cannot be reached")


@pytest.mark.e2e
def test_a_gateway_that_cannot_be_reached_is_one_sentence_with_workers() -> None:
    said_once(run("--gateway-url=http://127.0.0.1:9/v1", "-n", "2"), "http://127.0.0.1:9/v1", "cannot be reached")


@pytest.mark.socket
def test_a_missing_key_is_one_sentence(gateway_url: str) -> None:
    said_once(run(f"--gateway-url={gateway_url}", key=None), "GATEWAY_API_KEY")


@pytest.mark.socket
def test_a_wrong_key_is_one_sentence_and_stays_secret(gateway_url: str) -> None:
    result = run(f"--gateway-url={gateway_url}", key="sk-canary-4711-not-right")
    said_once(result, "401", "GATEWAY_API_KEY")
    assert "sk-canary-4711" not in result.stdout + result.stderr


@pytest.mark.socket
def test_a_server_that_does_not_speak_http_is_one_sentence() -> None:
    with raw_server(b"\x00\x01garbage\r\n\r\n") as url:
        said_once(run(f"--gateway-url={url}"), url)


@pytest.mark.socket
def test_a_gateway_that_answers_garbage_fails_without_a_traceback(tmp_path: Path) -> None:
    page = b"<html>welcome</html>"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(page)}\r\nconnection: close\r\n\r\n"
    families = ("chat_completions", "responses", "messages")
    texts = suite.part(tmp_path / "cases", *(f"{family}/text.yaml" for family in families))
    with raw_server(head.encode() + page) as url:
        result = run(
            f"--gateway-url={url}", f"--report-dir={tmp_path}", "--gateway-model=any", f"--gateway-cases={texts}",
            "-k", "/text/ and not long",
        )  # fmt: skip
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stdout
    assert "failed" in outcomes(tmp_path).values()


PROFILES = {
    "name: [unclosed": (":1:", "not valid YAML"),
    "name: a\nmodles: {}": (":2:", "unknown key 'modles'", "models"),
    "name: a\nname: b": (":2:", "given twice"),
    "endpoints: [chat]": (":1:", "chat_completions"),
    "timeout: soon": (":1:", "timeout"),
}


@pytest.mark.parametrize("text", PROFILES)
def test_a_bad_profile_is_one_sentence_with_file_and_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text(text, "utf-8")
    said_once(run(f"--gateway-profile={path}"), str(path), *PROFILES[text])


def test_a_missing_profile_is_one_sentence() -> None:
    said_once(run("--gateway-profile=nowhere.yaml"), "nowhere.yaml", "no such file")


HEAD = "family: messages\narea: probe\nsource: https://docs.anthropic.com\ncases:\n"
CASE = "  - id: one\n    title: A request gets an answer\n    request: {body: {}}\n    expect: {outcome: success}\n"
LIBRARIES = {
    HEAD + CASE.replace("title:", "titel:"): (":6:", "unknown key 'titel'"),
    HEAD + CASE + CASE: (":9:", "messages/probe/one is already used", ":5"),
    HEAD + CASE.replace("success", "succes"): (":8:", "succes"),
    HEAD + CASE.replace("{body: {}}", "{body: $nothing}"): (":5:", "$nothing"),
    HEAD.replace("messages", "massages") + CASE: (":5:", "massages"),
    HEAD + "  - id: [one\n": ("not valid YAML",),
}


@pytest.mark.parametrize("text", LIBRARIES, ids=range(len(LIBRARIES)))
def test_a_bad_case_is_one_sentence_with_file_and_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "probe.yaml").write_text(text, "utf-8")
    said_once(run(f"--gateway-cases={tmp_path}"), "probe.yaml", *LIBRARIES[text])


@pytest.mark.socket
def test_a_failure_shows_all_that_is_needed_and_no_traceback(gateway_url: str, tmp_path: Path) -> None:
    text = HEAD + CASE.replace("{body: {}}", '{body: {model: $model, max_tokens: 5, messages: "x"}}')
    (tmp_path / "probe.yaml").write_text(text, "utf-8")
    result = run(f"--gateway-cases={tmp_path}", f"--gateway-url={gateway_url}", f"--report-dir={tmp_path / 'r'}", "-v")
    assert result.returncode == 1
    for part in ("A request gets an answer", "probe.yaml:5", "MUST case.accepted", "expected: status 200", "curl -sS",
                 "status 400", "$GATEWAY_API_KEY"):  # fmt: skip
        assert part in result.stdout
    assert "Traceback" not in result.stdout
    assert "def test_gateway" not in result.stdout
    assert DEFAULT_KEY not in result.stdout + (tmp_path / "r" / "run.json").read_text("utf-8")


@pytest.mark.socket
def test_strict_fails_on_a_should(gateway_url: str, tmp_path: Path) -> None:
    expect = "{outcome: refusal, status: [404], error: {should_say: [no error says this]}}"
    text = HEAD + CASE.replace("{body: {}}", "{path: /v1/nothing, body: {}}").replace("{outcome: success}", expect)
    (tmp_path / "probe.yaml").write_text(text, "utf-8")
    common = (f"--gateway-cases={tmp_path}", f"--gateway-url={gateway_url}", f"--report-dir={tmp_path / 'r'}")
    lenient = run(*common)
    assert lenient.returncode == 0, lenient.stdout
    assert "1 warned" in lenient.stdout
    own = run("-o", "strict=true", *common)  # pytest's own strictness is not the suite's
    assert own.returncode == 0, own.stdout
    assert "1 warned" in own.stdout
    strict = run("--gateway-strict", *common)
    assert strict.returncode == 1, strict.stdout
    assert "case.error-names-mistake" in strict.stdout


def test_a_record_that_cannot_be_written_is_one_sentence_before_anything_is_sent(tmp_path: Path) -> None:
    said_once(
        run("--gateway-url=http://127.0.0.1:9/v1", f"--gateway-record={tmp_path}"),
        f"--gateway-record {tmp_path}",
        "is a folder",
    )
    (tmp_path / "file").write_text("", "utf-8")
    below = tmp_path / "file" / "run.har"
    said_once(
        run("--gateway-url=http://127.0.0.1:9/v1", f"--gateway-record={below}"),
        f"--gateway-record {below}",
        "is a file",
    )


def test_a_folder_without_cases_is_one_sentence(tmp_path: Path) -> None:
    said_once(run(f"--gateway-cases={tmp_path}"), str(tmp_path), "no case")


@pytest.mark.e2e
def test_a_checkout_that_is_reached_through_a_link_is_judged_with(tmp_path: Path) -> None:
    link = tmp_path / "checkout"
    link.symlink_to(ROOT)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--collect-only"]
    result = subprocess.run(
        [*command, str(link / FEW), f"--gateway-cases={link / 'cases' / 'models'}"],
        cwd=tmp_path, env={**environment, "PYTHONPATH": str(link)},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "test_gateway[models/" in result.stdout


EMPTY = [option.name for option in OPTIONS if option.type is str and option.metavar]


@pytest.mark.parametrize("option", EMPTY)
def test_an_empty_option_is_one_sentence(option: str) -> None:
    """An option is empty if the shell variable in it is unset; the run must not silently ignore it."""
    more = ("to judge the reference gateway",) if option == "--gateway-url" else ()
    said_once(run(f"{option}="), f"{option}: it is empty", "check the variable", *more)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("option", "word"),
    [
        ("--gateway-url=", "--gateway-url"),
        ("--gateway-shard=4/3", "--gateway-shard"),
        ("--gateway-profile=nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_a_bad_option_ends_the_process_with_one_sentence(option: str, word: str) -> None:
    """The other tests of bad options run in the process of the tests; these three run pytest as users do."""
    said_once(suite.run_process(option), word)


@pytest.mark.socket
def test_an_empty_option_is_refused_beside_one_that_is_not(gateway_url: str) -> None:
    said_once(run(f"--gateway-url={gateway_url}", "--gateway-url="), "--gateway-url: it is empty")


@pytest.mark.e2e
@pytest.mark.parametrize("option", [(), ("--gateway-ca-bundle=nowhere.pem",)])
def test_an_unreadable_ca_bundle_is_one_sentence(option: tuple[str, ...]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_"))}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", FEW, "--collect-only", "-q", *option],
        cwd=ROOT, env={**environment, "SSL_CERT_FILE": "missing.pem"}, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip
    said_once(result, "--gateway-ca-bundle nowhere.pem: no" if option else "SSL_CERT_FILE=missing.pem: no certificate")


@pytest.mark.e2e
def test_old_names_work_and_the_new_ones_are_said_once(gateway_url: str, tmp_path: Path) -> None:
    folder = suite.library(tmp_path / "cases", suite.case("one"), suite.case("two"))
    result = run(
        f"--gateway-url={gateway_url}", f"--report-dir={tmp_path}", "--retries=1", "--retries=1", "--strict", "-n1",
        "-W", "error", "-k", "one", f"--gateway-cases={folder}",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert report(tmp_path)["options"] == {
        "-k": "one", "-n": 1, "--strict": True, "--retries": 1, "--cases": str(folder),
    }  # fmt: skip
    said = [line for line in (result.stdout + result.stderr).splitlines() if "new names" in line]
    assert len(said) == 1
    assert said[0].count("--gateway-retries instead of --retries") == 1
