"""Allure results: the files of real runs, read by Allure's own generators.

The generators need npm (`npm install allure@3`, or `allure-commandline@2` with Java): put their `allure` on the PATH.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from conformance.analysis import problems
from conformance.core.model import JSON
from conformance.plugin import allure_hooks
from conformance.report import allure
from tests.support import example_runs, nights, suite

ALLURE = shutil.which("allure")
NEEDED = pytest.mark.skipif(ALLURE is None, reason="no allure on the PATH; npm install allure@3")
FAULT = "messages-message-stop-lost"
FEW = "(messages/text or messages/vision) and not long"
RULE = "messages.stream.unfinished"
ISSUE = "https://github.com/example/gateway/issues/1234"
KNOWN = f"""\
known:
  - cases: messages/text/system-*[*stream=true]
    rule: {RULE}
    reason: The proxy cuts the last event
    link: {ISSUE}
"""
STATUSES = {
    "passed": "passed", "failed": "failed", "known": "failed", "unverified": "broken", "not_applicable": "skipped",
}  # fmt: skip


@dataclass
class Night:
    """A run: its report, and its results by the case's id."""

    run: JSON
    allure: Path

    @cached_property
    def results(self) -> dict[str, JSON]:
        read = [json.loads(path.read_text("utf-8")) for path in self.allure.glob("*-result.json")]
        return {result["fullName"]: result for result in read}

    def of(self, outcome: str) -> list[tuple[JSON, JSON]]:
        """(verdict, result) of the cases with this outcome."""
        found = [entry for entry in self.run["verdicts"] if entry["outcome"] == outcome]
        return [(entry, self.results[entry["id"]]) for entry in found]


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Night, Night]]:
    """A clean night; then one with a fault, a list of known failures, and too few requests to judge everything."""
    folder = tmp_path_factory.mktemp("nights")
    (folder / "known.yaml").write_text(KNOWN, "utf-8")
    (folder / "profile.yaml").write_text("name: Nightly\nversion: '1.2'\ncapabilities: {vision: false}\n", "utf-8")
    cases = suite.part(folder / "cases", "messages/text.yaml", "messages/vision.yaml")
    options = (f"--cases={cases}", f"--gateway-profile={folder / 'profile.yaml'}", "-k", FEW)
    with pytest.MonkeyPatch.context() as patch, nights.gateway(patch) as gateway:
        chosen = (f"--gateway-url={gateway.url}", *options)
        first = _night(folder / "first", *chosen)
        gateway.faults = (FAULT,)
        second = _night(
            folder / "second", *chosen, f"--known-failures={folder / 'known.yaml'}", "--max-requests=26", "-n", "2"
        )
        yield first, second


def _night(folder: Path, *arguments: str) -> Night:
    result = suite.run(*arguments, f"--alluredir={folder / 'allure'}", f"--report-dir={folder}")
    assert (folder / "run.json").exists(), result.stdout + result.stderr
    return Night(suite.report(folder), folder / "allure")


def values(result: JSON, name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


@pytest.mark.e2e
def test_every_verdict_has_its_result(two_nights: tuple[Night, Night]) -> None:
    for night in two_nights:
        assert set(night.results) == {entry["id"] for entry in night.run["verdicts"]}
        for entry in night.run["verdicts"]:
            result = night.results[entry["id"]]
            assert result["status"] == STATUSES[entry["outcome"]], entry["id"]
            assert values(result, "epic") == [entry["family"]]
            assert values(result, "feature") == [entry["area"]]
            assert values(result, "severity") == [{"must": "critical", "should": "normal"}[entry["level"]]]
            assert entry["source"] in [link["url"] for link in result["links"]]
    assert set(two_nights[1].run["summary"]) == set(STATUSES)


@pytest.mark.e2e
def test_the_same_case_is_the_same_test_every_night(two_nights: tuple[Night, Night]) -> None:
    first, second = two_nights
    assert first.results.keys() & second.results.keys()
    for name in first.results.keys() & second.results.keys():
        assert first.results[name]["historyId"] == second.results[name]["historyId"]
    ids = Counter(result["historyId"] for result in first.results.values())
    assert max(ids.values()) == 1


@pytest.mark.e2e
def test_a_failure_says_which_rule_and_links_its_source(two_nights: tuple[Night, Night]) -> None:
    entry, result = two_nights[1].of("failed")[0]
    details = result["statusDetails"]
    [problem] = two_nights[1].run["problems"]
    assert details["message"].startswith(f"problem {problem['id']}\n{RULE}: ")
    assert "known" not in details
    assert "expected: " in details["trace"]
    assert "Traceback" not in details["trace"]
    assert RULE in [link["name"] for link in result["links"]]
    assert entry["title"] in result["description"]


@pytest.mark.e2e
def test_a_known_failure_is_one_and_links_its_issue(two_nights: tuple[Night, Night]) -> None:
    for _, result in two_nights[1].of("known"):
        assert result["statusDetails"]["known"] is True
        assert result["statusDetails"]["message"].startswith("known: The proxy cuts the last event")
        assert {"type": "issue", "url": ISSUE, "name": ISSUE} in result["links"]
        assert "known" in values(result, "tag")


@pytest.mark.e2e
def test_requests_and_answers_are_attached(two_nights: tuple[Night, Night]) -> None:
    first = two_nights[0]
    for entry in first.run["verdicts"]:
        steps = first.results[entry["id"]].get("steps", [])
        assert len(steps) == len(entry["exchanges"])
    entry, result = next(pair for pair in first.of("passed") if "stream=true" in pair[0]["id"])
    attached = {one["name"]: one for one in result["steps"][0]["attachments"]}
    text = {name: (first.allure / one["source"]).read_text("utf-8") for name, one in attached.items()}
    assert text["Request"].startswith("POST http://")
    assert '"stream": true' in text["Request"]
    assert "event: message_stop" in text["Response"]
    assert text["curl"].endswith(entry["exchanges"][0]["curl"][-20:])
    head, *rows = text["Stream"].splitlines()
    assert head == "event\tseconds\tkind\tdata"
    assert rows[-1].split("\t")[2] == "message_stop"
    assert attached["Stream"]["type"] == "text/tab-separated-values"


@pytest.mark.e2e
def test_the_run_is_described(two_nights: tuple[Night, Night]) -> None:
    properties = (two_nights[0].allure / "environment.properties").read_text("ascii")
    assert "Gateway=Nightly\\ 1.2\n" in properties
    categories = json.loads((two_nights[1].allure / "categories.json").read_text("utf-8"))
    [problem] = two_nights[1].run["problems"]
    own = f"{RULE}: {problem['scope']['words']}"
    for outcome, name in (("failed", own), ("known", "Known failures"), ("unverified", "Unverified")):
        for _, result in two_nights[1].of(outcome):
            fitting = [one["name"] for one in categories if _fits(one, result)]
            assert fitting == [name]


def _fits(category: JSON, result: JSON) -> bool:
    message = result["statusDetails"]["message"]
    return result["status"] in category["matchedStatuses"] and bool(
        re.fullmatch(category.get("messageRegex", r"[\s\S]*"), message)
    )


def result_of(entry: JSON, **more: object) -> JSON:
    """A result as the folder has it after the test of a failed case."""
    details = {"message": allure.message(entry), "trace": "trace"}
    own = {"fullName": entry["id"], "status": "failed", "start": allure.start(entry), "statusDetails": details}
    return {"uuid": "u", **own, **more}


def test_a_failed_result_is_in_the_category_of_its_worst_problem(tmp_path: Path) -> None:
    worse = example_runs.worse()
    [problem] = problems.problems(worse)
    name = problem["cases"][0]
    [entry] = [entry for entry in worse["verdicts"] if entry["id"] == name]
    other = {**problem, "id": "a.b@c|d,!e (x)", "scope": {"facts": [], "words": "every other answer"}}
    known = {**problem, "id": "k", "known": "known: a ticket"}
    run = {**worse, "problems": [other, problem, known]}
    found = {
        "now": result_of(entry),
        "earlier": result_of(entry, start=1),
        "broken": result_of(entry, status="broken"),
        "foreign": result_of(entry, fullName="own.test"),
    }
    for file, result in found.items():
        (tmp_path / f"{file}-result.json").write_text(json.dumps(result), "utf-8")
    allure_hooks.add_problems(tmp_path, run)
    read = {file: json.loads((tmp_path / f"{file}-result.json").read_text("utf-8")) for file in found}
    assert {file: result for file, result in read.items() if result != found[file]}.keys() == {"now"}
    fitting = [one["name"] for one in allure.categories(run) if _fits(one, read["now"])]
    assert fitting == [f"{RULE}: every other answer"]
    unnamed = [one["name"] for one in allure.categories(run) if _fits(one, found["now"])]
    assert unnamed == ["Broken rules"]


@pytest.mark.e2e
@NEEDED
def test_allures_own_generator_reads_both_nights(two_nights: tuple[Night, Night], tmp_path: Path) -> None:
    assert ALLURE is not None
    version = subprocess.run([ALLURE, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    read = _allure_2 if version.startswith("2.") else _allure_3
    epics, known, broken, turned = read(two_nights, tmp_path)
    second = two_nights[1]
    areas: dict[str, set[str]] = {}
    for entry in second.run["verdicts"]:
        areas.setdefault(entry["family"], set()).add(entry["area"])
    assert epics == areas
    assert known == {entry["id"] for entry, _ in second.of("known")}
    assert broken == {entry["id"] for entry, _ in second.of("unverified")}
    passed = {entry["id"] for entry, _ in two_nights[0].of("passed")}
    assert turned == passed & {entry["id"] for outcome in ("failed", "known") for entry, _ in second.of(outcome)}


Reading = tuple[dict[str, set[str]], set[str], set[str], set[str]]
"""Epics with their features, then the known, broken and newly failed cases."""


def _generated(nights_: tuple[Night, Night], work: Path, *options: str) -> Iterator[Path]:
    """The reports of the nights in their order. A report may use files that the previous one left."""
    assert ALLURE is not None
    for number, night in enumerate(nights_):
        out = work / f"report-{number}"
        command = [ALLURE, "generate", str(night.allure), "-o", str(out), *options]
        result = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        yield out


def _allure_3(nights_: tuple[Night, Night], work: Path) -> Reading:
    plugins = {"awesome": {"options": {"groupBy": ["epic", "feature"]}}}
    (work / "allurerc.json").write_text(json.dumps({"historyPath": "history.jsonl", "plugins": plugins}), "utf-8")
    *_, out = _generated(nights_, work, "--config", "allurerc.json")
    tree = json.loads((out / "widgets" / "tree.json").read_text("utf-8"))
    groups, leaves = tree["groupsById"], tree["leavesById"].values()
    epics = {
        groups[epic]["name"]: {groups[feature]["name"] for feature in groups[epic]["groups"]}
        for epic in tree["root"]["groups"]
    }
    known = {leaf["name"] for leaf in leaves if leaf.get("resolution") == "accepted"}
    broken = {leaf["name"] for leaf in leaves if leaf["status"] == "broken"}
    turned = {leaf["name"] for leaf in leaves if leaf.get("transition") == "regressed" and leaf["status"] == "failed"}
    return epics, known, broken, turned


def _allure_2(nights_: tuple[Night, Night], work: Path) -> Reading:
    reports = _generated(nights_, work)
    first = next(reports)
    shutil.copytree(first / "history", nights_[1].allure / "history")
    out = next(reports)
    behaviors = json.loads((out / "data" / "behaviors.json").read_text("utf-8"))
    epics = {epic["name"]: {feature["name"] for feature in epic["children"]} for epic in behaviors["children"]}
    cases = [json.loads(path.read_text("utf-8")) for path in (out / "data" / "test-cases").glob("*.json")]
    categories = {case["name"]: [one["name"] for one in case["extra"].get("categories", ())] for case in cases}
    known = {name for name, found in categories.items() if found == ["Known failures"]}
    broken = {case["name"] for case in cases if case["status"] == "broken"}
    return epics, known, broken, {case["name"] for case in cases if case["newFailed"]}


@pytest.mark.socket
def test_a_run_without_allures_plugin_is_a_run(tmp_path: Path) -> None:
    result = suite.run("-p", "no:allure_pytest", f"--report-dir={tmp_path}", "-k", "models and listed")
    assert result.returncode == 0, result.stdout + result.stderr
    assert suite.report(tmp_path)["verdicts"]
