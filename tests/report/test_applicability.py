"""How much of the suite does not apply to a gateway, and why, in every report."""

from __future__ import annotations

import pytest

from conformance.analysis import applicability
from conformance.core.model import JSON
from conformance.core.reasons import DENIED, NOT_CLAIMED, NOT_OFFERED, REFUSED
from conformance.report import applicability_text, badge, markdown
from conformance.report.html import run as page
from tests.support import example_runs


def chat(document: JSON) -> list[str]:
    return [entry["id"] for entry in document["verdicts"] if entry["endpoint"] == "chat_completions"]


def with_reasons(*reasons: str) -> JSON:
    """The clean run, in which the first chat cases do not apply for these reasons."""
    document = example_runs.clean()
    for name, reason in zip(chat(document), reasons, strict=False):
        document = example_runs.with_outcome(document, name, "not_applicable", reason)
    return document


def test_a_run_in_which_every_case_applies_has_no_line() -> None:
    assert list(applicability_text.lines(example_runs.clean())) == []
    assert applicability_text.total(example_runs.clean()) == ""


def test_an_endpoint_that_is_missing_is_one_line() -> None:
    document = example_runs.without(example_runs.clean(), "responses")
    number = sum(entry["endpoint"] == "responses" for entry in document["verdicts"])
    [line] = applicability_text.lines(document)
    assert line == f"responses: none of {number} cases applies: the gateway does not have the endpoint ({number})"
    assert applicability_text.total(document) == f"{number} cases do not apply."
    assert f"No required rule is broken. {number} cases do not apply." in page.render(document)
    assert line in page.render(document)
    assert f"`{line}`" in markdown.run(document)


@pytest.mark.parametrize(
    ("reasons", "why"),
    [
        ([f"{REFUSED}vision"], "the gateway rejects vision (1)"),
        ([f"{REFUSED}vision, n", f"{REFUSED}n"], "the gateway rejects n (2), vision (1)"),
        ([f"{DENIED}vision", f"{NOT_CLAIMED}body_limit"], "left out by the profile (2)"),
        ([f"{REFUSED}a, b, c, d, e, f"], "the gateway rejects a (1), b (1), c (1), d (1), e (1) and 1 more"),
        ([f"{REFUSED}n", f"{NOT_OFFERED}responses"], "the gateway rejects n (1); left out by the profile (1)"),
    ],
)
def test_the_reasons_are_counted(reasons: list[str], why: str) -> None:
    document = with_reasons(*reasons)
    do = "does" if len(reasons) == 1 else "do"
    [line] = applicability_text.lines(document)
    assert line == f"chat completions: {len(reasons)} of {len(chat(document))} cases {do} not apply: {why}"


def test_endpoints_where_only_the_profile_leaves_cases_out_are_one_line() -> None:
    document = with_reasons(f"{DENIED}vision")
    others = [entry["id"] for entry in document["verdicts"] if entry["endpoint"] == "messages"]
    document = example_runs.with_outcome(document, others[0], "not_applicable", f"{NOT_CLAIMED}body_limit")
    [line] = applicability_text.lines(document)
    counts = f"chat completions 1 of {len(chat(document))}, messages 1 of {len(others)}"
    assert line == f"cases left out by the profile: {counts}"


def test_a_capability_that_other_cases_show_is_rejected_in_part() -> None:
    document = with_reasons(f"{REFUSED}vision", f"{REFUSED}vision")
    answered = [entry for entry in document["verdicts"] if entry["id"] in chat(document)][2:]
    for entry in answered[:3]:
        entry["needs"] = ["vision"]
    for exchange in answered[2]["exchanges"]:  # a refusal that the case expects
        exchange["status"] = 400
    [line] = applicability_text.lines(document)
    assert line.endswith("the gateway rejects vision (2, and accepts it in 2)")
    assert ", without vision in part" in badge.message(document)
    assert applicability.by_endpoint(document)["chat_completions"].accepted["vision"] == 2


def test_a_missing_endpoint_that_cases_of_another_one_need_is_counted_there() -> None:
    document = with_reasons(example_runs.missing("messages"))
    assert applicability.by_endpoint(document)["chat_completions"].absent == 1
    assert "no chat" not in badge.message(document)
