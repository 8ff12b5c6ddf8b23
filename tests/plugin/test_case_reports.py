"""Failed cases on the terminal: by problem, and one by one only where the user asks for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.reference import reference_gateway
from conformance.reference.switch import misbehaviour
from tests.support import suite
from tests.support.in_process import without_sockets
from tests.support.paths import ROOT

FAULT = "chat-stream-done-lost"
FEW = "_completions/text and (system-and or recall or empty or content)"
PROBLEM = "chat.stream.done-missing@chat_completions,streamed"
LISTED = "FAILED conformance/test_gateway.py::test_gateway[chat_completions/"
CASES = """\
family: chat_completions
area: probe
source: https://platform.openai.com/docs/api-reference/chat/create
cases:
  - id: word
    title: A request to the gateway gets its answer
    for: {stream: [false, true]}
    request: {body: {model: $model, stream: $stream, messages: [{role: user, content: "Reply with exactly: $canary"}]}}
    expect: {outcome: success}
"""
NEIGHBOUR = """
import pytest

@pytest.fixture
def broken():
    raise RuntimeError("the fixture is broken")

def test_neighbour():
    assert 1 + 1 == 3

def test_neighbour_with_a_fixture(broken):
    pass
"""


def run(folder: Path, *options: str) -> str:
    """The output of a run against a gateway that loses `[DONE]`."""
    with without_sockets(misbehaviour([FAULT])):
        result = suite.run(f"--gateway-report-dir={folder / 'r'}", *options, GATEWAY_API_KEY=None)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


def run_two(folder: Path, *options: str) -> str:
    """The output of a run of one case that passes, and one that fails."""
    cases = folder / "cases"
    cases.mkdir()
    (cases / "probe.yaml").write_text(CASES, "utf-8")
    return run(folder, f"--gateway-cases={cases}", *options)


def rows(lines: list[str], width: int = 100) -> int:
    """The rows that lines take on a terminal."""
    return sum(max(1, -(-len(line) // width)) for line in lines)


def test_a_lost_done_is_one_problem_in_a_few_lines(tmp_path: Path) -> None:
    cases = suite.part(tmp_path / "cases", "chat_completions/text.yaml")
    said = run(tmp_path, f"--gateway-cases={cases}", "-k", FEW).splitlines()
    start = next(index for index, line in enumerate(said) if "= gateway conformance =" in line)
    assert rows(said[start:]) <= 40
    assert not [line for line in said if "test_gateway[" in line or "FAILURES" in line]
    first = "\n".join(said[start + 1 :]).strip().split("\n\n")[0].splitlines()
    assert len(first) <= 7
    assert first[0].startswith("1. MUST chat.stream.done-missing: A stream ends with `[DONE]`.")
    assert "treat the stream as cut off" in " ".join(first[:2])
    (where,) = [line for line in first if "where:" in line]
    number = int(where.rpartition(" ")[2])
    assert where == f"   where:    every streamed Chat Completions answer: {number} of {number}"
    (command,) = [line.strip() for line in first if line.strip().startswith("curl ")]
    assert '"stream": true' in command
    for page in ("README.md", "docs/reports.md"):
        shown = re.search(r"^1\. MUST.*?(?=\n```)", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
        assert shown
        assert [_comparable(line) for line in shown[0].splitlines()] == [_comparable(line) for line in first]
    (failed,) = [line for line in said if line.startswith("FAILED")]
    assert failed == f"FAILED {number} cases: {PROBLEM} (problem 1)"


def _comparable(line: str) -> str:
    """A line of a block without the numbers and the request of a run."""
    return re.sub(r" -X POST .*|\d+ of \d+$", "", line)


@pytest.mark.parametrize(
    ("option", "texts", "listed"),
    [("-v", True, True), ("--tb=short", True, False), ("--tb=auto", True, False), ("-rf", False, True),
     ("-rA", False, True), ("-rfE", False, True), ("--tb=no", False, False), ("-q", False, False)],
)  # fmt: skip
def test_the_texts_and_the_list_are_shown_where_they_are_asked_for(
    option: str, texts: bool, listed: bool, tmp_path: Path
) -> None:
    said = run_two(tmp_path, option)
    assert ("= FAILURES =" in said) is texts
    assert ("expected: [DONE] before the end" in said.partition("= gateway conformance =")[0]) is texts
    assert (LISTED in said) is listed
    assert (f"FAILED 1 case: {PROBLEM}" in said) is not listed
    assert "1. MUST chat.stream.done-missing" in said
    assert " failed" in said.splitlines()[-1]


def test_nothing_is_listed_without_summaries(tmp_path: Path) -> None:
    said = run_two(tmp_path, "--no-summary")
    assert "FAILED" not in said
    assert "1. MUST chat.stream.done-missing" in said


def test_other_failures_are_shown_as_usual(tmp_path: Path) -> None:
    path = tmp_path / "test_neighbour.py"
    path.write_text(NEIGHBOUR, "utf-8")
    said = run_two(tmp_path, str(path))
    assert "assert (1 + 1) == 3" in said
    assert "the fixture is broken" in said
    listed = said.partition("short test summary")[2]
    assert re.search(r"^FAILED \S*::test_neighbour\b", listed, re.MULTILINE)
    assert re.search(r"^ERROR \S*::test_neighbour_with_a_fixture\b", listed, re.MULTILINE)
    assert LISTED not in said
    assert f"FAILED 1 case: {PROBLEM}" in said


@pytest.mark.e2e
def test_workers_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_API_KEY", raising=False)
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "probe.yaml").write_text(
        CASES.replace("stream: [false, true]", "stream: [false, true], number: [1, 2]"), "utf-8"
    )
    with reference_gateway([FAULT]) as running:
        result = suite.run(
            f"--gateway-url={running.base_url}", f"--gateway-report-dir={tmp_path}", f"--gateway-cases={cases}", "-n2"
        )
    assert result.returncode == 1, result.stdout + result.stderr
    assert "FAILURES" not in result.stdout
    assert LISTED not in result.stdout
    assert f"FAILED 2 cases: {PROBLEM} (problem 1)\n" in result.stdout
