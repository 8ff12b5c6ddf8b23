"""Cases with steps at several endpoints: each step uses its endpoint's model, and all endpoints must be offered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from tests.support import suite

pytestmark = pytest.mark.socket

CASES = """family: http
area: probe
source: https://docs.anthropic.com
cases:
  - id: both
    title: Two families are asked, one after the other
    to: chat_completions
    steps:
      - request: {body: {model: $model, messages: [{role: user, content: Hello}]}}
        expect: {outcome: success}
      - request: {to: messages, body: {model: $model, max_tokens: 9, messages: [{role: user, content: Hello}]}}
        expect: {outcome: success}
"""


def ran(folder: Path, profile: str) -> dict[str, Any]:
    """The only verdict of a run with a profile. `verify` confirms the run."""
    (folder / "cases").mkdir()
    (folder / "cases" / "probe.yaml").write_text(CASES, "utf-8")
    (folder / "profile.yaml").write_text(profile, "utf-8")
    done = suite.run(
        f"--cases={folder / 'cases'}", f"--gateway-profile={folder / 'profile.yaml'}", f"--report-dir={folder}"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert main(["verify", str(folder / "run.json"), "--cases", str(folder / "cases")]) == 0
    verdicts: Any = suite.report(folder)["verdicts"]
    [verdict] = verdicts
    assert isinstance(verdict, dict)
    return verdict


def test_each_step_asks_for_the_model_of_its_endpoint(tmp_path: Path) -> None:
    verdict = ran(tmp_path, "models: {default: reference-large, messages: reference-mini}\n")
    bodies = [json.loads(exchange["request"]["body"]["text"]) for exchange in verdict["exchanges"]]
    assert [body["model"] for body in bodies] == ["reference-large", "reference-mini"]


def test_a_case_does_not_apply_where_one_of_its_endpoints_is_not_offered(tmp_path: Path) -> None:
    verdict = ran(tmp_path, "models: {default: reference-large}\nendpoints: [chat_completions]\n")
    assert verdict["outcome"] == "not_applicable"
    assert verdict["reason"] == "the profile does not offer messages"
