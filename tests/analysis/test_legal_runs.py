"""`verify` accepts every unchanged run: one of each kind here, 200 in `python -m benchmarks forgeries`."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cli import main
from tests.support import legal_runs, random_runs
from tests.support.random_runs import KINDS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("seed", range(len(KINDS)), ids=lambda seed: KINDS[seed])
def test_a_legal_run_is_accepted(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = random_runs.draw(seed, tmp_path)
    code, said = drawn.verified(), capsys.readouterr().out
    if drawn.kind != "failed":
        assert code == 0, said
        return
    assert code == 1
    assert "the run did not write the exchanges" in said
    assert "the whole run:" not in said


def test_a_run_with_bodies_that_are_too_long_to_be_written_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = legal_runs.library(tmp_path / "cases", {"http/too-large": ("chat", "messages-streamed")})
    run = legal_runs.made(tmp_path / "report", f"--gateway-cases={cases}")
    assert '"model=' not in run.read_text("utf-8")
    capsys.readouterr()
    assert main(["verify", str(run), f"--cases={cases}"]) == 0, capsys.readouterr().out
