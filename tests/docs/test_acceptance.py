"""Runs the commands of docs/acceptance.md as a vendor, and as a buyer who repeats the run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
FEW = "--pyargs conformance -k 'messages and text and not long'"
PROFILE = "name: acme-gateway\nversion: '2.4'\nmodels: {default: reference-large}\n"


def test_the_commands_of_a_vendor_and_a_buyer_run(tmp_path: Path) -> None:
    (tmp_path / "profile.yaml").write_text(PROFILE, "utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
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
            done = subprocess.run(
                ["bash", "-eu", "-c", script],
                cwd=tmp_path, env=environment(PATH=path), capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, block + done.stdout + done.stderr
            ran += re.findall(r"^(?:gateway-conformance \w+|pytest|gzip)", block, re.MULTILINE)
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
