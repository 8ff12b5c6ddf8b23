"""A plain request that is refused is said first, with the number of cases that rest on it."""

from __future__ import annotations

import pytest

from conformance.analysis.plain_refusals import PlainRefusal, plain_refusals
from conformance.core.model import JSON
from conformance.report import markdown, plain_refusals_text
from conformance.report.html import run as page
from tests.support import example_runs

ERROR = "status 400: 'max_tokens is required (request req_1a)'"
SAID = f"chat completions refuses a plain request with {ERROR}"


def refusing(got: str = ERROR.replace("1a", "2b"), error: str = ERROR) -> JSON:
    """A run whose chat endpoint refuses the control request; every second case has a finding that quotes `got`."""
    document = example_runs.clean()
    own = [entry for entry in document["verdicts"] if entry["endpoint"] == "chat_completions"]
    finding = {"rule": "case.accepted", "level": "must", "step": 1, "expected": "status 200", "got": got, "where": {}}
    for number, entry in enumerate(own):
        entry["plain_error"] = error
        if number % 2:
            entry.update(outcome="failed", findings=[finding])
    rule = {"level": "must", "impact": "breaks", "sentence": "It is accepted.", "source": "https://example.org"}
    return {**document, "rules": {"case.accepted": rule}}


def half() -> int:
    return sum(entry["endpoint"] == "chat_completions" for entry in example_runs.clean()["verdicts"]) // 2


def test_the_cases_with_the_same_error_rest_on_it() -> None:
    assert list(plain_refusals(refusing())) == [PlainRefusal("chat_completions", ERROR, half())]
    assert list(plain_refusals_text.lines(refusing())) == [f"{SAID}; {half()} cases got the same error"]


@pytest.mark.parametrize("got", ["status 400: 'another error'", "status 500: 'max_tokens is required (request req_1)'"])
def test_cases_that_fail_for_another_reason_do_not_rest_on_it(got: str) -> None:
    assert list(plain_refusals_text.lines(refusing(got))) == [SAID]


def test_an_endpoint_that_answers_is_not_mentioned() -> None:
    assert list(plain_refusals(example_runs.clean())) == []


def test_it_is_said_before_anything_else() -> None:
    shown = markdown.run(refusing())
    assert shown.splitlines()[2].startswith(f"**`{SAID}")
    assert "refuses a plain request" not in markdown.run(example_runs.clean())
    html = page.render(refusing())
    assert html.index("chat completions refuses a plain request") < html.index('<dl class="facts">')
