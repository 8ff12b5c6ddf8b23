"""The files for CI pass their linters. The suite, as the action installs it, runs without the sources.

It runs in an empty folder, in the action and in the nightly workflow. All of these tests share one installation.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from conformance.core import data_files
from conformance.reference import DEFAULT_KEY, reference_gateway
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import whole
from conformance.suite.load import load_cases
from tests.support import suite
from tests.support.paths import ROOT
from tests.support.workflow import PATIENCE, Job, outside

CI = ROOT / "docs" / "ci"
WORKFLOWS = (ROOT / "action.yml", CI / "github-actions.yaml", CI / "nightly.yaml")
FEW = "messages/text and (system or prefilled)"
ACTED = f"-k\n{FEW}"
"""The same cases as an input of the action."""
FILES = ("messages/text.yaml", "responses/text.yaml")
"""The files of cases for tests that are not about the suite's own folder: to load all of them takes a second."""
NIGHTLY = "-k\n(messages/text and (system or prefilled)) or responses/text/input-text"
LOST = ["messages-message-stop-lost"]
INSTALLED = "gateway-conformance"
"""The environment that the action makes in the runner's temporary folder."""
QUICK = {
    'python3 -m venv "': 'python3 -m venv --without-pip "',
    f'"$RUNNER_TEMP/{INSTALLED}/bin/pip" install': f"""installed() {{
    environment="$RUNNER_TEMP/{INSTALLED}/bin/python"
    python3 -m pip install --dry-run --no-deps --no-build-isolation "$@"
    python3 -m uv pip install --python "$environment" "$@" || python3 -m pip --python "$environment" install "$@"
}}
installed""",
}
"""Commands of the installation, and what these tests run instead: pip of this environment, and uv, which is faster.

pip itself accepts the arguments and the project, without their dependencies. uv does not read pip's configuration:
where it finds no packages, pip installs them.
"""

# Replaces GitHub's `gh`: $STORE/artifacts/NIGHT has the artifacts of a night, $STORE/issue is an open issue.
GH = """#!/usr/bin/env bash
set -eu
echo "$*" >> "$STORE/calls"
case "$1 $2" in
    "run list") ls -r "$STORE/artifacts" ;;
    "run download") cp "$STORE/artifacts/$3/$5/run.json" "$7/" ;;
    "issue list") if [ -f "$STORE/issue" ]; then echo 7; fi ;;
    "issue create") cat "$6" > "$STORE/issue" ;;
    "issue comment") cat "$5" >> "$STORE/issue" ;;
esac
"""


def lint(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def zizmor(path: Path) -> subprocess.CompletedProcess[str]:
    return lint("zizmor", "--offline", "--no-progress", "--strict-collection", "--min-severity=medium", path)


@pytest.mark.e2e
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_and_workflows_pass_the_linter(path: Path) -> None:
    found = zizmor(path)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("action.yml", 'cat "$REPORT_DIR/summary.md"', 'cat "${{ inputs.report-dir }}/summary.md"'),
        ("action.yml", "runs:\n", "run:\n"),
        ("docs/ci/nightly.yaml", "@11bd71901bbe5b1630ceea73d27597364c9af683", "@v4"),
        ("docs/ci/nightly.yaml", "    runs-on: ubuntu-latest\n", ""),
    ],
)
def test_the_linter_finds_a_bad_workflow(name: str, old: str, new: str, tmp_path: Path) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert old in text
    wrong = tmp_path / Path(name).name
    wrong.write_text(text.replace(old, new), "utf-8")
    assert zizmor(wrong).returncode != 0


def test_the_documented_inputs_are_the_actions() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    [block] = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    [step] = yaml.safe_load(block)
    nightly = yaml.safe_load((CI / "nightly.yaml").read_text("utf-8"))["jobs"]["judge"]["steps"]
    for used in (step, *(one for one in nightly if one.get("uses") == "./")):
        assert used["with"].keys() <= action["inputs"].keys()


@pytest.mark.e2e
def test_the_containerfile_passes_the_linter(tmp_path: Path) -> None:
    found = lint("hadolint", ROOT / "Containerfile")
    assert found.returncode == 0, found.stdout
    wrong = tmp_path / "Containerfile"
    wrong.write_text((ROOT / "Containerfile").read_text("utf-8").replace("python:3.13-slim", "python"), "utf-8")
    assert lint("hadolint", wrong).returncode != 0


def test_the_containerfile_copies_what_is_there() -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    copied = [word for line in re.findall(r"^COPY (?!--)(.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert {"conformance", "cases", "schemas", "pyproject.toml", "README.md"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert '["pytest", "--pyargs", "conformance"' in text


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of a runner, into which the action has installed the suite."""
    temporary = tmp_path_factory.mktemp("runner")
    made = job(tmp_path_factory.mktemp("installing"), temporary)
    made.install(QUICK)
    assert not made.failed, made.log
    checked = sh(*uv(temporary / INSTALLED / "bin", "check"), cwd=temporary)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return temporary


@pytest.fixture(scope="module")
def programs(runner: Path) -> Path:
    """The `bin` folder of the installation."""
    return runner / INSTALLED / "bin"


def sh(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a command without environment variables that point to this checkout or to a gateway."""
    kept = {name: value for name, value in outside().items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env={**kept, **more}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def uv(programs: Path, command: str) -> tuple[str | Path, ...]:
    """A command of uv like those of pip, for an environment."""
    return (sys.executable, "-m", "uv", "pip", command, "--python", programs / "python")


def job(tmp_path: Path, runner: Path, night: str = "1") -> Job:
    """A job in a workspace whose own pytest configuration would break every run."""
    workspace = tmp_path / "workspace"
    workspace.mkdir(exist_ok=True)
    (workspace / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", "utf-8")
    names = {
        "github.action_path": str(ROOT),
        "github.token": "token",
        "github.repository": "example/gateway",
        "github.server_url": "https://github.example",
        "github.run_id": night,
        "github.workflow": "gateway nightly",
        "github.ref_name": "main",
        "secrets.GATEWAY_API_KEY": DEFAULT_KEY,
    }
    return Job(workspace, runner, tmp_path / "artifacts" / night, names)


@pytest.mark.e2e
def test_it_judges_the_reference_gateway_from_an_empty_folder(programs: Path, tmp_path: Path) -> None:
    ran = sh(programs / "pytest", "--pyargs", "conformance", "-k", FEW, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "reference gateway at http://127.0.0.1:" in ran.stdout
    text = (tmp_path / "reports" / "latest" / "run.json").read_text("utf-8")
    assert str(programs.parent) not in text
    verdicts = json.loads(text)["verdicts"]
    assert verdicts
    assert {entry["file"].split("/")[0] for entry in verdicts} == {"cases"}
    again = sh(programs / "gateway-conformance", "verify", "reports/latest/run.json", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.startswith(f"{len(verdicts)} verdicts reproduced, 0 differ")


@pytest.mark.e2e
def test_the_console_script_knows_the_same_cases(programs: Path, tmp_path: Path) -> None:
    told = sh(programs / "gateway-conformance", "cases", "--json", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert [entry["id"] for entry in json.loads(told.stdout)] == [
        case.id for case in load_cases(data_files.folder("cases"))
    ]


@pytest.mark.e2e
def test_other_projects_are_not_affected(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n", "utf-8")
    ran = sh(programs / "pytest", "-W", "error", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "conformance ====" not in ran.stdout
    assert not (tmp_path / "reports").exists()


REMOVED = ("h2", "allure-pytest", "allure-python-commons")
"""The action installs the extra http2, and the suite needs allure-pytest for its reports only."""


def said(ran: subprocess.CompletedProcess[str]) -> tuple[int, list[str]]:
    """The exit code, and the lines of the error."""
    return ran.returncode, [line.removeprefix("ERROR: ") for line in ran.stderr.splitlines() if line]


@pytest.mark.e2e
def test_an_absent_package_is_named_in_one_sentence(programs: Path, tmp_path: Path) -> None:
    """A copy of the installation lacks the packages of the extras and of Allure, and judges a gateway without them."""
    shutil.copytree(programs.parent, tmp_path / "venv", symlinks=True, copy_function=os.link)
    copied = tmp_path / "venv" / "bin"
    gone = sh(*uv(copied, "uninstall"), "--quiet", *REMOVED, cwd=tmp_path)
    assert gone.returncode == 0, gone.stderr
    run = (copied / "python", "-m", "pytest", "--pyargs", "conformance", "-k", FEW)
    absent = "is not installed; install"
    assert said(sh(*run, "--gateway-http2", cwd=tmp_path)) == (
        4, [f"--gateway-http2: the package h2 {absent} gateway-conformance[http2]"]
    )  # fmt: skip
    assert said(sh(copied / "python", "-m", "conformance.cli", "completion", "bash", cwd=tmp_path)) == (
        2, [f"gateway-conformance: completion: the package shtab {absent} gateway-conformance[completion]"]
    )  # fmt: skip
    assert said(sh(*run, "--alluredir=allure", cwd=tmp_path)) == (
        4,
        ["--alluredir: the package allure-pytest is not installed, or is disabled; install it"],
    )
    judges_a_gateway_by_its_address(run, tmp_path)


def judges_a_gateway_by_its_address(run: tuple[str | Path, ...], folder: Path) -> None:
    cases = f"--cases={suite.part(folder / 'cases', *FILES)}"
    with reference_gateway() as running:
        ran = sh(*run, cases, f"--gateway-url={running.base_url}", cwd=folder, GATEWAY_API_KEY=DEFAULT_KEY)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    document = json.loads((folder / "reports" / "latest" / "run.json").read_text("utf-8"))
    assert document["gateway"]["base_url"] == running.base_url
    assert document["summary"] == {"passed": len(document["verdicts"])}


@pytest.mark.e2e
def test_the_action_judges_and_reports(tmp_path: Path, runner: Path) -> None:
    made = job(tmp_path, runner)
    with reference_gateway() as running:
        made.act({"gateway-url": running.base_url, "api-key": "${{ secrets.GATEWAY_API_KEY }}", "options": ACTED})
    assert not made.failed, made.log
    assert made.context["steps.judge.outputs.status"] == "0"
    assert made.summary.startswith("## Conformance of")
    report = made.workspace / "conformance-report"
    assert {path.name for path in report.iterdir()} >= {
        "run.json",
        "exchanges.jsonl.gz",
        "verdicts.jsonl",
        "summary.md",
        "index.html",
        "badge.json",
    }
    assert DEFAULT_KEY not in made.log + made.summary


@pytest.mark.e2e
def test_the_action_fails_with_annotations(tmp_path: Path, runner: Path) -> None:
    made = job(tmp_path, runner)
    cases = suite.part(tmp_path / "cases", *FILES)
    with reference_gateway(LOST) as running:
        options = f"--cases={cases}\n{ACTED}"
        made.act({"gateway-url": running.base_url, "api-key": DEFAULT_KEY, "options": options})
    assert made.failed
    assert made.context["steps.judge.outputs.status"] == "1"
    assert "::error " in made.log
    assert "messages.stream.unfinished" in made.summary


@pytest.mark.e2e
def test_the_action_says_why_no_case_was_judged(tmp_path: Path, runner: Path) -> None:
    made = job(tmp_path, runner)
    made.act({"gateway-url": "http://127.0.0.1:1/v1", "api-key": DEFAULT_KEY, "options": ACTED})
    assert made.failed
    assert made.context["steps.judge.outputs.status"] == "4"
    assert "::error::the gateway was not tested" in made.log


Around = Callable[[Answering], Answering]


def nights(folder: Path, runner: Path) -> Callable[..., Job]:
    """Returns a function that runs the nightly workflow once; the next night finds its artifacts in the folder."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "gh").write_text(GH, "utf-8")
    (programs / "gh").chmod(0o755)
    (folder / "artifacts").mkdir()
    cases = f"--cases={suite.part(folder / 'cases', *FILES)}"

    def run(
        number: int,
        faults: Sequence[str] = (),
        options: str = "",
        absent: str = "",
        url: str = "",
        around: Around | None = None,
    ) -> Job:
        shutil.rmtree(folder / "workspace", ignore_errors=True)
        made = job(folder, runner, str(number))
        path = f"{programs}{os.pathsep}{outside()['PATH']}"
        made.environment = {"STORE": str(folder), "PATH": path}
        with reference_gateway(faults, around=around or (lambda answering: lacking(answering, absent))) as running:
            given = {"gateway-url": url or running.base_url, "options": f"{cases}\n{NIGHTLY}\n{options}"}
            made.run(CI / "nightly.yaml", "judge", {"judge": given})
        return made

    return run


@pytest.fixture
def night(tmp_path: Path, runner: Path) -> Callable[..., Job]:
    return nights(tmp_path, runner)


@pytest.fixture(scope="module")
def quiet_night(tmp_path_factory: pytest.TempPathFactory, runner: Path) -> Job:
    """The first night: without a fault, and before there is a baseline."""
    folder = tmp_path_factory.mktemp("first")
    made = nights(folder, runner)(1)
    assert not made.failed, made.log
    assert "no baseline yet" in made.log
    assert not (folder / "issue").exists()
    return made


@pytest.fixture
def first(tmp_path: Path, night: Callable[..., Job], quiet_night: Job) -> Job:
    """The first night, whose artifacts the next one finds."""
    shutil.copytree(quiet_night.artifacts, tmp_path / "artifacts" / "1")
    return quiet_night


def baseline(night: Job) -> bytes:
    """The baseline that the next night uses."""
    return (night.artifacts / "baseline" / "run.json").read_bytes()


@pytest.mark.e2e
def test_a_regression_opens_one_issue_and_keeps_the_baseline(
    tmp_path: Path, night: Callable[..., Job], first: Job
) -> None:
    """The first night makes the baseline, the second has a regression, and the third still has it."""
    issue = tmp_path / "issue"
    second = night(2, LOST)
    assert second.failed
    assert "### Changes since the baseline" in second.summary
    assert "messages.stream.unfinished" in issue.read_text("utf-8")
    assert "https://github.example/example/gateway/actions/runs/2" in issue.read_text("utf-8")
    assert baseline(second) == baseline(first)
    assert (second.artifacts / "report" / "index.html").is_file()

    third = night(3, LOST)
    assert third.failed
    assert "actions/runs/3" in issue.read_text("utf-8")
    calls = (tmp_path / "calls").read_text("utf-8").splitlines()
    assert [call for call in calls if call.startswith("issue ") and not call.startswith("issue list")] == [
        "issue create --title The gateway regressed --body-file issue.md",
        "issue comment 7 --body-file issue.md",
    ]


def failing_after(calls: int) -> Around:
    """A gateway that is down after some calls."""
    left = iter(range(calls))

    def around(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            if next(left, None) is None:
                return Answer(502, (("content-type", "text/plain"),), whole(b"Bad gateway"))
            return await answering(call)

        return answer

    return around


@pytest.mark.e2e
def test_an_outage_is_not_called_a_regression(tmp_path: Path, night: Callable[..., Job], first: Job) -> None:
    second = night(2, options="--retries=0\n--concurrency=2", around=failing_after(6))
    assert second.failed
    title = "issue create --title The gateway stopped answering --body-file issue.md"
    assert title in (tmp_path / "calls").read_text("utf-8").splitlines()
    issue = (tmp_path / "issue").read_text("utf-8")
    assert issue.count("the gateway has stopped answering") == 1
    assert "egressed" not in issue
    assert baseline(second) == baseline(first)


def lacking(answering: Answering, path: str) -> Answering:
    """A gateway that does not have an endpoint."""

    async def answer(call: Call) -> Answer:
        if path and call.path.startswith(path):
            return Answer(404, (("content-type", "text/plain"),), whole(b"404 page not found"))
        return await answering(call)

    return answer


@pytest.mark.e2e
def test_a_lost_endpoint_opens_an_issue_and_keeps_the_baseline(
    tmp_path: Path, night: Callable[..., Job], first: Job
) -> None:
    second = night(2, absent="/v1/responses")
    assert second.failed
    lost = "the gateway has no responses endpoint"
    assert f"::error title=lost since the baseline::{lost}" in second.log
    assert lost in second.summary
    assert lost in (tmp_path / "issue").read_text("utf-8")
    assert baseline(second) == baseline(first)
    assert " lost" in (second.artifacts / "report" / "badge.json").read_text("utf-8")


@pytest.mark.e2e
def test_a_gateway_that_is_down_at_the_start_opens_an_issue(tmp_path: Path, night: Callable[..., Job]) -> None:
    made = night(1, url="http://127.0.0.1:1/v1")
    assert made.failed
    assert made.context["steps.judge.outputs.status"] == "4"
    issue = (tmp_path / "issue").read_text("utf-8")
    assert "exit code 4" in issue
    assert "https://github.example/example/gateway/actions/runs/1" in issue
    calls = (tmp_path / "calls").read_text("utf-8").splitlines()
    assert "issue create --title The gateway was not tested --body-file issue.md" in calls


@pytest.mark.e2e
def test_a_night_with_many_unverified_cases_keeps_the_baseline(night: Callable[..., Job], first: Job) -> None:
    second = night(2, options="--max-requests=9")
    assert not second.failed, second.log
    assert json.loads((second.artifacts / "report" / "run.json").read_bytes())["summary"]["unverified"] > 0
    assert "the baseline is kept" in second.log
    assert baseline(second) == baseline(first)
    third = night(3)
    assert not third.failed, third.log
    assert baseline(third) == (third.artifacts / "report" / "run.json").read_bytes() != baseline(first)
