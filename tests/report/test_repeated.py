"""Repeated cases in the terminal, in Markdown and on the page: the rates, and what the repetitions exclude."""

from __future__ import annotations

import pytest

from conformance.report import markdown
from conformance.report.html import run as page
from conformance.report.percent import interval, percent
from conformance.report.problems import text as problems_text
from conformance.report.repeated import text
from tests.support import example_runs

UNFINISHED = "messages.stream.unfinished"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.36, "36 %"),
        (0.161, "16 %"),
        (0.004, "0.4 %"),
        (0.999, "99.9 %"),
    ],
)
def test_a_percentage_never_looks_like_none_or_all(share: float, said: str) -> None:
    assert percent(share) == said


def test_an_interval_from_zero_is_a_bound() -> None:
    assert (interval(0.052, 0.36), interval(0.0, 0.161)) == ("5 % to 36 %", "at most 16 %")


def test_the_terminal_tells_rates_and_bounds() -> None:
    document = example_runs.repeated(3, 20)
    broken, clean = (entry["case"] for entry in document["repeated"])
    said = [*text.lines(document)]
    assert said[0] == "stable: 1 of 2 repeated cases"
    assert said[1] == f"  {broken}: passed 17 of 20 times"
    assert any(line.startswith(f"  3 of 20, 5 % to 36 %: {UNFINISHED} in {broken[:20]}") for line in said)
    assert "1 case without a broken rule in 20 repetitions: at most 16 %, 95 % confidence" in said
    assert "empty streams: 0 of 40, at most 9 %, 95 % confidence" in said
    assert not [*text.lines(example_runs.clean())]
    assert clean not in "".join(said)


def test_the_page_and_markdown_tell_the_same() -> None:
    document = example_runs.repeated(3, 20)
    for told in (markdown.run(document), page.render(document)):
        for expected in ("3 of 20, 5 % to 36 %", "at most 16 %", UNFINISHED):
            assert expected in told
    for told in (markdown.run(example_runs.clean()), page.render(example_runs.clean())):
        assert "Repeated cases" not in told


def test_an_intermittent_problem_is_told_with_its_interval() -> None:
    [problem] = example_runs.repeated(3, 20)["problems"]
    assert problems_text.share(problem) == "3 of 20 (intermittent, 5 % to 36 %); 0 of 20 others"
