"""`gateway-conformance tool-quality`: its figures in three forms, its cost, and one sentence for each wrong option."""

from __future__ import annotations

import json
import re

import pytest

from conformance.analysis.tool_quality.judge import judge
from conformance.analysis.tool_quality.tried import Tried
from conformance.cli import main, tool_quality
from conformance.reference import reference_gateway
from conformance.run.tool_quality import Measured, Plan
from conformance.suite.tool_prompts import tool_prompts
from tests.support.paths import ROOT

Said = pytest.CaptureFixture[str]
URL = "--gateway-url=http://127.0.0.1:9/v1"
UPSTREAM = "--gateway-upstream-url=http://127.0.0.1:9/v1"
CHAT = ("chat_completions", "chat_completions")


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        ([URL], "--gateway-upstream-url: the URL is missing"),
        ([UPSTREAM], "--gateway-url: the URL is missing"),
        ([URL, "--gateway-upstream-url=ftp://host"], "ftp://host: "),
        (["--gateway-profile=missing.yaml"], "missing.yaml: "),
        (["--tries=0"], "--tries 0: give a number from 1"),
        (["--gateway-retries=-1"], "--gateway-retries -1: give a number from 0"),
        (["--gateway-max-requests=0"], "--gateway-max-requests 0: give a number from 1"),
        (["--margin=0"], "--margin 0: give points between 0 and 100"),
        (["--margin=nan"], "--margin nan: give points between 0 and 100"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    arguments: list[str], start: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-one")
    monkeypatch.setenv("CONTROL_API_KEY", "sk-two")
    assert main(["tool-quality", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gateway-conformance: {start}")
    assert len(said.err.splitlines()) == 1


def test_the_cost_is_told_without_sending_anything(capsys: Said) -> None:
    options = ["--family=messages", "--family=chat_completions", "--gateway-max-requests=100", "--cost"]
    assert main(["tool-quality", URL, UPSTREAM, *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("6,144 requests (64 prompts, 24 tries, 2 sides, 2 endpoints), about ")
    assert lines[0].endswith(" input tokens and at most 3,145,728 output tokens, without retries")
    assert lines[1] == "--gateway-max-requests=100 ends the tries early"
    assert re.fullmatch(r"if the upstream is right in 95 % of its tries, a drop of \d\.\d points is .*", lines[2])


def measured(*, is_worse: bool) -> Measured:
    """A comparison in which the gateway calls no tool, or as many as the upstream; some requests failed."""
    tries = [
        Tried(prompt.id, side, {"trigger": side == "upstream" or not is_worse})
        for prompt in tool_prompts()
        for side in ("gateway", "upstream")
        for _ in range(20)
    ]
    tries.append(Tried("weather-oslo", "gateway", failure="status 502 \x1b[31m|`@all`"))
    return Measured({CHAT: judge(tries)}, {"gateway": ["one"], "upstream": ["one"]}, 2561, 70_000, is_whole=False)


def test_the_terminal_escapes_and_aligns() -> None:
    lines = tool_quality._lines(measured(is_worse=True), Plan([CHAT]), as_markdown=False)
    assert lines[0] == "chat completions: worse"
    assert re.fullmatch(r"trigger +0\.0 % of 1,280 +100\.0 % of 1,280 +-100\.0 \[-100\.0, -100\.0\] +worse", lines[2])
    assert "- failed, not in the figures: gateway: 1 request: status 502 \\x1b[31m|`@all`" in lines
    assert "- names: too few prompts were answered with tool calls by both sides (0)" in lines
    assert "The gateway's tool calls are worse than those of its upstream." in lines
    assert "The budget ended the tries early." in lines
    assert lines[-1].endswith("It does not tell which model answers at either of them.")


def test_markdown_has_the_texts_of_a_gateway_in_code_spans() -> None:
    text = "\n".join(tool_quality._lines(measured(is_worse=False), Plan([CHAT]), as_markdown=True))
    assert "| trigger | 100.0 % of 1,280 | 100.0 % of 1,280 | +0.0 [-0.5, +0.5] | equal |" in text
    outside = re.sub(r"(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)
    assert "@all" not in outside


def test_json_has_the_counts() -> None:
    document = json.loads(json.dumps(tool_quality._document(measured(is_worse=True), Plan([CHAT]))))
    [endpoint] = document["endpoints"]
    trigger = endpoint["measures"]["trigger"]
    assert (endpoint["verdict"], trigger["verdict"], trigger["gateway"]) == (
        "worse", "worse", {"hits": 0, "trials": 1280},
    )  # fmt: skip
    assert len(trigger["differing_prompts"]) == 64
    assert endpoint["measures"]["names"]["difference"] is None
    assert (document["requests"], document["is_whole"]) == (2561, False)


@pytest.mark.socket
def test_two_addresses_are_compared_within_the_budget(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    with reference_gateway(pace=0) as running:
        own = running.provider
        assert own
        monkeypatch.setenv("GATEWAY_API_KEY", running.key)
        monkeypatch.setenv("CONTROL_API_KEY", own.key)
        urls = ["--gateway-url", running.base_url, "--gateway-upstream-url", own.url]
        options = ["--family=messages", "--upstream-family=responses", "--gateway-max-requests=60", "--markdown"]
        assert main(["tool-quality", *urls, *options, "--seed=one"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == f"asking {running.base_url} and {own.url}/v1"
    assert "### messages, upstream responses: inconclusive" in said.out
    assert "The budget ended the tries early.\nsent 60 requests; " in said.out
    assert own.key not in said.out + said.err


@pytest.mark.e2e
def test_the_command_of_the_page_compares_the_reference_gateway(capsys: Said) -> None:
    page = (ROOT / "docs" / "statistics.md").read_text("utf-8")
    [command] = re.findall(r"^```sh\ngateway-conformance (tool-quality.*)\n```", page, re.MULTILINE)
    assert main([*command.split(), "--json"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[0].startswith("256 requests (64 prompts, 2 tries, 2 sides), about ")
    document = json.loads(said.out)
    measures = document["endpoints"][0]["measures"]
    assert [one["difference"]["value"] for one in measures.values()] == [0, 0, 0, 0]
    assert {name: one["verdict"] for name, one in measures.items()} == {
        "trigger": "equal", "names": "inconclusive", "arguments": "inconclusive", "all": "equal",
    }  # fmt: skip
