"""Runs the shell steps of GitHub workflows and composite actions.

Expressions are looked up, steps run in bash as GitHub's runner runs them
(https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell), artifacts are
folders, and the checkout is there already. Other features of a workflow are an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT

BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
PATIENCE = 400


@dataclass
class Job:
    """A job: its workspace, the values of expressions, its uploads, and whether a step has failed."""

    workspace: Path
    temporary: Path
    artifacts: Path
    context: dict[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False
    log: str = ""
    summary: str = ""

    def run(self, path: Path, job: str, changes: Mapping[str, Mapping[str, str]]) -> None:
        """Runs a job of a workflow; `changes` maps step ids to other inputs."""
        chosen = yaml.safe_load(path.read_text("utf-8"))["jobs"][job]
        self.environment = {**self.environment, **self._filled(chosen.get("env", {}))}
        for step in chosen["steps"]:
            if self._wanted(step.get("if", "${{ success() }}")):
                self._step({**step, "with": {**step.get("with", {}), **changes.get(step.get("id", ""), {})}})

    def install(self, instead: Mapping[str, str]) -> None:
        """Runs the step of this project's action that installs the suite, with some of its commands replaced."""
        [step] = [step for step in _action()["runs"]["steps"] if _installs(step)]
        script = step["run"]
        for there, other in instead.items():
            assert script.count(there) == 1, f"the action no longer has: {there}"
            script = script.replace(there, other)
        self._shell({**step, "run": script})

    def act(self, given: Mapping[str, str]) -> None:
        """Runs this project's action as a step with the id `judge`, apart from the installation."""
        action = _action()
        inputs = {name: told.get("default", "") for name, told in action["inputs"].items()}
        assert given.keys() <= inputs.keys()
        self.context |= {f"inputs.{name}": value for name, value in (inputs | self._filled(given)).items()}
        for step in action["runs"]["steps"]:
            assert step["shell"] == "bash"
            if not self.failed and not _installs(step):
                self._shell(step)
        for name, told in action["outputs"].items():
            self.context[f"steps.judge.outputs.{name}"] = self._text(told["value"])

    def _step(self, step: Mapping[str, Any]) -> None:
        uses = step.get("uses", "").partition("@")[0]
        if uses == "./":
            self.act(step["with"])
        elif uses == "actions/upload-artifact":
            source, kept = self.workspace / step["with"]["path"], self.artifacts / step["with"]["name"]
            kept.mkdir(parents=True)
            if source.is_dir():
                shutil.copytree(source, kept, dirs_exist_ok=True)
            else:
                shutil.copy(source, kept)
        elif uses != "actions/checkout":
            self._shell(step)

    def _shell(self, step: Mapping[str, Any]) -> None:
        """Runs a step's shell, and reads the files in which it leaves outputs and variables."""
        assert "${{" not in step["run"], "an expression in a script can inject code; use env"
        files = {name: self.temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("", "utf-8")
        script = self.temporary / "step.sh"
        script.write_text(step["run"], "utf-8")
        own = {name: str(file) for name, file in files.items()} | {"RUNNER_TEMP": str(self.temporary)}
        done = subprocess.run(
            [*BASH, str(script)],
            cwd=self.workspace, env={**outside(), **self.environment, **self._filled(step.get("env", {})), **own},
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        self.log += done.stdout + done.stderr
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        for line in files["GITHUB_OUTPUT"].read_text("utf-8").splitlines():
            name, _, value = line.partition("=")
            self.context[f"steps.{step['id']}.outputs.{name}"] = value
        self.failed = self.failed or done.returncode != 0

    def _wanted(self, condition: str) -> bool:
        return all(self._holds(part.strip()) for part in EXPRESSION.fullmatch(condition)[1].split("&&"))  # type: ignore[index]

    def _holds(self, part: str) -> bool:
        if part in ("success()", "!cancelled()"):
            return part == "!cancelled()" or not self.failed
        if there := re.fullmatch(r"hashFiles\('(.*)'\) != ''", part):
            return (self.workspace / there[1]).is_file()
        name, sign, value = re.fullmatch(r"(\S+) (==|!=) (\S+)", part).groups()  # type: ignore[union-attr]
        return (self.context.get(name, "") == value.strip("'")) is (sign == "==")

    def _filled(self, values: Mapping[str, str]) -> dict[str, str]:
        return {name: self._text(value) for name, value in values.items()}

    def _text(self, value: str) -> str:
        return EXPRESSION.sub(lambda found: self.context[found[1]], value)


def _action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def _installs(step: Mapping[str, Any]) -> bool:
    return "pip" in step["run"]


def outside() -> dict[str, str]:
    """The environment of a runner: this Python is first on the PATH, and no variable is about a gateway."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_", "GITHUB_"))
    }
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
