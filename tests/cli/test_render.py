"""The commands `render`, `diff` and `known`."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from conformance.core import data_files
from conformance.report.html import run as run_page
from tests.support import example_runs


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A clean run and a worse one, on disk."""
    folder = tmp_path_factory.mktemp("runs")
    for name, document in (("old.json", example_runs.clean()), ("new.json", example_runs.worse())):
        (folder / name).write_text(json.dumps(document), "utf-8")
    return str(folder / "old.json"), str(folder / "new.json")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code
    return capsys.readouterr().out


def first_failure() -> str:
    return next(str(entry["id"]) for entry in example_runs.worse()["verdicts"] if entry["outcome"] == "failed")


def test_every_form_on_the_terminal(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    _, new = files
    assert said(capsys, "render", new, "--to", "html").startswith("<!doctype html>")
    assert said(capsys, "render", new, "--to", "markdown").startswith("## Conformance of")
    assert json.loads(said(capsys, "render", new, "--to", "badge"))["schemaVersion"] == 1
    assert ElementTree.fromstring(said(capsys, "render", new, "--to", "badge-svg")).tag.endswith("svg")
    assert said(capsys, "render", new, "--to", "annotations").startswith("::error file=cases/messages/")


@pytest.mark.parametrize("form", ["html", "markdown", "annotations", "badge", "badge-svg", "certificate"])
def test_a_run_with_only_the_required_members_is_rendered(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = example_runs.worse()
    needed = {name: run[name] for name in data_files.schema("report.schema.json")["required"]}
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**needed, "gateway": {"base_url": "", "models": {}}}), "utf-8")
    assert said(capsys, "render", str(path), "--to", form)


@pytest.mark.parametrize("form", ["text", "base64"])
def test_the_page_shows_the_start_of_a_long_body_and_how_much_more_there_is(form: str) -> None:
    document = example_runs.clean()
    exchange = document["verdicts"][0]["exchanges"][0]
    exchange["request"]["body"] = {form: "x" * 100_000}
    exchange["curl"] = "curl " + "y" * 100_000
    page = run_page.render(document, all_exchanges=True)
    assert ("x" * 20_000 in page) == (form == "text")
    assert "x" * 20_001 not in page
    assert "y" * 20_000 not in page
    left = "80,000" if form == "text" else "100,000"
    assert f"({left} more characters are in run.json)" in page
    assert "(100,005 more characters are in run.json)" in page


def test_several_forms_at_once(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each form is what it is alone, for its file; the last one is for the terminal."""
    old, new = files
    forms = ("markdown", "html", "badge", "full-html", "json", "annotations")
    alone = [said(capsys, "render", new, "--baseline", old, "--to", form) for form in forms]
    paths = [tmp_path / form for form in forms[:-1]]
    given = [part for form, path in zip(forms, paths, strict=False) for part in ("--to", form, "-o", str(path))]
    printed = said(capsys, "render", new, "--baseline", old, *given, "--to", forms[-1])
    assert [*(path.read_text("utf-8") for path in paths), printed] == alone


@pytest.mark.parametrize(
    ("forms", "outputs", "words"),
    [(3, 1, "for 3 formats, and -o for 1 file"), (1, 2, "for 1 format, and -o for 2 files")],
)
def test_each_form_needs_its_file(
    forms: int, outputs: int, words: str, files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--to", "badge"] * forms + ["-o", str(tmp_path / "badge.json")] * outputs
    assert main(["render", files[1], *given]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_to_a_file_with_a_baseline(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = files
    page = tmp_path / "deep" / "report.html"
    assert said(capsys, "render", new, "--to", "html", "--baseline", old, "-o", str(page)) == ""
    text = page.read_text("utf-8")
    assert "Changes since the baseline" in text
    assert "Regressed" in text


def test_the_broken_rules_have_the_levels_of_the_findings() -> None:
    """A `must` rule is a `should` in a case that is newer than the requirement set."""
    document = example_runs.worse()
    failed = [entry for entry in document["verdicts"] if entry["outcome"] == "failed"]
    for finding in failed[0]["findings"]:
        finding["level"] = "should"
    shown = run_page.render(document)
    counts = re.findall(r'<span class="level (\w+)">.*?data-set-rule="messages.stream.unfinished".*?(\d+) case', shown)
    assert counts == [("must", str(len(failed) - 1)), ("should", "1")]
    assert shown.count("<option>messages.stream.unfinished</option>") == 1


def test_annotations_of_a_clean_run_are_nothing(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "render", files[0], "--to", "annotations") == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["render", "nowhere.json", "--to", "html"], "does not exist"),
        (["render", __file__, "--to", "html"], "not valid JSON"),
        (["diff", "nowhere.json", "nowhere.json"], "does not exist"),
        (["known", "nowhere.json"], "does not exist"),
        (["verify", "nowhere.json"], "does not exist"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1


def test_a_run_of_another_format_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**example_runs.clean(), "format": 99}), "utf-8")
    assert main(["render", str(path), "--to", "html"]) == 2
    assert "format" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("badge", "responses 0 of 10 pass, 10 lost"),
        ("badge-svg", "responses 0 of 10 pass, 10 lost"),
        ("annotations", "::error title=lost since the baseline::the gateway has no responses endpoint"),
        ("markdown", "**Lost ("),
        ("html", "cases that passed in the baseline are lost."),
    ],
)
def test_every_form_says_what_is_lost_since_the_baseline(
    form: str, words: str, files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = tmp_path / "lost.json"
    lost.write_text(json.dumps(example_runs.without(example_runs.clean(), "responses")), "utf-8")
    assert words in said(capsys, "render", str(lost), "--to", form, "--baseline", files[0])
    assert words not in said(capsys, "render", str(lost), "--to", form)
    assert main(["diff", files[0], str(lost), "--fail-on", "regression"]) == 1
    assert main(["diff", files[0], str(lost)]) == 0


def test_diff_exits_1_for_a_regression_only_on_request(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = files
    assert f"regressed: {first_failure()} (passed, then failed)" in said(capsys, "diff", old, new)
    said(capsys, "diff", old, new, "--fail-on", "regression", code=1)
    said(capsys, "diff", new, new, "--fail-on", "regression")
    said(capsys, "diff", new, old, "--fail-on", "regression")
    said(capsys, "diff", new, new, "--fail-on", "must", code=1)


def test_diff_for_machines_and_for_pull_requests(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(said(capsys, "diff", *files, "--json"))
    Draft202012Validator(data_files.schema("diff.schema.json")).validate(document)
    assert first_failure() in [change["id"] for change in document["changes"]]
    assert "### Changes since the baseline" in said(capsys, "diff", *files, "--markdown")


STRANGE = "messages/text/one\x1b[2J\u202e\ud800"


def test_a_hostile_run_cannot_control_a_terminal(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Case ids and member names in the file may be any text."""
    document = example_runs.worse()
    for entry in document["verdicts"]:
        if entry["id"] == first_failure():
            entry |= {"id": STRANGE, "outcome": "passed", "findings": []}
    run, known, broken = tmp_path / "run.json", tmp_path / "known.yaml", tmp_path / "broken.json"
    run.write_text(json.dumps(document), "utf-8")
    known.write_text("format: 1\nknown:\n  - {cases: 'messages/text/one*', reason: r}\n", "utf-8")
    broken.write_text(json.dumps({**document, "summary": {"passed\x1b\n\u202e": 1}}), "utf-8")
    shown = [
        ("known", str(run), str(known)),
        ("known", str(run), "--update"),
        ("diff", files[1], str(run)),
        ("diff", files[1], str(run), "--json"),
        ("diff", files[1], str(run), "--markdown"),
        ("compare", str(run)),
        ("verify", str(run)),
        *(("render", str(run), "--to", form) for form in ("markdown", "annotations", "html")),
        ("render", str(broken), "--to", "html"),
    ]
    for arguments in shown:
        main(arguments)
        said = capsys.readouterr()
        text = said.out + said.err
        text.encode()
        assert text
        assert not {"\x1b", "\u202e"} & set(text)
    assert len(said.err.splitlines()) == 1


def test_known_writes_a_list_and_checks_a_run_against_it(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = files
    path = str(tmp_path / "known.yaml")
    said(capsys, "known", new, path, code=2)
    said(capsys, "known", new, path, "--update")
    assert " known, " in said(capsys, "known", new, path)
    assert "stale: " in said(capsys, "known", old, path, code=1)
    assert main(["known", new, path, "--update"]) == 2
    assert "exists already" in capsys.readouterr().err
