"""The pytest glue: options, parametrisation, outcomes, the terminal's summary. Hooks only."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from conformance.analysis.gate import (
    Assessment,
    any_fails_test,
    entry_fails_test,
    fails_run,
    gate_from_options,
    over_run_fails,
)
from conformance.core import data_files
from conformance.core.model import Case, Verdict
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError
from conformance.plugin import garbage, junit_file, termination, xdist_scheduler
from conformance.plugin.case_reports import CaseReports
from conformance.plugin.selection import (
    WORKER_KEY,
    forgotten,
    is_only_by_name,
    is_selected,
    is_without_tests,
    names_real_clients,
    selectors,
)
from conformance.plugin.settle import CaseFailed, CaseUnverified
from conformance.real_clients.place import Place
from conformance.records import har, journal, replay, run_document
from conformance.records.run_format import ControlEntry, RunDocument, VerdictEntry
from conformance.report import files, run_text
from conformance.run import connect, ordering, progress, provenance
from conformance.run.config import check_values, settings_from_options, wire
from conformance.run.connect import Reached
from conformance.run.handshake import provider_choice
from conformance.run.place import check_way, place_of
from conformance.run.provenance import Provenance
from conformance.run.run import Run
from conformance.run.worker_share import WorkerShare, worker_share
from conformance.suite import requirement_sets
from conformance.suite.estimate import estimate
from conformance.suite.load import load_cases
from conformance.suite.order import load_order
from conformance.suite.requirement_sets import load_set

_WORKER_KEY = "gateway_conformance"


def pytest_configure(config: pytest.Config) -> None:
    option = config.option
    if is_selected(config):
        config.add_cleanup(termination.as_interrupt())
    with termination.before_session(Path(option.gateway_report_dir)), _usage_errors():
        check_values(option)
        connection = wire(option)
        if names_real_clients(config):
            check_way(connection)
        chosen = connect.options(
            option.gateway_url,
            option.gateway_profile,
            option.gateway_model,
            connection,
            connect.upstream(option.gateway_upstream_url, option.gateway_upstream_profile),
            option.gateway_unlisted_model,
            provider_choice(option.gateway_provider_listen, option.gateway_provider_url),
        )
        folder = Path(option.gateway_cases or data_files.folder("cases"))
        selected = is_selected(config)
        requirements = load_set(folder, option.gateway_set) if selected else None
        cases = requirement_sets.under(load_cases(folder, chosen.claims.serves), requirements) if selected else ()
        run = Run(chosen, settings_from_options(option), cases)
        run.provenance = _provenance(config, requirements)
        run.gate = gate_from_options(option.gateway_known_failures, option.gateway_baseline, option.gateway_fail_on)
        if hasattr(config, "workerinput"):
            run.judged = frozenset(config.workerinput.get(WORKER_KEY, ()))
        elif cases:
            run.resume()
    for mark in sorted({mark for case in cases for mark in case.marks}):
        config.addinivalue_line("markers", f"{mark}: cases that concern {mark.replace('_', ' ')}")
    config.stash[RUN] = run
    config.pluginmanager.register(Gateway(config, run), "gateway-conformance")
    if hooks := _allure_hooks(config):
        hooks.start(config)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turns an error in the user's input into a usage error of pytest: one sentence, and exit code 4."""
    try:
        yield
    except InputError as error:
        raise pytest.UsageError(plain(str(error))) from None


def _provenance(config: pytest.Config, requirements: requirement_sets.CaseSet | None) -> Provenance:
    return Provenance(
        requirements.date if requirements else requirement_sets.NONE,
        provenance.options(config.option),
        provenance.environment(os.environ),
    )


@dataclass(frozen=True, slots=True)
class _Result:
    """run.json, and the facts that decide whether the run fails."""

    document: RunDocument
    assessment: Assessment


class Gateway:
    """The hooks of a run that has a gateway to judge."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run
        self._worker: Any = getattr(config, "workerinput", None)
        self._session: pytest.Session | None = None
        self._strict: bool = config.option.gateway_strict
        self._errors = False
        self._ended = False
        self._reports_of_cases = CaseReports(config, self._is_verdict)
        config.pluginmanager.register(self._reports_of_cases)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Refuses a run that names a gateway and has none of the suite's tests: it would end without a request."""
        self._session = session
        if option := forgotten(self._config):
            raise pytest.UsageError(
                f"{option}: the suite is not among the tests to run, so the gateway would not be tested; "
                "run `pytest --pyargs conformance` with the same options"
            )

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """In a run of the whole package, leaves out the tests with real clients, and the folders without tests.

        The tests with real clients need more than the suite does.
        """
        named = self._session is not None and self._session.isinitpath(collection_path)
        is_left_out = is_only_by_name(collection_path) or is_without_tests(collection_path)
        return True if is_left_out and not named else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if metafunc.function.__module__ == "conformance.test_gateway" and "case" in metafunc.fixturenames:
            marks = {name: _mark(name) for name in {name for case in self._run.cases for name in case.marks}}
            params = [
                pytest.param(case, id=case.id, marks=[marks[name] for name in case.marks]) for case in self._run.cases
            ]
            metafunc.parametrize("case", params)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        judged = [item for item in items if (case := _case(item)) and case.id in self._run.judged]
        self._config.hook.pytest_deselected(items=judged)
        left = [item for item in items if item not in set(judged)] if judged else items
        items[:] = ordering.ordered(left, _case, self._run.settings.expected, load_order())

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> str | None:
        cases = [case for item in items if (case := _case(item))]
        cost = estimate(cases)
        self._run.planned = cost.requests
        return str(cost) if cases else None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Runs the preflight before the first test, if any test needs the gateway."""
        garbage.keep_what_exists(self._config)
        if self._config.option.collectonly or self._is_controller():
            return
        self._run.select([case.id for item in session.items if (case := _case(item))], selectors(self._config))
        if any(_case(item) for item in session.items):
            self._run.start(self._reached(), self._share())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Runs tests in the order in which their exchanges end; an xdist worker runs them as they are assigned."""
        scheduler = self._run.scheduler
        if scheduler is None or session.testsfailed:
            return None
        exclusive = xdist_scheduler.exclusive_node_ids([item.nodeid for item in session.items], self._run.cases)
        together = [item for item in session.items if item.nodeid not in exclusive]
        scheduler.schedule([case for item in self._share().select(together) if (case := _case(item))])
        if self._worker:
            return None
        for item, following in ordering.execution_order(session.items, _case, scheduler):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        case = _case(item)
        if case is not None and self._run.scheduler is not None:
            self._run.scheduler.abandon(case)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """With xdist, the controller runs the preflight for all workers."""
        if is_selected(self._config):
            node.workerinput[WORKER_KEY] = sorted(self._run.judged)
        if self._run.has_cases_left:
            node.workerinput[_WORKER_KEY] = connect.to_json(self._reached())

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The workers collect the tests, and all of them the same."""
        names = {case.id.encode("unicode_escape").decode(): case.id for case in self._run.cases}
        found = (node_id.partition("[")[2].removesuffix("]") for node_id in ids)
        self._run.select([names[name] for name in found if name in names], selectors(self._config))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        if not self._run.cases or config.getoption("dist") == "each":
            return None
        return xdist_scheduler.FixedShareScheduling(config, log, self._run.settings.concurrency, self._run.cases)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._run.add_spent(getattr(node, "workeroutput", {}).get(_WORKER_KEY, {}))

    def _is_controller(self) -> bool:
        return bool(self._config.getoption("dist", "no") != "no" and not self._worker)

    def _share(self) -> WorkerShare:
        if not self._worker:
            return WorkerShare()
        return worker_share(self._worker["workerid"], self._worker["workercount"], self._run.settings.concurrency)

    def _reached(self) -> Reached:
        with _usage_errors():
            return self._run.reached((self._worker or {}).get(_WORKER_KEY))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        entry = item.stash.get(ENTRY, None)
        if entry is not None and report.when == "call":
            report.gateway_verdict = entry  # type: ignore[attr-defined]
            report.gateway_controls = item.stash[CONTROLS]  # type: ignore[attr-defined]
            report.duration += entry["seconds"]  # the exchanges ended before the test began
            if call.excinfo is not None and call.excinfo.errisinstance((CaseFailed, CaseUnverified)):
                report.longrepr = str(call.excinfo.value)
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        entry = _entry(report)
        if entry is None or report.when != "call":
            return None
        special = entry["outcome"] in _WORDS and (report.outcome == "passed" or entry["outcome"] == "unverified")
        category, letter, word = _WORDS[entry["outcome"]] if special else (report.outcome, "", "")
        if self._line_wanted():
            return category, "", ""
        return (category, letter, word) if special else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        entry = _entry(report)
        if report.failed and not self._is_verdict(report):
            self._errors = True
        if report.when == "call" and entry is not None:
            if not self._worker:
                with termination.deferred():  # the report and the journal must have the same verdicts
                    self._run.add(entry, getattr(report, "gateway_controls", ()))
            if self._line_wanted():
                self._show_progress()

    def _is_verdict(self, report: pytest.TestReport) -> bool:
        """Whether a test failed because of its verdict, and not because of an error."""
        entry = _entry(report)
        return entry is not None and entry_fails_test(entry, self._strict)

    def _line_wanted(self) -> bool:
        """Whether to show a progress line: only on an interactive terminal; otherwise pytest prints its dots.

        When the tests have ended, pytest needs the words again: for its list of failed tests.
        """
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        watched = terminal is not None and terminal.isatty and not os.environ.get("CI")
        return bool(watched and self._config.get_verbosity() == 0 and not self._ended)

    def _show_progress(self) -> None:
        terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        terminal.rewrite(
            progress.line(self._run.progress(self._collected), shutil.get_terminal_size().columns), erase=True
        )

    @property
    def _collected(self) -> int:
        """The number of tests of this run."""
        return self._session.testscollected if self._session else 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        termination.drop_frames_without_lines(excinfo)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Stops sending first; the reports are written last, when all workers have ended."""
        self._run.stop()
        self._ended = True
        if self._reports and self._run.is_soaked and _has_ended(session):
            self._soak(session)
        if self._worker:
            self._config.workeroutput[_WORKER_KEY] = self._run.spent  # type: ignore[attr-defined]
        yield
        if self._reports:
            with _usage_errors():
                self._write(self._result.document, _has_ended(session))
            session.exitstatus = self._exit_status(session.exitstatus)
        elif session.exitstatus == pytest.ExitCode.INTERRUPTED and self._run.cases and not self._worker:
            sys.stderr.write(f"{termination.nothing_judged(Path(self._config.option.gateway_report_dir))}\n")

    def _soak(self, session: pytest.Session) -> None:
        """Soaks the gateway; an interrupt ends the soak, but the cases are reported."""
        terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")

        def announce(what: str) -> None:
            if terminal is not None:
                terminal.write_line("")  # ends the line with pytest's dots
                terminal.write_line(plain(what))

        try:
            self._errors |= not self._run.soak(announce)
        except KeyboardInterrupt:
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    @property
    def _reports(self) -> bool:
        """Whether this process writes the reports: not with --collect-only, and not in a worker."""
        return self._run.has_report and not self._worker and not self._config.option.collectonly

    @cached_property
    def _result(self) -> _Result:
        """The run as it ended; built once, for the reports, the terminal and the exit code."""
        document = self._run.document()
        return _Result(document, self._run.gate.assess(document, self._run.ids))

    def _exit_status(self, status: int | pytest.ExitCode) -> int | pytest.ExitCode:
        """The exit code: pytest's own if the run was interrupted or could not start, else the gate's decision."""
        nothing_left = self._run.judged or not self._run.cases
        if status == pytest.ExitCode.NO_TESTS_COLLECTED and nothing_left:
            status = pytest.ExitCode.OK
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return status
        resumed = [entry for entry in self._run.verdicts if entry["id"] in self._run.judged]
        failed = fails_run(
            self._result.assessment,
            self._run.gate.fail_on,
            failed_tests=status == pytest.ExitCode.TESTS_FAILED
            or any_fails_test(resumed, self._strict)
            or self._result.assessment.has_lost
            or over_run_fails(self._result.document, self._strict),
            errors=self._errors,
        )
        return pytest.ExitCode.TESTS_FAILED if failed else pytest.ExitCode.OK

    def _write(self, document: RunDocument, has_ended: bool) -> None:
        folder = Path(self._config.option.gateway_report_dir)
        kept = files.write_run(folder / "run.json", document, self._config.option.gateway_keep)
        if has_ended:  # an interrupted run is continued from its journal alone
            journal.shorten(folder, kept["verdicts"], kept.get("controls", ()))
        if hooks := _allure_hooks(self._config):
            hooks.finish(self._config, document)
        junit_file.finish(self._config, document)
        if self._config.option.gateway_record:
            files.write(Path(self._config.option.gateway_record), _har(document))

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int | pytest.ExitCode
    ) -> None:  # fmt: skip
        if self._reports:
            with _usage_errors():
                result = self._result
            self._reports_of_cases.before_list(terminalreporter)
            terminalreporter.write_sep("=", "gateway conformance")
            grouped = self._reports_of_cases.failed if self._reports_of_cases.are_grouped else []
            failed = [entry["id"] for report in grouped if (entry := _entry(report))]
            folder = Path(self._config.option.gateway_report_dir)
            for line in run_text.lines(result.document, result.assessment, self._run.gate.fail_on, folder, failed):
                terminalreporter.write_line(line)
            if exitstatus == pytest.ExitCode.INTERRUPTED:
                terminalreporter.write_line(self._run.continuation(self._collected))

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        garbage.keep_what_exists(self._config)
        self._run.close()


def _allure_hooks(config: pytest.Config) -> Any:
    """The module with the hooks for Allure; None without `--alluredir`, or if allure-pytest is disabled or absent."""
    if not config.getoption("allure_report_dir", None):
        return None
    from conformance.plugin import allure_hooks

    return allure_hooks


RUN = pytest.StashKey[Run]()
ENTRY = pytest.StashKey[VerdictEntry]()
CONTROLS = pytest.StashKey[list[ControlEntry]]()
_WORDS = {
    "warned": ("warned", "w", "WARNED"),
    "unverified": ("unverified", "u", "UNVERIFIED"),
    "known": ("known", "k", "KNOWN"),
}


def _case(item: pytest.Item) -> Case | None:
    """The case of a test of the gateway."""
    if "verdict_of" not in getattr(item, "fixturenames", ()):
        return None
    case = getattr(item, "callspec").params.get("case") if hasattr(item, "callspec") else None  # noqa: B009
    return case if isinstance(case, Case) else None


def _entry(report: pytest.TestReport) -> VerdictEntry | None:
    """The verdict that a report carries; None for tests that are not about a case, and before the verdict."""
    entry: VerdictEntry | None = getattr(report, "gateway_verdict", None)
    return entry


def _har(document: RunDocument) -> har.HarDocument:
    exchanges = (exchange for _, exchange in replay.exchanges(document))
    return har.document(exchanges, run_document.suite_version())


def _has_ended(session: pytest.Session) -> bool:
    """Whether all selected tests were run: no interruption, no error of pytest, and no end at the first failure."""
    ended = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
    return session.exitstatus in ended and not (session.shouldfail or session.shouldstop)


def _mark(name: str) -> pytest.MarkDecorator:
    decorator: pytest.MarkDecorator = getattr(pytest.mark, name)
    return decorator


@pytest.fixture(scope="session")
def gateway_place(request: pytest.FixtureRequest) -> Place:
    """The gateway under test for real clients; the reference gateway is started if no URL is given."""
    with _usage_errors():
        return place_of(request.config.stash[RUN].reached())


@pytest.fixture
def verdict_of(request: pytest.FixtureRequest) -> Callable[[Case], Verdict]:
    """Runs a case against the gateway under test, and keeps its verdict for the reports."""

    def verdict(case: Case) -> Verdict:
        run = request.config.stash[RUN]
        assert run.scheduler is not None, "the gateway was not reached"
        result = run.scheduler.result(case)
        entry = run.gate.settle(run_document.verdict(result), run.reached().first.models)
        request.node.stash[ENTRY] = entry
        request.node.stash[CONTROLS] = run.scheduler.take_controls()
        if entry["outcome"] == result.outcome:
            return result
        return replace(result, outcome=entry["outcome"], reason=entry["reason"])

    return verdict
