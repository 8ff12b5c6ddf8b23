"""Allure results: adds the verdict of a case to the result that allure-pytest writes for its test.

The hooks are those of allure_commons, which allure-pytest calls with `--alluredir`. Every process writes the results
of its own tests; the controller writes the files of the whole run.
"""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import allure_commons
import pytest
from allure_commons.model2 import (
    Attachment,
    Label,
    Link,
    StatusDetails,
    TestResult,
    TestStepResult,
)

from conformance.records.run_format import RunDocument, VerdictEntry
from conformance.report import allure

_NAME = "gateway-conformance"
_REPLACED = {"parentSuite", "suite", "subSuite", "severity", "package"}


class ResultHooks:
    """Keeps the verdict of the test that ended last, whose result Allure writes next."""

    def __init__(self) -> None:
        self._entry: VerdictEntry | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._entry = getattr(report, "gateway_verdict", self._entry)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: TestResult) -> None:
        """Called before the result is written; changes nothing if the test has no verdict."""
        entry, self._entry = self._entry, None
        if entry is not None:
            _add_verdict(result, entry)


def start(config: pytest.Config) -> None:
    """Registers the hooks."""
    hooks = ResultHooks()
    config.pluginmanager.register(hooks)
    allure_commons.plugin_manager.register(hooks, _NAME)
    config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(name=_NAME))


def finish(config: pytest.Config, document: RunDocument) -> None:
    """Writes the files that describe the whole run, and puts each result into the category of its problem."""
    folder = Path(config.getoption("allure_report_dir"))
    (folder / "environment.properties").write_text(allure.environment(document), "ascii")
    (folder / "categories.json").write_text(json.dumps(allure.categories(document)), "ascii")
    add_problems(folder, document)


def add_problems(folder: Path, document: RunDocument) -> None:
    """Names the problem in the message of each failed result, because the problems are only known after the tests.

    Results of earlier runs, which a folder may also have, stay as they are.
    """
    lines = allure.problem_lines(document)
    starts = {entry["id"]: allure.start(entry) for entry in document["verdicts"]}
    for path in folder.glob("*-result.json"):
        result = json.loads(path.read_text("utf-8"))
        name = result.get("fullName")
        if result.get("status") == "failed" and name in lines and result.get("start") == starts[name]:
            result["statusDetails"]["message"] = f"{lines[name]}\n{result['statusDetails']['message']}"
            path.write_text(json.dumps(result, ensure_ascii=False), "utf-8")


def _add_verdict(result: TestResult, entry: VerdictEntry) -> None:
    result.name = result.fullName = entry["id"]
    result.historyId = result.testCaseId = allure.history_id(entry)
    result.description = allure.description(entry)
    result.titlePath = [entry["family"], entry["area"]]
    result.parameters = []
    kept = [label for label in result.labels if label.name not in _REPLACED]
    result.labels = [*kept, *(Label(name, value) for name, value in allure.labels(entry))]
    result.links.extend(Link(kind, url, name) for kind, url, name in allure.links(entry))
    result.status = allure.STATUSES.get(entry["outcome"], result.status)
    if text := allure.message(entry):
        known = entry["outcome"] == "known" or None
        result.statusDetails = StatusDetails(known=known, message=text, trace=allure.trace(entry))
    result.steps = [_step(sent) for sent in allure.steps(entry)]
    if result.steps:
        result.start, result.stop = allure.start(entry), max(step.stop for step in result.steps)


def _step(sent: allure.Sent) -> TestStepResult:
    attachments = [_attachment(attached) for attached in sent.attached]
    return TestStepResult(
        name=sent.name, status=sent.status, start=sent.start, stop=sent.stop, attachments=attachments
    )  # fmt: skip


def _attachment(attached: allure.Attached) -> Attachment:
    file = f"{uuid4()}-attachment.{attached.extension}"
    allure_commons.plugin_manager.hook.report_attached_data(body=attached.body, file_name=file)
    return Attachment(name=attached.name, source=file, type=attached.type)
