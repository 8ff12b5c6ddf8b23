"""Runs with several addresses: two routes to one gateway, and a gateway with its upstream."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from conformance.core import data_files
from conformance.reference import DEFAULT_KEY, reference_gateway
from tests.support import suite
from tests.support.servers import Said, json_answer, raw

SOME = (suite.own_cases("messages"), "-k", "messages/text/system-and-user", "--retries=0", "--model=reference-mini")
NO_STOP, AS_TEXT = "messages-message-stop-lost", "http-stream-as-text"
"""Faults of the reference gateway."""
UNFINISHED, TYPED = "messages.stream.unfinished", "http.content-type.stream"
"""The rules that they break."""
STREAMED = "messages/text/system-and-user[stream=true]"
PLAIN = "messages/text/system-and-user[stream=false]"


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return suite.run(*SOME, f"--report-dir={folder}", *arguments, **{"CONTROL_API_KEY": DEFAULT_KEY, **environment})


def report(folder: Path) -> Any:
    document: Any = suite.report(folder)
    Draft202012Validator(data_files.schema("report.schema.json")).validate(document)
    return document


def outcomes(document: Any) -> dict[str, str]:
    return {entry["id"]: entry["outcome"] for entry in document["verdicts"]}


def blames(document: Any, id_: str) -> dict[str, str]:
    entry = next(entry for entry in document["verdicts"] if entry["id"] == id_)
    return {finding["rule"]: finding["blame"] for finding in entry["findings"] if finding["level"] == "must"}


def is_verified(folder: Path, capsys: pytest.CaptureFixture[str], number: int) -> bool:
    """Whether judging the run again gives the same verdicts, and as many as expected."""
    capsys.readouterr()
    status = main(["verify", str(folder / "run.json")])
    return status == 0 and f"{number} verdicts reproduced, 0 differ" in capsys.readouterr().out


@pytest.mark.e2e
@pytest.mark.parametrize("workers", [0, 2])
def test_each_route_is_judged_and_where_they_differ_is_said(
    workers: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with reference_gateway() as one, reference_gateway([NO_STOP]) as other:
        addresses = f"--gateway-url={one.base_url}", f"--gateway-url={other.base_url}"
        result = run(*addresses, f"-n{workers}", folder=tmp_path)
    good, bad = (base.removeprefix("http://").removesuffix("/v1") for base in (one.base_url, other.base_url))
    assert result.returncode == 1, result.stdout
    document = report(tmp_path)
    assert outcomes(document) == {
        f"{PLAIN}@{good}": "passed",
        f"{PLAIN}@{bad}": "passed",
        f"{STREAMED}@{good}": "passed",
        f"{STREAMED}@{bad}": "failed",
    }
    assert document["gateway"]["routes"] == {good: one.base_url, bad: other.base_url}
    assert f"route {bad}: {other.base_url}" in result.stdout
    assert "the routes differ in 1 case:" in result.stdout
    told = f"{good} passed", f"{bad} failed ({UNFINISHED})"  # in the order of the ports
    assert any(f"{STREAMED}: {'; '.join(pair)}" in result.stdout for pair in (told, told[::-1]))
    assert is_verified(tmp_path, capsys, 4)


@pytest.mark.e2e
@pytest.mark.parametrize("workers", [0, 1])
def test_a_rule_that_the_upstream_breaks_too_is_attributed_to_it(
    workers: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with reference_gateway([NO_STOP]) as gateway, reference_gateway([NO_STOP]) as upstream:
        addresses = f"--gateway-url={gateway.base_url}", f"--control-url={upstream.base_url}"
        result = run(*addresses, f"-n{workers}", folder=tmp_path)
    document = report(tmp_path)
    assert outcomes(document) == {PLAIN: "passed", STREAMED: "unverified"}
    assert blames(document, STREAMED) == {UNFINISHED: "upstream"}
    assert document["upstream"]["base_url"] == upstream.base_url
    assert f"the upstream itself breaks {UNFINISHED} when it is asked directly" in " ".join(result.stdout.split())
    behind = next(entry["upstream"] for entry in document["verdicts"] if "upstream" in entry)
    assert "$CONTROL_API_KEY" in behind["exchanges"][0]["curl"]
    assert behind["exchanges"][0]["request"]["url"].startswith(upstream.base_url)
    assert is_verified(tmp_path, capsys, 2)


@pytest.mark.socket
def test_a_rule_that_only_the_gateway_breaks_is_attributed_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with reference_gateway([NO_STOP, AS_TEXT]) as gateway, reference_gateway([NO_STOP]) as upstream:
        result = run(f"--gateway-url={gateway.base_url}", f"--control-url={upstream.base_url}", folder=tmp_path)
    assert result.returncode == 1
    document = report(tmp_path)
    assert outcomes(document)[STREAMED] == "failed"
    assert blames(document, STREAMED) == {UNFINISHED: "upstream", TYPED: "gateway"}
    assert "; not at the upstream\n" in result.stdout
    assert is_verified(tmp_path, capsys, 2)


@pytest.mark.socket
def test_only_cases_with_a_broken_rule_run_on_the_upstream(tmp_path: Path) -> None:
    with reference_gateway() as gateway, reference_gateway([NO_STOP]) as upstream:
        result = run(f"--gateway-url={gateway.base_url}", f"--control-url={upstream.base_url}", folder=tmp_path)
    assert result.returncode == 0, result.stdout
    assert not [entry for entry in report(tmp_path)["verdicts"] if "upstream" in entry]


@pytest.mark.socket
def test_strict_does_not_fail_the_gateway_for_what_its_upstream_breaks_too(tmp_path: Path) -> None:
    should = "sse-done-on-messages"
    with reference_gateway([should]) as gateway, reference_gateway([should]) as upstream:
        alone = run(f"--gateway-url={gateway.base_url}", "--strict", folder=tmp_path / "alone")
        behind = f"--control-url={upstream.base_url}"
        both = run(f"--gateway-url={gateway.base_url}", behind, "--strict", folder=tmp_path / "both")
    assert (alone.returncode, both.returncode) == (1, 0), both.stdout
    assert outcomes(report(tmp_path / "both"))[STREAMED] == "warned"


@pytest.mark.socket
def test_a_profile_may_say_where_the_upstream_is_and_which_variable_has_its_key(tmp_path: Path) -> None:
    profile = tmp_path / "upstream.yaml"
    with reference_gateway([NO_STOP]) as gateway, reference_gateway([NO_STOP]) as upstream:
        profile.write_text(f"name: behind\nbase_url: {upstream.base_url}\nkey_env: ITS_KEY\n", "utf-8")
        options = f"--gateway-url={gateway.base_url}", f"--control-profile={profile}"
        run(*options, folder=tmp_path, ITS_KEY=DEFAULT_KEY, CONTROL_API_KEY="sk-another")
    document = report(tmp_path)
    assert outcomes(document)[STREAMED] == "unverified"
    assert document["upstream"]["name"] == "behind"


@pytest.mark.socket
@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        (["--control-url=ftp://x/v1"], {}, "ftp://x/v1"),
        (["--control-url=http://127.0.0.1:9/v1"], {"CONTROL_API_KEY": ""}, "CONTROL_API_KEY: the environment variable"),
        (["--control-url=http://127.0.0.1:9/v1"], {}, "http://127.0.0.1:9/v1: the gateway cannot be reached"),
        (["--control-profile=nowhere.yaml"], {}, "nowhere.yaml"),
        (["--gateway-url=http://127.0.0.1:9/v1", "--gateway-url=http://127.0.0.1:9/v1"], {}, "this URL is given twice"),
    ],
)
def test_an_unusable_upstream_is_one_sentence(
    options: list[str], environment: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    with reference_gateway() as gateway:
        urls = [] if "--gateway-url" in options[0] else [f"--gateway-url={gateway.base_url}"]
        result = run(*urls, *options, folder=tmp_path, **environment)
    said = result.stdout + result.stderr
    assert result.returncode == 4, said
    assert sentence in said
    assert "Traceback" not in said
    assert not (tmp_path / "run.json").exists()


THEIRS = "cnry-upstream-9Xq4TtWn2Lp7vRb"
"""The upstream's key, which a gateway must not return to clients."""


def telling(connection: socket.socket, said: Said) -> None:
    """A gateway whose errors contain the upstream's key."""
    if said.requests[-1].startswith(b"GET "):
        connection.sendall(json_answer({"object": "list", "data": [{"id": "reference-mini", "object": "model"}]}))
        return
    error = {"type": "invalid_request_error", "message": f"upstream refused {THEIRS}"}
    connection.sendall(json_answer({"type": "error", "error": error}, 400))


@pytest.mark.socket
def test_a_leaked_key_of_the_upstream_is_a_finding_and_is_in_no_report(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with raw(telling) as gateway, raw(telling) as upstream:
        result = run(
            f"--gateway-url={gateway.origin}/v1", f"--control-url={upstream.origin}/v1", "-vv", "--showlocals",
            f"--alluredir={out / 'allure'}", f"--junitxml={out / 'junit.xml'}", f"--record={out / 'run.har'}",
            folder=out, CONTROL_API_KEY=THEIRS,
        )  # fmt: skip
        assert any(THEIRS.encode() in request for request in upstream.requests)
    written = "".join(path.read_text("utf-8") for path in out.rglob("*") if path.is_file())
    assert THEIRS not in written + result.stdout + result.stderr
    entries = report(out)["verdicts"]
    broken = {finding["rule"] for entry in entries for finding in entry["findings"]}
    assert "http.secret.foreign-credential" in broken
    assert "http.secret.own-credential" not in broken
    behind = {finding["rule"] for entry in entries for finding in entry["upstream"]["findings"]}
    assert "http.secret.own-credential" in behind
    assert "$CONTROL_API_KEY" in json.dumps(entries)
