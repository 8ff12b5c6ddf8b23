"""Folders of submitted runs, as a results site is made from them."""

from __future__ import annotations

import copy
import gzip
import json
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml

from conformance.analysis import problems
from conformance.analysis.site import content, intake
from conformance.analysis.site.intake import Intake
from conformance.analysis.site.submissions import Made, Submission
from conformance.core.model import JSON
from conformance.records import seal
from conformance.report import files
from tests.support import example_runs

STEPS = "# Steps\n\n```sh\nacme-gateway --port 4000\n```\n"


def dated(document: JSON, started: str, version: str = "1.0", name: str = "Acme") -> JSON:
    """A run of another date, version and name; its exchanges are of that date, too."""
    later = datetime.fromisoformat(started) - datetime.fromisoformat(document["started"])
    changed = copy.deepcopy(document)
    own = [exchange for entry in changed["verdicts"] for exchange in entry["exchanges"]]
    for exchange in (*own, *(control["exchange"] for control in changed.get("controls", []))):
        exchange["date"] = (datetime.fromisoformat(exchange["date"]) + later).isoformat(timespec="milliseconds")
    gateway = {**document["gateway"], "name": name, "version": version}
    return {**changed, "started": started, "gateway": gateway}


def forged(document: JSON) -> JSON:
    """A run whose failed cases are said to have passed."""
    changed = copy.deepcopy(document)
    for one in changed["verdicts"]:
        if one["outcome"] == "failed":
            one |= {"outcome": "passed", "findings": []}
    return changed


def written(folder: Path, name: str, document: JSON) -> Path:
    """A run with its exchanges and new digests, packed into one file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(files.text(seal.sealed(document)).encode("utf-8", "backslashreplace"), mtime=0))
    return path


def entry(file: str, gateway: str = "acme", made: Made = "by-others", **more: JSON) -> JSON:
    """An entry of the list."""
    return {"file": file, "gateway": gateway, "made": made, "by": "a tester", "setup": "steps.md", **more}


def listed(folder: Path, *entries: JSON, **more: JSON) -> Path:
    """The list of a folder, and the setup document that its entries name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "steps.md").write_text(STEPS, "utf-8")
    (folder / "submissions.yaml").write_text(yaml.safe_dump({"runs": [*entries], **more}, allow_unicode=True), "utf-8")
    return folder


def folder_of_three(folder: Path) -> Path:
    """A folder with two gateways. Acme's vendor made a run in which nothing is broken, and later others made one."""
    written(folder, "acme/vendor.json.gz", dated(example_runs.clean(), "2026-01-01T02:00:00+00:00"))
    written(folder, "acme/others.json.gz", dated(example_runs.worse(), "2026-01-03T02:00:00+00:00"))
    written(folder, "zeta.json.gz", dated(example_runs.clean(), "2026-01-02T02:00:00+00:00", "2.0", "Zeta"))
    return listed(
        folder,
        entry("acme/vendor.json.gz", made="by-the-vendor"),
        entry("acme/others.json.gz"),
        entry("zeta.json.gz", "zeta", "by-the-vendor", links={"Project": "https://zeta.example/"}),
        title="Gateways of a test",
    )


@cache
def _intake(text: str) -> Intake:
    return intake.accepted(problems.with_problems(json.loads(text)), 0)


def run(
    document: JSON, gateway: str = "acme", made: Made = "by-others", file: str = "run.json.gz", **more: str
) -> content.Run:  # fmt: skip
    """An accepted run."""
    found = _intake(json.dumps(document))
    assert found["run"] is not None
    submission = Submission(file, gateway, made, "a tester", "steps.md", STEPS, **more)
    return content.Run(submission, "0" * 64, found["run"], found["commands"], found["missing"])
