"""The certificate: its statements, and the page in a browser at two widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.analysis import levels, readiness
from conformance.cli import main
from conformance.core.model import JSON, Case
from conformance.report.html import certificate
from tests.support import browser, example_runs, level_runs
from tests.support.level_runs import BROKEN, PASSED, Fate

TOOL = "messages/tools/forced[stream=false]"
HELLO = "responses/text/instructions[stream=false]"
KNOWN = "messages/vision/"
RULE = "messages.stream.unfinished"


def fate(case: Case) -> Fate:
    """A gateway that breaks a rule with tools in Messages, and is known for another failure."""
    if case.id == TOOL:
        return BROKEN
    if case.endpoint == "responses" and case.area == "text":
        return ("unverified", (), "the upstream is <b>overloaded</b>")
    return ("known", ("case.accepted",), "ticket 7") if case.id.startswith(KNOWN) else PASSED


@pytest.fixture(scope="module")
def run() -> JSON:
    """A run with a level of each kind, two problems, and limits of every kind."""
    own = level_runs.claims()
    profile = replace(own, capabilities={**own.capabilities, "logprobs": False}, endpoints=("responses", "messages"))
    document = level_runs.run(fate, profile, both_ends=False)
    document["rules"] |= {
        RULE: {
            "level": "must", "impact": "breaks", "sentence": "A stream ends with `message_stop`.",
            "source": "https://example.org/messages", "breaks": "Clients wait for the end.",
        },
        "case.accepted": {
            "level": "must", "impact": "degrades", "sentence": "It is accepted.", "source": "https://example.org",
        },
    }  # fmt: skip
    document["problems"] = [problem(RULE, number) for number in range(6)] + [
        {**problem("case.accepted", 6), "known": "ticket 7"}
    ]
    document["options"] = {"--set": "none", "--repeat": 3, "--known-failures": "known.yaml", "-k": "not slow"}
    document["gateway"]["named"] = {"default": "m 1", "messages": "m-2"}
    stated = levels.with_levels(document)
    return readiness.with_readiness(stated, known=[case.id for case in level_runs.cases()])


def problem(rule: str, number: int) -> JSON:
    return {
        "id": f"{rule}@{number}", "rule": rule, "rules": [rule], "follows": [], "level": "must", "impact": "degrades",
        "scope": {"facts": [], "words": f"every answer of kind {number}"},
        "shown": {"broken": 3, "inside": 4, "outside": 1}, "cases": [TOOL], "models": [], "routes": [],
        "example": {"case": TOOL, "step": 1, "expected": "a", "got": "b"},
    }  # fmt: skip


def said(page: str) -> str:
    """The text of a page, without markup and with single spaces."""
    body = page.partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.fixture(scope="module")
def told(run: JSON) -> str:
    return said(certificate.render(run))


def test_it_says_what_the_gateway_is_accepted_for(told: str) -> None:
    assert "Acme Gateway 2.4 Accepted: Messages (core). Not accepted: Responses." in told
    assert re.search(r"Messages ! core .* [67][0-9]{2} of [67][0-9]{2} checks apply to this gateway\.", told)
    assert re.search(r"The level agent is not reached: 1 of 3\d\d cases breaks a required rule", told)
    assert re.search(r"Chat Completions . not offered", told)


def test_it_says_what_limits_the_result(told: str) -> None:
    assert "1 check breaks a required rule." in told
    assert re.search(r"[0-9]+ checks failed and are listed as known\. .* ticket 7", told)
    assert "checks could not be completed, so nothing is known there. the upstream is &lt;b&gt;overloaded" in told
    assert "does not offer: chat completions (" in told
    assert "logprobs A request may ask for the log probabilities of the tokens (the OpenAI APIs)." in told
    assert "It says nothing about speed, price, capacity and the quality of the model." in told


def test_a_denied_capability_without_cases_in_the_run_is_named() -> None:
    document = example_runs.clean()
    document["gateway"]["claims"] = {"capabilities": {"vision": False, "tools": True}}
    limits = said(certificate.render(document)).partition("Limits")[2].partition("Programs that work")[0]
    assert "vision Images are accepted in prompts." in limits
    assert "tools" not in limits


def test_it_tells_five_problems_the_effect_first(told: str) -> None:
    section = told.partition("The worst problems")[2].partition("Repeat and verify")[0]
    assert section.count("Clients wait for the end. Required: A stream ends with message_stop .") == 5
    assert "Broken in 3 of 4 answers of this kind: every answer of kind 0." in section
    assert "2 more problems are in the full report." in section


def test_a_rule_without_an_effect_is_told_by_its_impact(run: JSON) -> None:
    last = said(certificate.render({**run, "problems": run["problems"][-1:]}))
    assert "Some programs lose a feature or an information because of it." in last
    assert "known: ticket 7" in last


def test_it_lists_the_programs_by_readiness(told: str) -> None:
    section = told.partition("Programs that work with it")[2].partition("The worst problems")[0]
    names = [entry["name"] for entry in readiness.of(levels.stated(example_runs.clean()))]
    assert all(name in section for name in names)
    assert "Not ready The users of the program get no answer, or a wrong one." in section


def test_the_commands_repeat_and_verify_the_run(told: str) -> None:
    assert "gateway-conformance verify run.json --level messages=core" in told
    command = (
        "pytest --pyargs conformance --gateway-url=http://gateway.test/v1 --gateway-profile=profile.yaml "
        "--gateway-set=none --gateway-repeat=3 &#39;-k=not slow&#39; &#39;--gateway-model=m 1&#39; "
        "--gateway-model=messages=m-2 --gateway-report-dir=own"
    )
    assert command in told


def test_a_run_of_a_part_is_not_accepted() -> None:
    page = said(certificate.render({**example_runs.clean(), "shard": {"index": 1, "of": 4, "fingerprint": "0"}}))
    assert "Not judged: Chat Completions, Responses, Messages." in page
    assert "This is part 1 of 4 of a run." in page
    assert "No problem was found in" in page


def test_a_gateway_without_any_family() -> None:
    nothing = level_runs.run(profile=replace(level_runs.claims(), endpoints=()), both_ends=False)
    assert "The gateway offers none of the tested APIs." in said(certificate.render(nothing))


def test_foreign_text_is_escaped(run: JSON) -> None:
    bad = "\x1b[31m<script>alert(1)</script>"
    gateway = {**run["gateway"], "name": bad, "base_url": bad, "models": {"default": bad}}
    page = certificate.render({**run, "gateway": gateway})
    assert "<script" not in page
    assert "\x1b" not in page


def test_the_command_writes_it(tmp_path: Path) -> None:
    run = Path(__file__).parents[2] / "reports" / "published" / "portkey-1.15.2-openai.json.gz"
    assert main(["render", str(run), "--to", "certificate", "-o", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


# In a browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[browser.Browser]:
    with browser.started() as running:
        yield running


@pytest.fixture(scope="module")
def written(run: JSON, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "certificate.html"
    path.write_text(certificate.render(run), "utf-8")
    return path


@browser.NEEDED
@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, False), (390, True)])
def test_it_is_accessible_and_fits(chromium: browser.Browser, written: Path, width: int, dark: bool) -> None:
    with browser.opened(chromium, written, width=width, dark=dark) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("script").count() == 0
        assert page.locator("h2").all_inner_texts() == [
            "Accepted for", "Limits", "Programs that work with it", "The worst problems", "Repeat and verify",
            "Words on this page",
        ]  # fmt: skip
        assert browser.violations(page) == []


@browser.NEEDED
@pytest.mark.browser
def test_it_prints_in_dark_colours_on_white(chromium: browser.Browser, written: Path) -> None:
    with browser.opened(chromium, written, dark=True) as page:
        page.emulate_media(media="print", color_scheme="dark")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        ink = page.evaluate("getComputedStyle(document.body).color")
    assert ground == "rgb(255, 255, 255)"
    assert ink == "rgb(23, 27, 36)"
