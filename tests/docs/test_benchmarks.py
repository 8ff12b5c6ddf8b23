"""The benchmark runs, and its streams are valid: figures for broken streams would be meaningless."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import bound, drift, judge, measure, notices, order, streams
from benchmarks.__main__ import main
from benchmarks.judge import Row
from conformance.analysis.recordings import read_recording
from conformance.core.model import Case, Step
from conformance.judge import contract
from conformance.protocol import sse
from conformance.protocol.family import names
from conformance.reference.faults import FAULTS, ONE_SIDED
from conformance.suite.notices import Notices
from tests.support.paths import TRAFFIC
from tests.support.proof import chosen

FAMILIES = list(streams.FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("deltas", [1, 50])
def test_the_streams_are_valid(family: str, deltas: int) -> None:
    assert contract.findings(streams.FAMILIES[family](deltas)) == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_stream_has_the_given_number_of_deltas(family: str) -> None:
    short, long = (streams.FAMILIES[family](deltas) for deltas in (10, 110))
    assert len(sse.read(long.chunks).events) - len(sse.read(short.chunks).events) == 100
    assert 100 < (len(streams.body(long)) - len(streams.body(short))) / 100 < 400


@pytest.mark.parametrize("family", FAMILIES)
def test_a_damaged_stream_would_be_noticed(family: str) -> None:
    exchange = streams.FAMILIES[family](10)
    documents = [event.data for event in sse.read(exchange.chunks[:-1]).events]
    assert all(isinstance(json.loads(document), dict) for document in documents)
    cut = type(exchange)(exchange.family, exchange.request, 200, exchange.headers, exchange.chunks[:-1])
    assert any(finding.level == "must" for finding in contract.findings(cut))


@pytest.mark.e2e
def test_the_table_has_a_row_for_each_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", "--events", "20,10", "--rounds", "1"]) == 0
    head, *rows = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert head.split()[:2] == ["family", "events"]
    assert [row.split()[:2] for row in rows] == [[family, count] for family in FAMILIES for count in ("10", "20")]


def test_the_worst_row_decides_about_a_target() -> None:
    good = Row("chat_completions", 1000, 0.1, 10.0, memory=2.0, whole=3.0, speed=60.0)
    bad = Row("messages", 1000, 0.2, 12.0, memory=5.0, whole=6.0, speed=20.0)
    assert [line.split()[0] for line in judge.targets([good])] == ["met"] * 4
    assert [line.split()[0] for line in judge.targets([good, bad])] == ["MISSED"] * 4


def test_the_best_of_several_runs_counts_and_they_take_turns() -> None:
    ran: list[str] = []
    works = {name: lambda name=name: ran.append(name) for name in ("a", "b")}
    taken = measure.seconds(works, rounds=2)
    assert ran == ["a", "b"] * 2
    assert set(taken) == {"a", "b"}


def test_memory_is_what_is_held_and_what_the_work_adds() -> None:
    used = measure.memory(lambda: bytes(100_000), lambda made: made + bytes(300_000))
    assert 100_000 <= used.held < 150_000
    assert 700_000 <= used.added < 750_000


def made(name: str, *steps: Step, marks: tuple[str, ...] = ()) -> Case:
    return Case(name, "", "messages", "", "messages", "must", "", (), steps, "", 1, marks=marks)


def took(name: str, *seconds: float) -> dict[str, object]:
    return {"id": name, "exchanges": [{"seconds": each} for each in seconds]}


def test_the_lower_bound_of_a_run() -> None:
    first, beside = Step({}, {}), Step({"together": True}, {})
    known = {
        "long": made("long", first, first),
        "wide": made("wide", first, beside, beside),
        "alone": made("alone", first, marks=("exclusive",)),
    }
    document = {"verdicts": [took("long", 3.0, 4.0), took("wide", 1.0, 1.0, 2.0), took("alone", 5.0)]}

    def least(*names: str, latency: float = 0.0, concurrency: int = 1) -> float:
        return bound.seconds(names, document, known, latency, concurrency)

    assert least("long", "wide", concurrency=100) == 7.0
    assert least("wide", concurrency=100) == 2.0
    assert least("wide", concurrency=1) == 4.0
    assert least("long", "wide", concurrency=1) == 11.0
    assert least("long", "wide", "alone", concurrency=100) == 12.0
    assert least("long", "alone", latency=1.0, concurrency=100) == 9.0 + 6.0


def test_the_parts_of_the_cross_validation_have_each_report_once() -> None:
    parts = order.folds()
    reported = [fault for fault in ONE_SIDED if FAULTS[fault].url]
    assert sorted(fault for part in parts for fault in part) == sorted(reported)
    urls = [{FAULTS[fault].url for fault in part} for part in parts]
    assert sum(map(len, urls)) == len(set().union(*urls))
    assert max(map(len, urls)) - min(map(len, urls)) <= 1


def test_apfd_is_high_if_faults_are_noticed_early() -> None:
    found = Notices({}, {}, {"one": frozenset("ab"), "two": frozenset("c"), "none": frozenset()})
    assert order.first_places("abc", found, ["one", "two", "none"]) == {"one": 1, "two": 3}
    assert order.apfd({"one": 1, "two": 1}, 2) == 1 - 1 / 2 + 1 / 4
    assert order.apfd({"one": 1}, 4) > order.apfd({"one": 2}, 4)


def test_what_the_file_lacks_is_tried() -> None:
    """The faults that replay a report are tried on all cases of their family.

    The others are tried on those that they name, and on the rich ones.
    """
    fault = FAULTS["chat-integers-rounded"]
    assert fault.url
    [wanted] = notices._Growing(Path(), Notices()).missing([fault]).values()
    assert {case.id for case in wanted} > {case.id for case in chosen(fault.cases)}
    known = frozenset(case.id for case in wanted[1:])
    assert notices._Growing(Path(), Notices({}, {fault.id: known})).missing([fault]) == {fault.id: wanted[:1]}
    own = FAULTS["chat-id-empty"]
    assert not own.url
    [tried] = notices._Growing(Path(), Notices()).missing([own]).values()
    named, rich = {case.id for case in chosen(own.cases)}, {case.id for case in tried if case.area == notices.RICH}
    assert rich
    assert {case.id for case in tried} == named | rich


@pytest.mark.proof
def test_a_fault_is_noticed_by_the_cases_that_it_changes() -> None:
    """The answers are kept, and yet a case that asks the same question twice passes without a fault."""
    text = "text/system-and-user*"
    asked = chosen(f"chat_completions/{text} messages/{text} chat_completions/text/asked-again")
    with notices.in_process(asked) as bench:
        verdicts = bench.verdicts(FAULTS["chat-stream-done-lost"], asked)
    assert {verdict.case.id: verdict.outcome for verdict in verdicts} == {
        "chat_completions/text/system-and-user[stream=true]": "failed",
        "chat_completions/text/asked-again": "failed",
    }
    assert bench.costs.keys() == {case.id for case in asked}
    assert bench.costs["chat_completions/text/asked-again"].requests == 3


def test_without_recorded_traffic_drift_measures_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", str(tmp_path / "nowhere.jsonl.gz")]) == 0
    assert (
        capsys.readouterr().out == f"nothing to measure: there is no recorded traffic at {tmp_path}/nowhere.jsonl.gz\n"
    )


def test_the_known_additions_name_families_and_days() -> None:
    known = drift.additions()
    assert len(known) == len(set(known)) > 30
    assert {addition.family for addition in known} <= set(names())
    assert all(len(addition.since) == 10 for addition in known)


@pytest.mark.skipif(not TRAFFIC.is_file(), reason="the recorded traffic is not here")
def test_drift_names_every_known_addition_between_two_halves_of_official_traffic() -> None:
    recording = list(read_recording(TRAFFIC))
    _, middle, _ = drift.days(recording)
    result = drift.measure(recording, middle)
    assert len(result.expected) >= 15
    assert result.missed == []
    assert result.found.of("breaking") == []
    assert result.musts == ()
    assert not drift.by_chance(recording, 0).fails("breaking")
