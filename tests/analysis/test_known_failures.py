"""Lists of known failures: which entries are known, stale, unmatched or expired."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.analysis import known_failures, known_update
from conformance.analysis.known_failures import KnownFailure, load_known_failures
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from tests.support import example_runs

TODAY = date(2026, 6, 15)
RULE = "messages.stream.unfinished"


def without_problems(document: JSON) -> JSON:
    """The run of an earlier version, whose problems have to be computed."""
    return {name: value for name, value in document.items() if name != "problems"}


def failing(document: JSON) -> list[str]:
    return [entry["id"] for entry in document["verdicts"] if entry["outcome"] == "failed"]


def passing(document: JSON) -> list[str]:
    return [entry["id"] for entry in document["verdicts"] if entry["outcome"] == "passed"]


def outcome(document: JSON, name: str) -> str:
    return next(str(entry["outcome"]) for entry in document["verdicts"] if entry["id"] == name)


def kinds(document: JSON, *entries: KnownFailure, ids: tuple[str, ...] = ()) -> list[str]:
    return [mistake.kind for mistake in known_failures.apply(document, entries, TODAY, ids)[1]]


@pytest.mark.parametrize("rule", ["", RULE, "messages.stream.*"])
def test_listed_and_failing_is_known(rule: str) -> None:
    run = example_runs.worse()
    first, second, *_ = failing(run)
    entry = KnownFailure(first, "the proxy drops it", rule=rule, link="https://example.com/1")
    settled, mistakes = known_failures.apply(run, [entry], TODAY)
    assert mistakes == ()
    assert outcome(settled, first) == "known"
    assert outcome(settled, second) == "failed"
    assert settled["summary"]["known"] == 1
    assert settled["summary"]["failed"] == run["summary"]["failed"] - 1
    reason = next(one["reason"] for one in settled["verdicts"] if one["id"] == first)
    assert "the proxy drops it" in reason
    assert "https://example.com/1" in reason


def test_another_reason_to_fail_is_not_known() -> None:
    run = example_runs.worse()
    first = failing(run)[0]
    run["verdicts"] = [
        {**one, "findings": [*one["findings"], {**one["findings"][0], "rule": "messages.stream.another"}]}
        if one["id"] == first
        else one
        for one in run["verdicts"]
    ]
    settled, mistakes = known_failures.apply(run, [KnownFailure(first, "r", rule=RULE)], TODAY)
    assert outcome(settled, first) == "failed"
    assert mistakes == ()
    both = [KnownFailure(first, "r", rule=RULE), KnownFailure(first, "s", rule="messages.stream.another")]
    assert outcome(known_failures.apply(run, both, TODAY)[0], first) == "known"


def test_listed_and_passing_is_stale() -> None:
    run = example_runs.worse()
    assert kinds(run, KnownFailure(passing(run)[0], "r")) == ["stale"]
    assert kinds(run, KnownFailure(failing(run)[0], "r", rule="some.other-rule")) == ["stale"]
    assert kinds(run, KnownFailure("*", "r")) == ["stale"]
    assert kinds(run, KnownFailure(passing(run)[0], "r", sometimes=True)) == []


def test_an_unverified_case_does_not_make_an_entry_stale() -> None:
    run = example_runs.worse()
    name = passing(run)[0]
    assert kinds(example_runs.with_outcome(run, name, "unverified"), KnownFailure(name, "r")) == []


def test_matching_nothing_is_a_mistake_unless_the_run_left_the_case_out() -> None:
    run = example_runs.worse()
    assert kinds(run, KnownFailure("no/such/case", "r")) == ["unmatched"]
    assert kinds(run, KnownFailure("no/such/case", "r"), ids=("no/such/case",)) == []


def test_expired_is_a_mistake_and_excuses_nothing() -> None:
    run = example_runs.worse()
    first = failing(run)[0]
    over = KnownFailure(first, "r", expires=date(2026, 6, 14))
    assert kinds(run, over) == ["expired"]
    assert outcome(known_failures.apply(run, [over], TODAY)[0], first) == "failed"
    last_day = KnownFailure(first, "r", expires=TODAY)
    assert kinds(run, last_day) == []
    assert outcome(known_failures.apply(run, [last_day], TODAY)[0], first) == "known"


def test_conditions_narrow_an_entry() -> None:
    run = example_runs.worse()
    first = failing(run)[0]
    for entry in (KnownFailure(first, "r", stream=True), KnownFailure(first, "r", model="reference-*")):
        assert outcome(known_failures.apply(run, [entry], TODAY)[0], first) == "known"
    for entry in (KnownFailure(first, "r", stream=False), KnownFailure(first, "r", model="another")):
        assert outcome(known_failures.apply(run, [entry], TODAY)[0], first) == "failed"
        assert kinds(run, entry) == ["unmatched"]


def test_square_brackets_in_a_glob_match_themselves() -> None:
    run = example_runs.worse()
    first = next(name for name in failing(run) if name.endswith("]"))
    assert outcome(known_failures.apply(run, [KnownFailure(first, "r")], TODAY)[0], first) == "known"


def test_applying_twice_changes_nothing() -> None:
    run = example_runs.worse()
    entries = [KnownFailure("messages/*", "r", rule=RULE, stream=True, sometimes=True)]
    once = known_failures.apply(run, entries, TODAY)
    assert known_failures.apply(once[0], entries, TODAY) == once


def test_update_writes_a_list_that_makes_the_run_green(tmp_path: Path) -> None:
    run = example_runs.worse()
    path = tmp_path / "known.yaml"
    path.write_text(known_update.update(run, TODAY), "utf-8")
    settled, mistakes = known_failures.apply(run, load_known_failures(path), TODAY)
    assert mistakes == ()
    assert failing(settled) == []
    assert [one["id"] for one in settled["verdicts"] if one["outcome"] == "known"] == failing(run)


def test_update_of_a_clean_run_is_an_empty_list(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(known_update.update(example_runs.clean(), TODAY), "utf-8")
    assert load_known_failures(path) == ()


def test_text_of_a_gateway_cannot_end_its_yaml_comment(tmp_path: Path) -> None:
    run = without_problems(example_runs.worse())
    for entry in run["verdicts"]:
        for finding in entry["findings"]:
            finding["got"] = "x\n  - cases: '*'\r    reason: \u2028\x85y"
    for document, count in ((run, 1), ({**run, "problems": []}, len(failing(run)))):
        path = tmp_path / "known.yaml"
        path.write_text(known_update.update(document, TODAY), "utf-8")
        assert all(entry.cases != "*" for entry in load_known_failures(path))
        assert len(load_known_failures(path)) == count


@pytest.mark.parametrize(
    "sign", ["\U0001f600", "\u00fc", "\u202e", "\x9b", "\u2028", "\ud800", '"', "\\U", "\\ud83d\\ude00", "\t"]
)
def test_an_entry_matches_its_case_whatever_characters_the_id_has(sign: str, tmp_path: Path) -> None:
    run: JSON = {**example_runs.worse(), "problems": []}
    name = f"{failing(run)[0]}[word={sign}]"
    next(entry for entry in run["verdicts"] if entry["outcome"] == "failed")["id"] = name
    path = tmp_path / "known.yaml"
    path.write_text(known_update.update(run, TODAY), "utf-8")
    assert name in {entry.cases for entry in load_known_failures(path)}
    settled, mistakes = known_failures.apply(run, load_known_failures(path), TODAY)
    assert mistakes == ()
    assert failing(settled) == []


BAD = {
    "known:\n  - reason: r\n": (":2:", "neither a `problem` nor `cases`"),
    "known:\n  - cases: a\n    problem: chat.id\n    reason: r\n": (":2:", "`cases` does not go together with"),
    "known:\n  - cases: a\n    rules: [chat.id]\n    reason: r\n": (":2:", "`rules` does not go together with"),
    "known:\n  - cases: a\n    reason: Not investigated yet.\n": (":2:", "write why the failure is accepted"),
    "known:\n  - cases: a\n": (":2:", "reason"),
    "known:\n  - cases: a\n    reason: r\n    expires: 2026-02-30\n": (":4:", "2026-02-30", "YYYY-MM-DD"),
    "known:\n  - cases: a\n    reason: r\n    link: javascript:x\n": (":4:", "link"),
    "known:\n  - cases: a\n    reasons: r\n": (":3:", "unknown key 'reasons'"),
    "known:\n  - cases: a\n    reason: ' '\n": (":3:", "reason"),
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_list_is_one_sentence_with_file_and_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_known_failures(path)
    for word in ("known.yaml", *BAD[text]):
        assert word in str(caught.value)
