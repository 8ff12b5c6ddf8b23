"""A fault is switched on after a clean night: every report shows exactly this regression, and only it fails the run."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.core.model import JSON
from conformance.records import run_file
from tests.support import browser, nights, suite
from tests.support.nights import Nightly

FAULT, RULE = "messages-message-stop-lost", "messages.stream.unfinished"
FEW = (
    "(messages/text/system or messages/text/content or messages/text/recall or responses/text/input"
    " or messages/errors/no or models/openai/list) and not long"
)
PROBLEM = re.compile(
    rf"^((?:new|wider) problem: must) {re.escape(RULE)}@messages,streamed: every streamed Messages answer, (.*)$",
    re.MULTILINE,
)
FILES = ("messages/text.yaml", "messages/errors.yaml", "responses/text.yaml", "models/openai.yaml")
ON_REGRESSION = "--fail-on=regression"
Result = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Nights:
    """The output of each night, by name, and the folder with the reports."""

    said: dict[str, Result]
    folder: Path

    def file(self, night: str) -> str:
        return str(self.folder / night / "run.json")

    def run(self, night: str) -> JSON:
        return suite.report(self.folder / night)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Nightly]:
    with pytest.MonkeyPatch.context() as patch, nights.gateway(patch) as running:
        yield running


@pytest.fixture(scope="module")
def over_nights(gateway: Nightly, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """A clean night, one with the fault in some answers, two with the fault in all, and a clean one.

    Each is compared with an earlier one.
    """
    folder = tmp_path_factory.mktemp("nights")
    chosen = (f"--cases={suite.part(folder / 'cases', *FILES)}", "-k", FEW)
    said = {}
    for night, fault, within, before in (
        ("clean", (), b"", ""),
        ("narrow", (FAULT,), b'"system"', "clean"),
        ("fault", (FAULT,), b"", "clean"),
        ("still", (FAULT,), b"", "fault"),
        ("clean-again", (), b"", "clean"),
    ):
        gateway.faults, gateway.within = fault, within
        compared = f"--baseline={folder / before / 'run.json' if before else 'none'}"
        said[night] = suite.run(
            f"--gateway-url={gateway.url}", *chosen, f"--report-dir={folder / night}", ON_REGRESSION, compared
        )
    gateway.faults, gateway.within = (), b""
    return Nights(said, folder)


@pytest.fixture(scope="module")
def streams(over_nights: Nights) -> set[str]:
    """The cases that the fault must break: all cases with a Messages stream in the clean night."""
    sent = [entry for entry in over_nights.run("clean")["verdicts"] if entry["exchanges"]]
    return {
        entry["id"]
        for entry in sent
        if entry["endpoint"] == "messages" and run_file.streamed(entry) and entry["exchanges"][-1]["status"] == 200
    }


def regressions(text: str) -> set[str]:
    """The cases that a text lists as regressed by the rule; cases of a later set only warn."""
    return set(re.findall(rf"(\S+) \(passed, then (?:failed|warned)\): {re.escape(RULE)}`?$", text, re.MULTILINE))


def command(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    assert main(arguments) == code
    return capsys.readouterr().out


@pytest.mark.socket
def test_only_the_regression_is_red(over_nights: Nights) -> None:
    codes = {night: result.returncode for night, result in over_nights.said.items()}
    assert codes == {"clean": 0, "narrow": 1, "fault": 1, "still": 0, "clean-again": 0}


@pytest.mark.socket
def test_the_terminal_says_exactly_that(over_nights: Nights, streams: set[str]) -> None:
    said = over_nights.said["fault"].stdout
    assert len(streams) > 5
    number = len(streams)
    assert PROBLEM.findall(said) == [("new problem: must", f"{number} of {number}")]
    assert re.search(rf"^failed: a new problem: {re.escape(RULE)}@messages,streamed$", said, re.MULTILINE)
    assert f"{number} regressed\n" in said
    assert not re.search("^(regressed|newly unverified|still failing|fixed|new|gone): ", said, re.MULTILINE)
    again = over_nights.said["clean-again"].stdout
    assert "nothing changed\n" in again
    assert not PROBLEM.search(again)
    still = over_nights.said["still"].stdout
    assert f"{number} still failing\n" in still
    assert "1 problem as before\n" in still


@pytest.mark.socket
def test_diff_says_exactly_that(over_nights: Nights, streams: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    clean, fault = over_nights.file("clean"), over_nights.file("fault")
    said = command(capsys, "diff", clean, fault, ON_REGRESSION, code=1)
    assert regressions(said) == streams
    assert len(PROBLEM.findall(said)) == 1
    assert re.findall(r"^rule (\S+): broken in 0 cases, then in (\d+)$", said, re.MULTILINE) == [
        (RULE, str(len(streams)))
    ]
    document = json.loads(command(capsys, "diff", clean, fault, "--json", code=0))
    [problem] = document["problems"]
    assert (problem["kind"], problem["rule"], {*problem["broke"]}) == ("new", RULE, streams)
    changes = document["changes"]
    assert {change["id"] for change in changes} == streams
    assert {(change["kind"], *change["rules"]) for change in changes} == {("regressed", RULE)}
    for old, new in ((fault, fault), (fault, clean), (clean, over_nights.file("clean-again"))):
        command(capsys, "diff", old, new, ON_REGRESSION, code=0)
    command(capsys, "diff", fault, fault, "--fail-on=must", code=1)


@pytest.mark.socket
def test_the_same_fault_in_more_answers_is_a_wider_problem(
    over_nights: Nights, streams: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clean, narrow, fault = (over_nights.file(night) for night in ("clean", "narrow", "fault"))
    [few] = json.loads(command(capsys, "diff", clean, narrow, "--json", code=0))["problems"]
    assert (few["kind"], few["rule"]) == ("new", RULE)
    assert {*few["broke"]} < streams
    said = command(capsys, "diff", narrow, fault, ON_REGRESSION, code=1)
    number = len(streams)
    assert PROBLEM.findall(said) == [
        ("wider problem: must", f"{number} of {number}; in {len(few['broke'])} cases before, in {number} now")
    ]
    [wider] = json.loads(command(capsys, "diff", narrow, fault, "--json", code=0))["problems"]
    assert {*wider["broke"]} == streams - {*few["broke"]}
    for form in ("markdown", "html"):
        text = command(capsys, "render", fault, "--to", form, "--baseline", narrow, code=0)
        assert text.count(f"wider problem: must {RULE}@messages,streamed: every streamed Messages answer, ") == 1
    [back] = json.loads(command(capsys, "diff", fault, narrow, "--json", code=0))["problems"]
    assert back["kind"] == "narrower"
    command(capsys, "diff", fault, narrow, ON_REGRESSION, code=0)


@pytest.mark.socket
def test_markdown_says_exactly_that(over_nights: Nights, streams: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    against = ("--to", "markdown", "--baseline", over_nights.file("clean"))
    text = command(capsys, "render", over_nights.file("fault"), *against, code=0)
    assert {name.removeprefix("`") for name in regressions(text)} == streams
    assert f"{len(streams)} regressed." in text
    assert f"- `new problem: must {RULE}@messages,streamed: every streamed Messages answer, " in text
    assert "Nothing changed." in command(capsys, "render", over_nights.file("clean-again"), *against, code=0)


@pytest.mark.browser
@browser.NEEDED
def test_the_page_says_exactly_that(over_nights: Nights, streams: set[str], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    against = ("--to", "html", "--baseline", over_nights.file("clean"), "-o", str(page))
    assert main(["render", over_nights.file("fault"), *against]) == 0
    with browser.started() as chromium, browser.opened(chromium, page) as tab:
        changes = tab.get_by_role("region", name="Changes")
        regressed = changes.locator(".regressed")
        assert set(regressed.locator(".id").all_inner_texts()) == streams
        assert set(regressed.locator(".rules").all_inner_texts()) == {RULE}
        # On a busy machine, slower cases may be listed as well.
        headings = {*changes.get_by_role("heading", level=3).all_inner_texts()}
        assert headings - {"Slower (informational)"} == {"Regressed"}


# Known failures


def listed(folder: Path, cases: str, **more: str) -> str:
    """The option with a list of one entry."""
    path = folder / "known.yaml"
    entry = {"cases": f'"{cases}"', "rule": RULE, "reason": "the proxy cuts it", **more}
    path.write_text("known:\n  - " + "\n    ".join(f"{name}: {value}" for name, value in entry.items()) + "\n", "utf-8")
    return f"--known-failures={path}"


def judged(gateway: Nightly, folder: Path, *arguments: str) -> tuple[int, dict[str, int], str]:
    """Exit code, summary and output of a run of few cases."""
    cases = suite.part(folder / "cases", "messages/text.yaml")
    few = (f"--cases={cases}", "-k", "messages/text/recall or messages/text/content", f"--report-dir={folder}")
    result = suite.run(f"--gateway-url={gateway.url}", *few, *arguments)
    summary = suite.report(folder)["summary"]
    assert isinstance(summary, dict)
    return result.returncode, summary, result.stdout


STREAMED = "messages/text/*[*stream=true]"


@pytest.fixture
def broken(gateway: Nightly) -> Iterator[Nightly]:
    """The gateway while it has the fault."""
    gateway.faults = (FAULT,)
    yield gateway
    gateway.faults = ()


@pytest.mark.socket
def test_without_a_list_the_fault_is_red(broken: Nightly, tmp_path: Path) -> None:
    code, summary, _ = judged(broken, tmp_path)
    assert (code, summary) == (1, {"failed": 2, "passed": 2})


@pytest.mark.socket
def test_listed_and_failing_is_known_and_green(broken: Nightly, tmp_path: Path) -> None:
    code, summary, said = judged(broken, tmp_path, listed(tmp_path, STREAMED))
    assert (code, summary) == (0, {"known": 2, "passed": 2})
    assert "2 known" in said


@pytest.mark.socket
def test_listed_and_passing_is_stale_and_red(gateway: Nightly, tmp_path: Path) -> None:
    code, summary, said = judged(gateway, tmp_path, listed(tmp_path, STREAMED))
    assert (code, summary) == (1, {"passed": 4})
    assert re.search(r"^stale: .*known.yaml:2: messages/text/.* no longer fail", said, re.MULTILINE)


@pytest.mark.socket
def test_passing_now_and_then_is_green(gateway: Nightly, tmp_path: Path) -> None:
    assert judged(gateway, tmp_path, listed(tmp_path, STREAMED, sometimes="true"))[0] == 0


@pytest.mark.socket
def test_matching_nothing_is_red(gateway: Nightly, tmp_path: Path) -> None:
    code, summary, said = judged(gateway, tmp_path, listed(tmp_path, "messages/no-such-area/*"))
    assert (code, summary) == (1, {"passed": 4})
    assert re.search(r"^unmatched: .*known.yaml:2: it matches no case", said, re.MULTILINE)


@pytest.mark.socket
def test_expired_is_red_and_excuses_nothing(broken: Nightly, tmp_path: Path) -> None:
    code, summary, said = judged(broken, tmp_path, listed(tmp_path, STREAMED, expires="2020-01-31"))
    assert (code, summary) == (1, {"failed": 2, "passed": 2})
    assert re.search(r"^expired: .*known.yaml:2: it expired on 2020-01-31", said, re.MULTILINE)


@pytest.mark.socket
def test_expired_is_red_even_where_nothing_fails(gateway: Nightly, tmp_path: Path) -> None:
    assert judged(gateway, tmp_path, listed(tmp_path, STREAMED, expires="2020-01-31"))[:2] == (1, {"passed": 4})


@pytest.mark.socket
def test_a_known_failure_is_not_a_regression_and_a_new_list_passes_the_run(
    over_nights: Nights, streams: set[str], broken: Nightly, tmp_path: Path
) -> None:
    first = str(tmp_path / "first.yaml")
    assert main(["known", over_nights.file("fault"), first, "--update"]) == 0
    code, summary, _ = judged(broken, tmp_path, f"--known-failures={first}")
    assert (code, summary) == (0, {"known": 2, "passed": 2})
    entries = re.findall(r"^  - (.*)$", Path(first).read_text("utf-8"), re.MULTILINE)
    assert entries == [f'problem: "{RULE}@messages,streamed"']
