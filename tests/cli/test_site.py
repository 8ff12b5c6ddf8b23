"""`site build`: the same bytes each time, outdated files named, and refused runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.analysis.site import intake as judge
from conformance.cli import intake
from conformance.cli.main import main
from conformance.core import user_cache
from tests.support import example_runs, submitted


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of this test, and no processes: they would not see it."""
    monkeypatch.setattr(user_cache, "folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(intake, "_examined", lambda paths: [judge.examined(path) for path in paths])


def build(folder: Path, output: Path, *options: str) -> int:
    return main(["site", "build", str(folder), "--output", str(output), *options])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one submission: the smallest, because each build of a test judges it again."""
    document = example_runs.worse()
    submitted.written(tmp_path / "runs", "acme.json.gz", submitted.dated(document, "2026-01-01T02:00:00+00:00"))
    return submitted.listed(tmp_path / "runs", submitted.entry("acme.json.gz"))


def test_a_site_is_built_checked_and_built_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(folder, tmp_path / "one") == 0
    assert "index.html written" in capsys.readouterr().out
    first = contents(tmp_path / "one")
    assert first["runs/acme.json.gz"] == (folder / "acme.json.gz").read_bytes()
    assert not any(str(tmp_path).encode() in data for name, data in first.items() if name.endswith(".html"))

    assert build(folder, tmp_path / "one", "--check") == 0
    assert build(folder, tmp_path / "two") == 0
    assert contents(tmp_path / "two") == first

    capsys.readouterr()
    (tmp_path / "one" / "index.html").write_text("changed", "utf-8")
    (tmp_path / "one" / "clients.html").unlink()
    (tmp_path / "one" / "CNAME").write_text("results.example", "utf-8")
    assert build(folder, tmp_path / "one", "--check") == 1
    assert capsys.readouterr().out.splitlines() == ["clients.html is missing", "index.html differs"]


def test_files_of_an_earlier_build_are_removed_and_others_stay(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "site"
    assert build(folder, output) == 0
    (output / "CNAME").write_text("results.example", "utf-8")
    manifest = output / "manifest.txt"
    (tmp_path / "outside.txt").write_text("stays", "utf-8")
    for name in ("old.html", "../outside.txt"):
        manifest.write_text(f"{manifest.read_text('utf-8')}{'0' * 64}  {name}\n", "utf-8")
    (output / "old.html").write_text("old", "utf-8")
    assert build(folder, output, "--check") == 1
    assert build(folder, output) == 0
    assert not (output / "old.html").exists()
    assert (output / "CNAME").exists()
    assert (tmp_path / "outside.txt").exists()


def test_a_forged_run_is_named_and_nothing_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    submitted.written(folder, "forged.json.gz", submitted.forged(example_runs.worse()))
    submitted.listed(folder, submitted.entry("acme.json.gz"), submitted.entry("forged.json.gz", "forger"))
    output = tmp_path / "site"
    assert build(folder, output) == 1
    told = capsys.readouterr().out
    assert "forged.json.gz: refused" in told
    assert "recorded as passed, re-judged as failed" in told
    assert "1 run refused" in told
    assert not output.exists()

    assert build(folder, output, "--skip-refused") == 0
    found = contents(output)
    assert "gateways/forger.html" not in found
    assert "runs/forged.json.gz" not in found
    assert b"forged.json.gz" in found["index.html"]


def test_a_site_needs_a_run(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "acme.json.gz").write_bytes(b"not a run")
    assert build(folder, tmp_path / "site", "--skip-refused") == 2
    assert "every run is refused" in capsys.readouterr().err


def test_a_file_is_judged_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Path] = []
    monkeypatch.setattr(
        intake, "_examined", lambda paths: [(judged.append(path), judge.examined(path))[1] for path in paths]
    )
    first = intake.results(folder, ["acme.json.gz"])
    assert intake.results(folder, ["acme.json.gz"]) == first
    assert len(judged) == 1
    (tmp_path / "cache" / "intake").chmod(0o777)
    assert intake.results(folder, ["acme.json.gz"]) == first
    assert len(judged) == 2, "other users can write to the folder"
    (tmp_path / "cache" / "intake").chmod(0o700)
    submitted.written(folder, "acme.json.gz", submitted.dated(example_runs.worse(), "2026-01-02T02:00:00+00:00"))
    assert intake.results(folder, ["acme.json.gz"]) != first
    assert len(judged) == 3
