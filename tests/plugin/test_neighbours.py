"""With other pytest plugins installed, the suite does not change other projects, and other plugins do not change it.

The plugins are those of the extra `neighbours`. They are installed in a separate folder, because some of them, such as
pytest-randomly, would change these tests, too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from conformance.core.options import OLD_NAMES
from conformance.reference import DEFAULT_KEY, reference_gateway
from tests.support import suite
from tests.support.paths import ROOT

pytest_plugins = ["pytester"]

FOLDER = os.environ.get("CONFORMANCE_NEIGHBOURS", "")
beside_others = pytest.mark.skipif(
    not FOLDER, reason="CONFORMANCE_NEIGHBOURS names no folder with the plugins of the extra `neighbours`; see .ci/run"
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAMES = [re.split("[>=]", wanted)[0] for wanted in PROJECT["optional-dependencies"]["neighbours"]]
TAKEN = ("--model", "--cases", "--set", "--repeat", "--record", "--baseline", "--resume", "--shard", "--insecure",
         "--report-dir")  # fmt: skip
"""Options that the other project has, too."""

CONFTEST = f"""
import sys

def pytest_addoption(parser):
    for name in {TAKEN}:
        parser.addoption(name, default="usual", help="an option of this project")

def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line("loaded: " + " ".join(sorted(loaded())))

def loaded():
    return {{name for name in sys.modules if name.startswith("conformance.")}}
"""
TESTS = f"""
import pytest
from conftest import loaded

@pytest.mark.parametrize("name", {TAKEN})
def test_an_own_option_is_kept(name, pytestconfig):
    assert pytestconfig.getoption(name) == name.strip("-")

def test_a_worker_loads_no_more_than_the_controller():
    assert loaded() <= {{"conformance." + name for name in {{"core", "core.options", "plugin", "plugin.options",
                                                             "plugin.selection"}}}}

def test_one_that_fails():
    assert 1 + 1 == 3

@pytest.mark.skip(reason="as it has to be")
def test_one_that_is_skipped():
    raise RuntimeError

def test_a_fixture_of_a_neighbour(request, pytestconfig):
    if pytestconfig.pluginmanager.hasplugin("pytest_mock"):
        assert request.getfixturevalue("mocker").Mock(return_value=1)() == 1
"""


def run(folder: Path, *arguments: str, beside: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process of its own, with the other plugins or without them."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_"))}
    path = os.pathsep.join((FOLDER, outside.get("PYTHONPATH", ""))) if beside else outside.get("PYTHONPATH", "")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder, env={**outside, "PYTHONPATH": path, **more}, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip


def modules(name: str) -> list[str]:
    """The modules that pytest loads for a distribution."""
    [found] = Distribution.discover(name=name, path=[FOLDER])
    return [point.value for point in found.entry_points.select(group="pytest11")]


@pytest.mark.e2e
@beside_others
@pytest.mark.parametrize("name", NAMES)
def test_it_starts_beside_each_one(name: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin that has registered an option keeps it, in any order of loading."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.syspathinsert(FOLDER)
    pytester.makeconftest(CONFTEST)
    others = [part for module in modules(name) for part in ("-p", module)]
    ours = ["-p", "conformance.plugin"]
    for plugins in ([*ours, *others], [*others, *ours]):
        option = pytester.parseconfig(*plugins, "--model=x", "--timeout=30", "--retries=3", "--gateway-model=y").option
        assert (option.model, option.gateway_model) == ("x", ["y"])
        assert (option.timeout if hasattr(option, "timeout") else option.gateway_timeout) == 30
        assert (option.retries if hasattr(option, "retries") else option.gateway_retries) == 3


@pytest.mark.e2e
@pytest.mark.parametrize("beside", [False, pytest.param(True, marks=beside_others)])
def test_the_suite_does_not_change_another_project(beside: bool, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, "utf-8")
    (tmp_path / "test_own.py").write_text(TESTS, "utf-8")
    given = [f"{name}={name.strip('-')}" for name in TAKEN]
    outcomes = []
    for more in ([], ["-p", "no:conformance.plugin"]):
        result = run(tmp_path, "-n1", "-rA", *given, *more, beside=beside)
        loaded = re.findall("^loaded: (.*)$", result.stdout, re.MULTILINE)
        assert len(loaded) == 1, result.stdout + result.stderr
        assert "conformance.plugin.hooks" not in loaded[0]
        assert "gateway" not in result.stderr
        told = re.findall("^(?:PASSED|FAILED|SKIPPED|ERROR) .*", result.stdout, re.MULTILINE)
        outcomes.append((result.returncode, sorted(told)))
    assert len(outcomes[0][1]) == len(TAKEN) + 4
    assert outcomes[0] == outcomes[1]


@pytest.mark.e2e
@beside_others
def test_other_plugins_do_not_change_the_suite(tmp_path: Path) -> None:
    """Even if a plugin runs failing tests again."""
    verdicts = []
    with reference_gateway(faults=["chat-id-lost"], pace=0) as running:
        cases = f"--gateway-cases={suite.part(tmp_path / 'cases', 'chat_completions/text.yaml')}"
        report = f"--gateway-report-dir={tmp_path}"
        arguments = (f"--gateway-url={running.base_url}", cases, "-k", "chat_completions/text and not long", report)
        for beside in (False, True):
            more = ["--reruns=1", "--timeout=60"] if beside else []
            result = run(ROOT, *arguments, *more, GATEWAY_API_KEY=DEFAULT_KEY) if beside else suite.run(*arguments)
            assert result.returncode == 1, result.stdout + result.stderr
            assert "INTERNALERROR" not in result.stdout
            document = json.loads((tmp_path / "run.json").read_text("utf-8"))
            verdicts.append([(entry["id"], entry["outcome"]) for entry in document["verdicts"]])
    assert {"passed", "failed"} == {outcome for _, outcome in verdicts[0]}
    assert len(verdicts[0]) >= 12
    assert verdicts[0] == verdicts[1]


def test_the_old_names_that_the_other_project_has_are_old_names() -> None:
    assert set(TAKEN) <= set(OLD_NAMES)
