"""Every command reads a run in two files, and says what it needs of a run that kept only one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.core.model import JSON
from conformance.records import observed_names, run_file
from conformance.records.exchange_store import NAME
from conformance.report.html import run as run_page
from tests.support import example_runs
from tests.support.stored_runs import raw, written


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run with failures, on disk: whole, and in two files."""
    folder = tmp_path_factory.mktemp("worse")
    (folder / "whole.json").write_text(json.dumps(example_runs.worse()), "utf-8")
    (folder / "two").mkdir()
    return folder / "whole.json", written(folder / "two", example_runs.worse())


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert main([str(argument) for argument in arguments]) == code, capsys.readouterr().err
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["verify", "RUN"], 0),
        (["render", "RUN", "--to", "html"], 0),
        (["render", "RUN", "--to", "full-html"], 0),
        (["render", "RUN", "--to", "markdown"], 0),
        (["render", "RUN", "--to", "json"], 0),
        (["render", "RUN", "--to", "annotations"], 0),
        (["check", "RUN", "--json"], 1),
        (["known", "RUN", "--update"], 0),
    ],
    ids=lambda value: " ".join(value[::3]) if isinstance(value, list) else "",
)
def test_readers_say_the_same_of_one_file_and_of_two(
    command: list[str], code: int, worse: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (
        said(capsys, *(path if part == "RUN" else part for part in command), code=code).replace(path.name, "RUN")
        for path in worse
    )
    assert one == two


FORMS = ("html", "markdown", "badge", "badge-svg", "annotations", "certificate")
NOT_NEEDED = ([["render", "RUN", "--to", form] for form in FORMS]
              + [["diff", "RUN", "RUN", "--json"], ["compare", "RUN"], ["known", "RUN", "--update"]])  # fmt: skip
NEEDED = [["verify", "RUN"], ["check", "RUN"], *(["render", "RUN", "--to", form] for form in ("full-html", "json"))]


@pytest.mark.parametrize("command", NOT_NEEDED, ids=" ".join)
def test_most_commands_need_run_json_alone(
    command: list[str], worse: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").write_bytes(worse[1].read_bytes())
    beside, alone = (
        said(capsys, *(path if part == "RUN" else part for part in command))
        for path in (worse[1], tmp_path / "run.json")
    )
    assert beside == alone


@pytest.mark.parametrize("command", NEEDED, ids=" ".join)
def test_a_missing_file_is_one_sentence(
    command: list[str], worse: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, places in (("run.json", [NAME]), ("old.json", [f"old.{NAME}", NAME])):
        (tmp_path / name).write_bytes(worse[1].read_bytes())
        assert main([str(tmp_path / name) if part == "RUN" else part for part in command]) == 2
        [sentence] = capsys.readouterr().err.splitlines()
        assert all(str(tmp_path / place) in sentence for place in places)
        assert "copy the file that was written with the run into the same folder" in sentence


def test_the_page_without_exchanges_says_how_to_see_them(worse: tuple[Path, Path], tmp_path: Path) -> None:
    page, full = (files_page(worse[1], all_exchanges) for all_exchanges in (False, True))
    passed = next(entry for entry in example_runs.worse()["verdicts"] if entry["outcome"] == "passed")
    failed = next(entry for entry in example_runs.worse()["verdicts"] if entry["outcome"] == "failed")
    assert [date_of(passed) in page, date_of(passed) in full] == [False, True]
    assert [date_of(failed) in page, date_of(failed) in full] == [True, True]
    assert '"left_out":1' in page.replace(" ", "")
    assert "render --to full-html" in page
    assert "not kept in this run" in files_page(partial(tmp_path), all_exchanges=True)


def files_page(path: Path, all_exchanges: bool) -> str:
    read = run_file.read_run if all_exchanges else run_file.read_report
    document = read(path)
    for number, entry in enumerate(document["verdicts"]):
        for exchange in entry["exchanges"]:
            exchange["date"] = f"date-{number}"
    return run_page.render(document, all_exchanges=all_exchanges)


def date_of(entry: JSON) -> str:
    ids = [other["id"] for other in example_runs.worse()["verdicts"]]
    return f'"date-{ids.index(entry["id"])}"'


# --gateway-keep=failed


def partial(folder: Path) -> Path:
    document = {**example_runs.worse(), "options": {"--gateway-keep": "failed"}}
    return written(folder, document, keep="failed")


def test_a_partial_run_is_verified_as_far_as_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = partial(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]
    outcomes = [entry["outcome"] for entry in example_runs.worse()["verdicts"]]
    found = said(capsys, "verify", path, code=1).splitlines()
    assert found[0] == f"{outcomes.count('failed')} verdicts reproduced, 0 differ"
    assert found[1].startswith(
        f"{outcomes.count('passed')} verdicts and the rules over the whole run cannot be re-judged"
    )
    assert "--gateway-keep=failed" in found[1]


def test_a_partial_run_is_not_a_way_around_the_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = partial(tmp_path)
    changed = raw(path)
    first = next(entry for entry in changed["verdicts"] if entry["outcome"] == "failed")
    first |= {"outcome": "passed", "findings": [], "exchanges": []}
    path.write_text(json.dumps(changed), "utf-8")
    assert f"{first['id']}: recorded as passed, but no exchange is recorded" in said(capsys, "verify", path, code=1)


def test_a_partial_run_is_rendered_and_not_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = partial(tmp_path)
    for form in ("html", "full-html", "markdown", "json"):
        assert said(capsys, "render", path, "--to", form)
        document = raw(path)
        observed_names.restore(document)
        assert run_file.read_run(path) == document
    assert main(["check", str(path)]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert "did not keep the exchanges of cases that passed (--gateway-keep=failed)" in sentence
