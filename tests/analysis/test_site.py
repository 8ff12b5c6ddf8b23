"""The contents of a results site: the list of submissions, and what is told about each gateway and rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.analysis.site import content, intake
from conformance.analysis.site.submissions import load_submissions
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from tests.support import example_runs, submitted
from tests.support.submitted import dated, entry, run

RULE = "messages.stream.unfinished"
FIRST, SECOND, THIRD = (f"2026-01-0{day}T02:00:00+00:00" for day in (1, 2, 3))


def site(*runs: content.Run) -> content.Site:
    return content.site("", "", runs, {})


def use_of(found: content.Site, rule: str = RULE) -> content.RuleUse:
    return next(use for use in found.rules if use.rule.id == rule)


def test_the_list_is_read(tmp_path: Path) -> None:
    found = load_submissions(submitted.folder_of_three(tmp_path))
    assert found.title == "Gateways of a test"
    assert [(one.file, one.gateway, one.made) for one in found.runs] == [
        ("acme/vendor.json.gz", "acme", "by-the-vendor"),
        ("acme/others.json.gz", "acme", "by-others"),
        ("zeta.json.gz", "zeta", "by-the-vendor"),
    ]
    assert found.runs[0].steps == submitted.STEPS
    assert found.runs[2].links == (("Project", "https://zeta.example/"),)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "the list has no run"),
        ([entry("a.json.gz"), entry("a.json.gz")], "already in the list"),
        ([entry("b.json.gz")], "b.json.gz does not exist"),
        ([entry("../a.json.gz")], "does not match"),
        ([entry("/a.json.gz")], "does not match"),
        ([entry("a.json.gz", "../acme")], "does not match"),
        ([entry("a.json.gz", "acme", "by-friends")], "is not one of"),
        ([entry("a.json.gz", setup="other.md")], "other.md cannot be read"),
        ([entry("a.json.gz", setup="secret.txt")], "setup"),
        ([entry("a.json.gz", setup="link.md")], "not Markdown"),
        ([entry("a.json.gz", links={"x": "javascript:alert(1)"})], "does not match"),
        ([entry("link.json.gz")], "outside the folder"),
        ([entry("a.json.gz", colour="red")], "unknown key 'colour'"),
    ],
)
def test_a_mistake_in_the_list_is_one_sentence(tmp_path: Path, entries: list[JSON], said: str) -> None:
    folder = submitted.listed(tmp_path / "runs", *entries)
    (folder / "a.json.gz").write_bytes(b"")
    (tmp_path / "secret.txt").write_text("a secret", "utf-8")
    (tmp_path / "outside.json.gz").write_bytes(b"")
    (folder / "link.md").symlink_to(tmp_path / "secret.txt")
    (folder / "link.json.gz").symlink_to(tmp_path / "outside.json.gz")
    with pytest.raises(InputError, match=said):
        load_submissions(folder)


def test_a_run_that_is_not_in_the_list_is_a_mistake(tmp_path: Path) -> None:
    folder = submitted.listed(tmp_path, entry("a.json.gz"))
    (folder / "a.json.gz").write_bytes(b"")
    (folder / "b.json.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"b\.json\.gz is in the folder and not in the list"):
        load_submissions(folder)


def test_a_run_is_judged_again_and_loses_its_exchanges(tmp_path: Path) -> None:
    path = submitted.written(tmp_path, "run.json.gz", example_runs.worse())
    found = intake.examined(path)
    assert found["refusals"] == []
    assert found["run"] is not None
    assert found["missing"] > 0
    assert all(not one["exchanges"] for one in found["run"]["verdicts"])
    [problem] = found["run"]["problems"]
    assert problem["rule"] == RULE
    assert found["commands"][problem["id"]].startswith("curl ")
    assert found["run"]["readiness"]


def test_problems_and_clients_are_those_of_the_verdicts(tmp_path: Path) -> None:
    document = example_runs.worse()
    document["readiness"] = []
    document["problems"][0]["scope"]["words"] = "nothing"
    found = submitted.run(document)
    assert found.document["problems"] == example_runs.worse()["problems"]
    assert found.document["readiness"]


def test_a_forged_run_is_refused(tmp_path: Path) -> None:
    path = submitted.written(tmp_path, "run.json.gz", submitted.forged(example_runs.worse()))
    found = intake.examined(path)
    assert found["run"] is None
    assert len(found["refusals"]) >= 5
    assert "recorded as passed, re-judged as failed" in found["refusals"][0]


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"not gzip", "cannot be read"), (b"", "not valid JSON")],
)
def test_a_file_that_is_not_a_run_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "run.json.gz"
    path.write_bytes(data)
    [reason] = intake.examined(path)["refusals"]
    assert said in reason
    assert str(tmp_path) not in reason


def test_a_run_without_its_exchanges_is_refused(tmp_path: Path) -> None:
    document = example_runs.clean()
    for one in document["verdicts"]:
        one["exchanges"] = []
        one["stored"] = [{"digest": "0" * 64, "status": 200, "streamed": False, "first_byte": 0.1}]
    [*_, reason] = intake.examined(submitted.written(tmp_path, "run.json.gz", document))["refusals"]
    assert "are not in the file" in reason


def test_the_newest_version_stands_for_a_gateway_and_others_before_the_vendor() -> None:
    clean = example_runs.clean()
    found = site(
        run(dated(clean, FIRST, "1.0"), file="old.json.gz"),
        run(dated(clean, THIRD, "2.0"), made="by-the-vendor", file="vendor.json.gz"),
        run(dated(clean, SECOND, "2.0"), file="others.json.gz"),
    )
    [gateway] = found.gateways
    assert [one.submission.file for one in gateway.runs] == ["old.json.gz", "others.json.gz", "vendor.json.gz"]
    assert gateway.shown.submission.file == "others.json.gz"
    assert gateway.shown.is_reproduced


def test_a_reproduced_run_is_compared_with_the_vendors() -> None:
    clean, worse = dated(example_runs.clean(), FIRST), dated(example_runs.worse(), SECOND)
    [gateway] = site(run(clean, made="by-the-vendor"), run(worse)).gateways
    assert gateway.agreement is not None
    assert gateway.agreement.judged - gateway.agreement.same == worse["summary"]["failed"]
    [alone] = site(run(clean, made="by-the-vendor")).gateways
    assert alone.agreement is None


def test_a_rule_names_the_gateways_that_break_it_and_the_clients() -> None:
    clean, worse = dated(example_runs.clean(), FIRST), dated(example_runs.worse(), SECOND)
    use = use_of(site(run(worse, "acme"), run(clean, "zeta")))
    [breaker] = use.breakers
    assert (breaker.gateway.id, breaker.level, breaker.cases) == ("acme", "must", 5)
    assert [problem["rule"] for problem in breaker.problems] == [RULE]
    assert "Anthropic SDK for Python" in use.clients
    assert use.earlier == ()


def test_a_rule_that_was_broken_in_an_earlier_run_only() -> None:
    clean, worse = dated(example_runs.clean(), SECOND), dated(example_runs.worse(), FIRST)
    use = use_of(site(run(worse, file="a.json.gz"), run(clean, file="b.json.gz")))
    assert use.breakers == ()
    assert [found.submission.file for _, found in use.earlier] == ["a.json.gz"]
    assert use.is_broken
    assert not use_of(site(run(clean))).is_broken


def test_gateways_are_in_the_order_of_their_names() -> None:
    clean = example_runs.clean()
    names = ["zeta", "Acme", "beta"]
    found = site(*(run(dated(clean, FIRST, name=name), name.lower()) for name in names))
    assert [gateway.id for gateway in found.gateways] == ["acme", "beta", "zeta"]


def test_a_long_name_is_cut() -> None:
    [gateway] = site(run(dated(example_runs.clean(), FIRST, "v" * 500, "n" * 500))).gateways
    assert len(gateway.shown.name) == len(gateway.shown.version) == 80
