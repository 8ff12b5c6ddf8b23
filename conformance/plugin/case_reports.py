"""Keeps failed cases out of pytest's own texts and list: the suite tells them by problem.

pytest shows them as usual where it is asked to: their texts with `-v` or `--tb`, the list of them with `-v` or `-rf`.
Failures that are not verdicts, such as errors in fixtures and tests of other files, are always shown.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest

_FAILED = "failed"
_DEFAULT_TEXTS, _DEFAULT_LIST = "auto", "fE"
"""The values of `--tb` and `-r` that pytest has if none is given."""


class CaseReports:
    """Shows or hides the failed cases; `is_verdict` says whether a report is about one."""

    def __init__(self, config: pytest.Config, is_verdict: Callable[[pytest.TestReport], bool]) -> None:
        self._config = config
        self._is_verdict = is_verdict
        self._all: list[pytest.TestReport] = []

    @property
    def are_grouped(self) -> bool:
        """Whether the list of failed cases is the suite's, by problem."""
        return not self._list_wanted and not self._config.option.no_summary

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """Encloses pytest's own hook, which shows the texts before the summaries of plugins, and the list after."""
        self._all = terminalreporter.stats.get(_FAILED, [])
        texts: str = self._config.option.tbstyle
        self._show(terminalreporter, self._wants(texts != _DEFAULT_TEXTS, "--tb"))
        yield
        self._show(terminalreporter, True)

    def before_list(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Call this from `pytest_terminal_summary`, when the texts have been shown."""
        self._show(terminalreporter, self._list_wanted)

    @property
    def failed(self) -> list[pytest.TestReport]:
        """The reports of the failed cases."""
        return [report for report in self._all if self._is_verdict(report)]

    @property
    def _list_wanted(self) -> bool:
        chars: str = self._config.option.reportchars
        return self._wants(chars != _DEFAULT_LIST, "-r")

    def _wants(self, changed: bool, option: str) -> bool:
        """Whether the user asked pytest for its own output, also by giving the default."""
        given = any(str(argument).startswith(option) for argument in self._config.invocation_params.args)
        return changed or given or self._config.get_verbosity() > 0

    def _show(self, terminalreporter: pytest.TerminalReporter, cases: bool) -> None:
        if self._all:
            shown = [report for report in self._all if cases or not self._is_verdict(report)]
            terminalreporter.stats[_FAILED] = shown
