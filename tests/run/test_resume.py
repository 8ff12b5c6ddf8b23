"""A killed run keeps its verdicts, and can be resumed."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.core.yaml_input import InputError
from conformance.records import exchange_store, journal
from conformance.records.journal import Journal, read_journal
from tests.support import suite
from tests.support.paths import ROOT
from tests.support.servers import Said, json_answer, raw

MODELS = json_answer({"data": [{"id": "m"}]})
ERROR = {"type": "error", "error": {"type": "invalid_request_error", "message": "This says no."}, "request_id": "r"}
REFUSAL = json_answer(ERROR, 400)
SOON = 30.0


def lines(folder: Path) -> list[Any]:
    text = (folder / journal.NAME).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def wait_for_verdicts(folder: Path, ended: threading.Event) -> None:
    """Waits until the other process has written a verdict."""
    end = time.monotonic() + SOON
    while not (folder / journal.NAME).exists() or len(lines(folder)) < 2:
        assert time.monotonic() < end
        ended.wait(0.02)


class Stopping:
    """A gateway that refuses the given number of requests, and then blocks until it is released."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.reached = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, connection: Any, said: Said) -> None:
        if b"GET " in said.requests[-1][:4]:
            connection.sendall(MODELS)
            return
        with self.lock:
            self.left -= 1
            stop = self.left < 0
        if stop:
            self.reached.set()
            said.ended.wait()
        else:
            connection.sendall(REFUSAL)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("workers", "how"),
    [(0, signal.SIGKILL), (0, signal.SIGINT), (0, signal.SIGTERM), (2, signal.SIGINT), (1, signal.SIGTERM)],
)
def test_a_killed_run_is_resumed(how: signal.Signals, workers: int, tmp_path: Path) -> None:
    """Not with workers whose controller is killed: these are not the suite's."""
    folder = suite.library(tmp_path / "cases", *(suite.case(f"case-{n}", outcome="refusal") for n in range(8)))
    reports = tmp_path / "r"
    stopping = Stopping(5)
    more = [f"-n{workers}"] if workers else []
    with raw(stopping) as server:
        arguments = [f"--gateway-url={server.origin}/v1", f"--cases={folder}", f"--report-dir={reports}",
                     "--concurrency=2", "--retries=0", *more]  # fmt: skip
        with subprocess.Popen(
            suite.command(*arguments), cwd=ROOT, env=suite.environment(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            assert stopping.reached.wait(SOON)
            wait_for_verdicts(reports, server.ended)
            process.send_signal(how)
            output, _ = process.communicate(timeout=SOON)
        assert "INTERNALERROR" not in output
        head, *kept = lines(reports)
        assert head["gateway"]["base_url"] == f"{server.origin}/v1"
        assert 1 <= len(kept) < 8
        if how != signal.SIGKILL:
            assert process.returncode == 2, output
            assert f"interrupted after {len(kept)} of 8 cases; to continue" in output
            assert "the same command with --gateway-resume" in output
            assert len(suite.report(reports)["verdicts"]) == len(kept)  # type: ignore[arg-type]
        stopping.left = 1000
        asked = len(server.requests)
        again = arguments if how == signal.SIGTERM else [one for one in arguments if one not in more]
        result = suite.run(*again, "--resume")
        assert result.returncode in (0, 1), result.stdout
        sent = [request for request in server.requests[asked:] if b"$" not in request and request.startswith(b"POST")]
    report: Any = suite.report(reports)
    assert len(report["verdicts"]) == 8
    assert len({entry["id"] for entry in report["verdicts"]}) == 8
    assert any("earlier run" in note for note in report["gateway"]["notes"])
    assert {entry["id"] for entry in lines(reports)[1:]} == {entry["id"] for entry in report["verdicts"]}
    fresh = 8 - len(kept)
    assert fresh <= len(sent) <= fresh + 2  # the control requests are sent again


@pytest.mark.socket
def test_other_cases_are_not_resumed(tmp_path: Path) -> None:
    one, two = (suite.library(tmp_path / name, suite.case(name)) for name in ("one", "two"))
    suite.run(f"--cases={one}", f"--report-dir={tmp_path / 'r'}")
    assert len(lines(tmp_path / "r")) == 2
    other = suite.run(f"--cases={two}", f"--report-dir={tmp_path / 'r'}", "--resume")
    assert other.returncode == 4
    assert "is of other cases or another gateway" in other.stdout + other.stderr
    nothing = suite.run(f"--cases={two}", f"--report-dir={tmp_path / 'empty'}", "--resume")
    assert nothing.returncode == 4
    again = suite.run(f"--cases={one}", f"--report-dir={tmp_path / 'r'}", "--resume")
    assert again.returncode == 0, again.stdout
    assert len(lines(tmp_path / "r")) == 2


@pytest.mark.parametrize("tail", [b"", b'{"id": "torn', b'{"id": "b"'])
def test_an_incomplete_line_is_ignored(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / journal.NAME
    begun = Journal(path, {"fingerprint": "f"})
    begun.add({"id": "a", "text": "\ud800 \u00fc"})
    begun.close()
    with path.open("ab") as file:
        file.write(tail)
    assert [entry["id"] for entry in read_journal(tmp_path, "f")[1]] == ["a"]
    onward = Journal(path)
    onward.add({"id": "b"})
    onward.close()
    assert [entry["id"] for entry in read_journal(tmp_path, "f")[1]] == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"\n", b"[]\n", b"{}\n", b"no\n", b'{"fingerprint": "g"}\n'])
def test_an_invalid_journal_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / journal.NAME).write_bytes(content)
    with pytest.raises(InputError, match="--gateway-resume"):
        read_journal(tmp_path, "f")


WARNS = """\
  - id: warns
    title: A request to the gateway gets its answer
    request: {path: /v1/nothing, body: {}}
    expect: {outcome: refusal, status: [404], error: {should_say: [no error says this]}}
"""


@pytest.mark.socket
def test_strict_fails_on_a_broken_should_of_the_earlier_run(tmp_path: Path) -> None:
    folder = suite.library(tmp_path / "cases", WARNS)
    arguments = (f"--cases={folder}", f"--report-dir={tmp_path / 'r'}")
    first = suite.run(*arguments)
    assert (first.returncode, [entry["outcome"] for entry in lines(tmp_path / "r")[1:]]) == (0, ["warned"])
    assert suite.run(*arguments, "--resume").returncode == 0
    assert suite.run(*arguments, "--resume", "--strict").returncode == 1


def refuses(connection: Any, said: Said) -> None:
    connection.sendall(MODELS if said.requests[-1].startswith(b"GET") else REFUSAL)


def resumable(folder: Path, origin: str) -> list[str]:
    """Two cases, judged; the arguments of the run."""
    cases = suite.library(folder / "cases", *(suite.case(f"case-{n}", outcome="refusal") for n in range(2)))
    arguments = [f"--gateway-url={origin}/v1", f"--control-url={origin}/v1", f"--cases={cases}",
                 f"--report-dir={folder / 'r'}", "--retries=0"]  # fmt: skip
    result = judged(*arguments)
    assert result.returncode == 0, result.stdout
    return arguments


def judged(*arguments: str) -> subprocess.CompletedProcess[str]:
    return suite.run(*arguments, CONTROL_API_KEY="sk-upstream")


@pytest.mark.e2e
@pytest.mark.parametrize("more", [(), ("-n1",)])
def test_a_complete_run_is_reported_without_the_gateway(more: tuple[str, ...], tmp_path: Path) -> None:
    with raw(refuses) as server:
        arguments = resumable(tmp_path, server.origin)
    before: Any = suite.report(tmp_path / "r")
    (tmp_path / "r" / "run.json").unlink()
    result = judged(*arguments, "--resume", *more)
    assert result.returncode == 0, result.stdout + result.stderr
    after: Any = suite.report(tmp_path / "r")
    assert [entry["id"] for entry in after["verdicts"]] == [entry["id"] for entry in before["verdicts"]]
    assert {**after["gateway"], "notes": []} == {**before["gateway"], "notes": []}
    assert any("earlier run" in note for note in after["gateway"]["notes"])
    assert after["upstream"] == before["upstream"]
    assert ": 2 warned\n" in result.stdout  # the refusals have no request id


@pytest.mark.socket
def test_a_finished_run_is_reported_again_from_a_short_journal(tmp_path: Path) -> None:
    """The exchanges of passed cases are in one file only, and `--gateway-resume` finds them there."""
    folder = tmp_path / "r"
    arguments = (f"--cases={suite.library(tmp_path / 'cases', suite.case('one'))}", f"--report-dir={folder}")
    suite.run(*arguments)
    [entry] = lines(folder)[1:]
    assert (entry["outcome"], entry["exchanges"], len(entry["stored"])) == ("passed", [], 1)
    before: Any = suite.report(folder)
    assert before["verdicts"][0]["exchanges"]
    (folder / "run.json").unlink()
    again = suite.run(*arguments, "--resume")
    assert again.returncode == 0, again.stdout
    assert suite.report(folder)["verdicts"] == before["verdicts"]
    (folder / exchange_store.NAME).unlink()
    lost = suite.run(*arguments, "--resume")
    assert lost.returncode == 4
    assert f"--gateway-resume: {folder / exchange_store.NAME} does not exist" in lost.stdout + lost.stderr
    assert "Traceback" not in lost.stdout + lost.stderr


@pytest.mark.socket
def test_the_journal_of_an_unfinished_run_needs_no_other_file(tmp_path: Path) -> None:
    """Even with `--gateway-keep=failed`, the run can be continued, and its report is complete."""
    folder = tmp_path / "r"
    cases = (suite.case("one"), suite.case("two", outcome="refusal"), suite.case("three"))
    arguments = (f"--cases={suite.library(tmp_path / 'cases', *cases)}", f"--report-dir={folder}", "--concurrency=1")
    suite.run(*arguments, "-x", "--gateway-keep=failed")
    kept = lines(folder)[1:]
    assert [entry["outcome"] for entry in kept] == ["passed", "failed"]
    assert all(entry["exchanges"] for entry in kept)
    assert not (folder / exchange_store.NAME).exists()
    suite.run(*arguments, "--resume")
    verdicts: Any = suite.report(folder)["verdicts"]
    assert [len(entry["exchanges"]) for entry in verdicts] == [1, 1, 1]


@pytest.mark.socket
def test_collect_only_of_a_resumed_run_sends_and_writes_nothing(tmp_path: Path) -> None:
    with raw(refuses) as server:
        arguments = resumable(tmp_path, server.origin)
        (tmp_path / "r" / "run.json").unlink()
        asked = len(server.requests)
        result = judged(*arguments, "--resume", "--collect-only")
        assert len(server.requests) == asked
    assert "Traceback" not in result.stdout + result.stderr
    assert not (tmp_path / "r" / "run.json").exists()
