"""Runs the commands of docs/acceptance.md as a vendor, and as a buyer who repeats the run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.core.data_files import folder
from conformance.records.run_file import read_run
from conformance.reference import DEFAULT_KEY, reference_gateway
from conformance.suite import requirement_sets
from tests.support.paths import ROOT
from tests.support.suite import environment

pytestmark = pytest.mark.e2e

TEXT = (ROOT / "docs" / "acceptance.md").read_text("utf-8")
BLOCKS = [
    re.sub("^ +", "", block, flags=re.MULTILINE)
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
]
FEW = "--pyargs conformance -k 'messages/text and (system or prefilled)'"
OWN = "gateway-conformance "
PROFILE = "name: acme-gateway\nversion: '2.4'\nmodels: {default: reference-large}\n"


def own(command: str) -> None:
    """Runs a command of the suite in this process, which saves its start."""
    assert main(shlex.split(command.removeprefix(OWN))) == 0, command


def shell(script: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eu", "-c", script], env=environment(PATH=path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, script + done.stdout + done.stderr


def test_the_commands_of_a_vendor_and_a_buyer_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "profile.yaml").write_text(PROFILE, "utf-8")
    ran = []
    with reference_gateway() as running:
        given = {
            "https://gateway.example/v1": running.base_url,
            "sk-your-key": DEFAULT_KEY,
            "--pyargs conformance": FEW,
        }
        for block in BLOCKS:
            script = block
            for placeholder, value in given.items():
                script = script.replace(placeholder, value)
            ran += re.findall(r"^(?:gateway-conformance \w+|pytest|gzip)", block, re.MULTILINE)
            for is_own, lines in groupby(script.splitlines(), lambda line: line.startswith(OWN)):
                for line in lines if is_own else ["\n".join(lines)]:
                    (own if is_own else shell)(line)
            if "gzip" in block:
                shutil.copytree(tmp_path / "report", tmp_path / "own")
    assert set(ran) == {
        "pytest",
        "gzip",
        *(f"gateway-conformance {name}" for name in ("verify", "render", "sign", "diff", "compare")),
    }
    handed_in = read_run(tmp_path / "acme-gateway-2.4.json.gz")
    assert handed_in["gateway"]["name"] == "acme-gateway"
    assert handed_in["cases"]["set"] in requirement_sets.names(folder("cases"))
