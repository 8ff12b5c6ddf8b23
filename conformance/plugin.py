"""The pytest glue: options, parametrisation, outcomes, the terminal's summary. Hooks only."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance import data, har, library, replay, session
from conformance.client import Client
from conformance.model import JSON, Case, Verdict
from conformance.report import files, summary
from conformance.report import run as run_report
from conformance.report import text as text_report
from conformance.runner import Runner
from conformance.session import Options
from conformance.target import Target
from conformance.yamls import InputError

_GATEWAY_TEST = Path(__file__).with_name("test_gateway.py")
_WORKER_KEY = "gateway_conformance"


class CaseFailed(AssertionError):  # noqa: N818 - what it is, is a verdict
    """The gateway broke a rule; the text says which, and how to see it again."""


class CaseUnverified(Exception):  # noqa: N818 - what it is, is a verdict
    """The case could not be judged; no assertion, so that Allure shows it as broken and not as failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gateway-conformance", "the gateway under test")
    group.addoption("--gateway-url", default="", metavar="URL", help="base URL of the gateway, ending in /v1")
    group.addoption("--gateway-profile", default="", metavar="FILE", help="YAML file with what the gateway claims")
    group.addoption(
        "--model", action="append", default=[], metavar="[FAMILY=]NAME", help="the model to ask (for one family)"
    )
    group.addoption("--cases", default="", metavar="DIR", help="a folder of cases instead of the suite's own")
    group.addoption("--record", default="", metavar="FILE.har", help="write all exchanges, secrets removed, as HAR 1.2")
    group.addoption("--report-dir", default="reports/latest", metavar="DIR", help="where run.json goes")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    try:
        chosen = session.options(
            config.getoption("--gateway-url"), config.getoption("--gateway-profile"), config.getoption("--model")
        )
        folder = Path(config.getoption("--cases") or data.folder("cases"))
        cases = library.load(folder) if _concerned(config) else ()
    except InputError as error:
        raise pytest.UsageError(str(error)) from None
    for mark in sorted({mark for case in cases for mark in case.marks}):
        config.addinivalue_line("markers", f"{mark}: cases that concern {mark.replace('_', ' ')}")
    config.pluginmanager.register(Gateway(config, chosen, cases), "gateway-conformance")


def _concerned(config: pytest.Config) -> bool:
    """Whether the gateway's test is among what was asked for; the suite's own tests need no cases loaded."""
    if hasattr(config, "workerinput"):
        return True
    for argument in config.args:
        path = Path(config.invocation_params.dir, argument.partition("::")[0]).resolve()
        if path == _GATEWAY_TEST or path in _GATEWAY_TEST.parents or config.getoption("pyargs"):
            return True
    return False


class Gateway:
    """What a run knows: the cases, the gateway once it is reached, and the verdicts as they come."""

    def __init__(self, config: pytest.Config, chosen: Options, cases: tuple[Case, ...]) -> None:
        self._config = config
        self._chosen = chosen
        self._cases = cases
        self._stack = ExitStack()
        self._target: Target | None = None
        self._verdicts: list[JSON] = []
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._clock = time.monotonic()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if metafunc.function.__module__ == "conformance.test_gateway" and "case" in metafunc.fixturenames:
            params = [
                pytest.param(case, id=case.id, marks=[_mark(name) for name in case.marks]) for case in self._cases
            ]
            metafunc.parametrize("case", params)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Reaches the gateway once, before the first test, and only if there is one to run."""
        if self._config.option.collectonly or self._is_controller():
            return
        if any("case" in getattr(item, "fixturenames", ()) for item in session.items):
            client = self._stack.enter_context(Client(self._reached().profile.timeout))
            self._config.stash[RUNNER] = Runner(self._reached(), client)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Under xdist the controller reaches the gateway, for all workers."""
        if self._cases:
            node.workerinput[_WORKER_KEY] = session.to_json(self._reached())

    def _is_controller(self) -> bool:
        return bool(self._config.getoption("dist", "no") != "no" and not hasattr(self._config, "workerinput"))

    def _reached(self) -> Target:
        if self._target is None:
            try:
                handed = getattr(self._config, "workerinput", {}).get(_WORKER_KEY)
                self._target = (
                    session.from_json(handed, self._chosen)
                    if handed
                    else self._stack.enter_context(session.opened(self._chosen))
                )
            except InputError as error:
                raise pytest.UsageError(str(error)) from None
        return self._target

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        verdict = item.stash.get(VERDICT, None)
        if verdict is not None and report.when == "call":
            report.gateway_verdict = run_report.verdict(verdict)  # type: ignore[attr-defined]
            if call.excinfo is not None and call.excinfo.errisinstance((CaseFailed, CaseUnverified)):
                report.longrepr = str(call.excinfo.value)
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        verdict = getattr(report, "gateway_verdict", None)
        if verdict is None or report.when != "call" or verdict["outcome"] not in _WORDS:
            return None
        return _WORDS[verdict["outcome"]] if report.outcome == "passed" or verdict["outcome"] == "unverified" else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and hasattr(report, "gateway_verdict"):
            self._verdicts.append(report.gateway_verdict)

    def pytest_sessionfinish(self) -> None:
        if self._verdicts and self._target is not None and not hasattr(self._config, "workerinput"):
            document = self._document()
            files.write(Path(self._config.getoption("--report-dir")) / "run.json", document)
            if self._config.getoption("--record"):
                files.write(Path(self._config.getoption("--record")), _recorded(document))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._verdicts and self._target is not None:
            terminalreporter.section("gateway conformance")
            for line in summary.lines(self._document(), Path(self._config.getoption("--report-dir"))):
                terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        self._stack.close()

    def _document(self) -> JSON:
        reached = self._reached()
        gateway = {
            "base_url": reached.base_url,
            "name": reached.profile.name,
            "version": reached.profile.version,
            "models": dict(reached.models),
            "notes": list(reached.notes),
        }
        return run_report.document(gateway, self._started, time.monotonic() - self._clock, self._verdicts)


RUNNER = pytest.StashKey[Runner]()
VERDICT = pytest.StashKey[Verdict]()
_WORDS = {"warned": ("warned", "w", "WARNED"), "unverified": ("unverified", "u", "UNVERIFIED")}


def _recorded(document: JSON) -> JSON:
    exchanges = (exchange for _, exchange in replay.exchanges(document))
    return har.document(exchanges, run_report.suite_version())


def _mark(name: str) -> pytest.MarkDecorator:
    decorator: pytest.MarkDecorator = getattr(pytest.mark, name)
    return decorator


@pytest.fixture
def verdict_of(request: pytest.FixtureRequest) -> Callable[[Case], Verdict]:
    """Runs a case against the gateway under test, and keeps its verdict for the reports."""

    def run(case: Case) -> Verdict:
        verdict = request.config.stash[RUNNER].run(case)
        request.node.stash[VERDICT] = verdict
        return verdict

    return run


def settle(verdict: Verdict, strict: bool) -> None:
    """Ends the test as the verdict says."""
    if verdict.outcome == "failed" or (strict and verdict.outcome == "warned"):
        raise CaseFailed(text_report.verdict(verdict))
    if verdict.outcome == "unverified":
        raise CaseUnverified(text_report.verdict(verdict))
    if verdict.outcome == "not_applicable":
        pytest.skip(text_report.reason(verdict))
