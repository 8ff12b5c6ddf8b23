"""The command `clients`, and the badge of a client."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from tests.support import example_runs


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code
    out, error = capsys.readouterr()
    return out + error


def test_it_lists_all_clients(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "clients").splitlines()
    assert len(lines) >= 12
    assert any(line.startswith("codex  Codex CLI (") for line in lines)


def test_it_shows_what_a_client_needs(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "clients", "codex")
    assert "members (stops): client_metadata and prompt_cache_key" in told
    assert "without it: Codex gives no answer when one of them is refused." in told
    assert "(measured 2026-11-29)" in told


def test_it_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    [client] = json.loads(said(capsys, "clients", "claude-code", "--json"))
    assert client["id"] == "claude-code"
    assert {"stops", "degrades", "recovers"} == {need["without"] for need in client["needs"]}


def test_an_unknown_client_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no client 'codx'; did you mean codex" in said(capsys, "clients", "codx", code=2)


@pytest.fixture
def run(tmp_path: Path) -> str:
    (tmp_path / "run.json").write_text(json.dumps(example_runs.clean()), "utf-8")
    return str(tmp_path / "run.json")


def test_the_badge_of_a_client(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    badge = json.loads(said(capsys, "render", run, "--to", "badge", "--client", "codex"))
    assert badge == {"schemaVersion": 1, "label": "Codex CLI", "message": "not judged", "color": "lightgrey"}
    assert "Codex CLI: not judged" in said(capsys, "render", run, "--to", "badge-svg", "--client=codex")


def test_only_badges_are_about_one_client(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "render", run, "--to", "html", "--client=codex", code=2)
    assert "--client: --to html shows all clients; leave it out, or use --to badge or badge-svg" in told
