"""The badge: its numbers, the JSON for Shields, and a valid SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from conformance.analysis.diff import diff
from conformance.core.model import JSON
from conformance.core.reasons import NOT_OFFERED, REFUSED
from conformance.report import badge
from tests.support import example_runs

SHIELDS: JSON = {
    "type": "object",
    "required": ["schemaVersion", "label", "message"],
    "additionalProperties": False,
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"enum": ["brightgreen", "green", "yellowgreen", "yellow", "orange", "red", "blue", "lightgrey"]},
        "labelColor": {"type": "string"},
        "isError": {"type": "boolean"},
        "namedLogo": {"type": "string"},
        "logoSvg": {"type": "string"},
        "style": {"type": "string"},
        "cacheSeconds": {"type": "integer"},
    },
}
"""The table at https://shields.io/badges/endpoint-badge, and the eight named colors."""
SVG = "{http://www.w3.org/2000/svg}"


def test_a_clean_run_keeps_everything() -> None:
    document = badge.document(example_runs.clean())
    assert document == {
        "schemaVersion": 1,
        "label": "conformance",
        "message": "chat 100 % · responses 100 % · messages 100 %",
        "color": "brightgreen",
    }


def test_one_failure_is_less_than_100_percent() -> None:
    worse = example_runs.worse()
    own = [entry for entry in worse["verdicts"] if entry["endpoint"] == "messages"]
    kept = sum(entry["outcome"] == "passed" for entry in own)
    assert f"messages {100 * kept // len(own)} %" in badge.message(worse)
    assert "chat 100 %" in badge.message(worse)
    assert badge.document(worse)["color"] == "red"


def test_unverified_is_not_kept_and_not_applicable_is_not_counted() -> None:
    clean = example_runs.clean()
    name = next(entry["id"] for entry in clean["verdicts"] if entry["endpoint"] == "responses")
    assert "responses 100 %" not in badge.message(example_runs.with_outcome(clean, name, "unverified"))
    assert "responses 100 %" in badge.message(example_runs.with_outcome(clean, name, "not_applicable"))


def test_what_the_gateway_does_not_have_is_named() -> None:
    clean = example_runs.clean()
    assert badge.message(example_runs.without(clean, "responses")) == "chat 100 % · no responses · messages 100 %"
    seen = [entry["id"] for entry in clean["verdicts"] if entry["endpoint"] == "messages"]
    blind = example_runs.inapplicable(clean, lambda entry: entry["id"] == seen[0], example_runs.REJECTED)
    assert badge.message(blind).endswith("messages 100 % without vision")
    more = example_runs.inapplicable(blind, lambda entry: entry["id"] == seen[1], f"{REFUSED}a, b, vision")
    assert badge.message(more).endswith("messages 100 % without vision, a and 1 more")


def test_what_the_profile_leaves_out_is_not_named() -> None:
    clean = example_runs.clean()
    own = example_runs.inapplicable(clean, lambda entry: entry["endpoint"] == "responses", f"{NOT_OFFERED}responses")
    assert badge.message(own) == "chat 100 % · messages 100 %"


def test_with_a_baseline_what_is_lost_counts() -> None:
    clean = example_runs.clean()
    lost = example_runs.without(clean, "responses")
    number = sum(entry["endpoint"] == "responses" for entry in clean["verdicts"])
    found = badge.document(lost, diff(clean, lost))
    assert found["message"] == f"chat 100 % · responses 0 %, {number} lost · messages 100 %"
    assert found["color"] == "red"
    assert badge.document(clean, diff(clean, clean)) == badge.document(clean)


def test_nothing_judged() -> None:
    nothing = {**example_runs.clean(), "verdicts": []}
    assert badge.document(nothing) | {"label": ""} == {
        "schemaVersion": 1, "label": "", "message": "nothing judged", "color": "lightgrey",
    }  # fmt: skip


def test_the_svg_has_the_same_text() -> None:
    run = example_runs.worse()
    root = ElementTree.fromstring(badge.svg(run))
    assert root.tag == f"{SVG}svg"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["conformance", badge.message(run)]
    assert root.get("aria-label") == f"conformance: {badge.message(run)}"
    widths = [int(rect.get("width", "0")) for rect in root.iter(f"{SVG}rect")]
    assert widths[0] == sum(widths[1:]) == int(root.get("width", "0"))


@pytest.mark.parametrize(
    "make", [example_runs.clean, example_runs.worse, lambda: {**example_runs.clean(), "verdicts": []}]
)
def test_shields_reads_it(make: Callable[[], JSON]) -> None:
    Draft202012Validator(SHIELDS).validate(badge.document(make()))
