"""The glue to Allure: what allure-pytest writes of a test is told of its verdict before it is written.

The hooks are those of allure_commons, which pytest's `--alluredir` brings to life. Every process writes the results
of its own tests; what a whole run has only once, the controller writes.
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

from conformance.core.model import JSON
from conformance.report import allure

_NAME = "gateway-conformance"
_REPLACED = {"parentSuite", "suite", "subSuite", "severity", "package"}


class Teller:
    """Knows the verdict of the test that ended last, which is the one that Allure asks about next."""

    def __init__(self) -> None:
        self._entry: JSON = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._entry = getattr(report, "gateway_verdict", self._entry)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: TestResult) -> None:
        """Before the file is written; a test that came to no verdict stays as it is."""
        entry, self._entry = self._entry, None
        if entry is not None:
            _tell(result, entry)


def start(config: pytest.Config) -> None:
    """Tells Allure of verdicts, where it is asked for."""
    if _folder(config):
        teller = Teller()
        config.pluginmanager.register(teller)
        allure_commons.plugin_manager.register(teller, _NAME)
        config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(name=_NAME))


def finish(config: pytest.Config, document: JSON) -> None:
    """Writes what Allure shows of the run as a whole."""
    if folder := _folder(config):
        Path(folder, "environment.properties").write_text(allure.environment(document), "ascii")
        Path(folder, "categories.json").write_text(json.dumps(list(allure.CATEGORIES)), "ascii")


def _folder(config: pytest.Config) -> str | None:
    """Where Allure's files go; None where they are not asked for, or its plugin is switched off."""
    folder: str | None = config.getoption("allure_report_dir", None)
    return folder


def _tell(result: TestResult, entry: JSON) -> None:
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
        result.start, result.stop = result.steps[0].start, max(step.stop for step in result.steps)


def _step(sent: allure.Sent) -> TestStepResult:
    attachments = [_attachment(attached) for attached in sent.attached]
    return TestStepResult(
        name=sent.name, status=sent.status, start=sent.start, stop=sent.stop, attachments=attachments
    )  # fmt: skip


def _attachment(attached: allure.Attached) -> Attachment:
    file = f"{uuid4()}-attachment.{attached.extension}"
    allure_commons.plugin_manager.hook.report_attached_data(body=attached.body, file_name=file)
    return Attachment(name=attached.name, source=file, type=attached.type)
