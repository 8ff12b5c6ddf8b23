"""`gateway-conformance overhead`: its table, its JSON, and one sentence for each wrong option."""

from __future__ import annotations

import json
import re

import pytest

from conformance.cli import main
from tests.support.paths import ROOT

Said = pytest.CaptureFixture[str]
URLS = ["--gateway-url=http://127.0.0.1:9/v1", "--provider-url=http://127.0.0.1:9/v1"]


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (URLS[:1], "--provider-url: the URL is missing"),
        (URLS[1:], "--gateway-url: the URL is missing"),
        ([URLS[0], "--provider-url=ftp://host"], "ftp://host: "),
        ([URLS[1], "--gateway-url=http://host/v1/messages"], "http://host/v1/messages: "),
        (["--at-once=1,0"], "--at-once 1,0: give numbers from 1"),
        (["--at-once=many"], "--at-once many: give numbers from 1"),
        (["--requests=0"], "--requests 0: give a number from 1"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    arguments: list[str], start: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-one")
    monkeypatch.setenv("PROVIDER_API_KEY", "sk-other")
    assert main(["overhead", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gateway-conformance: {start}")
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("variable", ["GATEWAY_API_KEY", "PROVIDER_API_KEY"])
@pytest.mark.parametrize(("key", "words"), [("", "is not set"), (" sk-0", "characters that are not allowed")])
def test_a_missing_or_invalid_key_is_one_sentence(
    variable: str, key: str, words: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-one")
    monkeypatch.setenv("PROVIDER_API_KEY", "sk-other")
    monkeypatch.setenv(variable, key)
    assert main(["overhead", *URLS]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"gateway-conformance: {variable}: ")
    assert words in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.e2e
def test_the_command_of_the_page_measures_the_reference_gateway(capsys: Said) -> None:
    page = (ROOT / "docs" / "overhead.md").read_text("utf-8")
    [command] = re.findall(r"^```sh\ngateway-conformance (.*)\n```", page, re.MULTILINE)
    assert main([*command.split(), "--requests=2", "--at-once=2", "--json", "--family=responses"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("sending 32 requests, which takes at least ")
    document = json.loads(said.out)
    assert document["family"] == "responses"
    assert document["failed"] == {"gateway": {}, "provider": {}}
    assert [(row["streamed"], row["until"], row["answers"]["gateway"]) for row in document["rows"]] == [
        (False, "headers", 4), (False, "total", 4),
        (True, "headers", 4), (True, "first event", 4), (True, "total", 4),
    ]  # fmt: skip
    assert document["rows"][0]["left_out"]["p50"] == "needs 6 answers from each side, and there are 4"
