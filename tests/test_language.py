"""Texts are plain technical English: none of them has a phrase of banned_phrases.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.language import AREAS, BANS, Ban, Text, hits, problems

BAD = [pytest.param(ban, text, id=text) for ban in BANS for text in ban.bad]
GOOD = [pytest.param(ban, text, id=text) for ban in BANS for text in ban.good]

MARKDOWN = """\
# What there is

The list is no
object. The rule `nobody.knows` is one.
"""
PYTHON = '''\
"""What it does."""

nobody = f"{1} is no {2}"  # whoever
# The rest is
# no list.
TEXT = "It waits " \\
    "in vain" + (
        "and for "
        "ever"
    )


def so_many_words() -> None:
    """A function.

    It tells
    of an error.
    """
'''
CASE = """\
family: messages  # nobody
cases:
  - id: in-vain
    title: A body that is no
      object is refused
    request: {body: "What nobody says."}
    steps:
      - request: {body: {input: in vain}}
        expect: {answer: {contains: in vain}}
# What is this.
# It is for
# ever.
"""


def found(root: Path, area: str, name: str, text: str) -> list[str]:
    """The problems of a file, as line and phrase."""
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    lines = problems(area, root)
    assert all(line.startswith(f"{name}:") and "; write " in line for line in lines)
    return [line.removeprefix(f"{name}:").partition("; write ")[0] for line in lines]


@pytest.mark.parametrize(("ban", "text"), BAD)
def test_a_bad_sentence_is_found(ban: Ban, text: str) -> None:
    assert ban.instead in [instead for _, _, instead in hits(Text(1, text))]


@pytest.mark.parametrize(("ban", "text"), GOOD)
def test_a_good_sentence_is_not(ban: Ban, text: str) -> None:
    assert ban.instead not in [instead for _, _, instead in hits(Text(1, text))]


@pytest.mark.parametrize("ban", BANS, ids=lambda ban: ban.bad[0])
def test_each_ban_has_examples(ban: Ban) -> None:
    assert ban.bad
    assert ban.good


def test_markdown_is_searched_without_inline_code(tmp_path: Path) -> None:
    lines = found(tmp_path, "documents", "docs/page.md", MARKDOWN)
    assert lines == ['1: "What"', '1: "What there is"', '3: "is no object"']


def test_generated_pages_are_skipped(tmp_path: Path) -> None:
    assert found(tmp_path, "documents", "docs/page.md", f"<!-- Generated -->\n{MARKDOWN}") == []


def test_comments_docstrings_and_literals_of_python_are_searched(tmp_path: Path) -> None:
    assert found(tmp_path, "package", "conformance/part/module.py", PYTHON) == [
        '1: "What"', '3: "is no x"', '3: "whoever"', '4: "is no list"', '7: "in vain"', '8: "for ever"',
        '16: "tells of"',
    ]  # fmt: skip


def test_only_comments_and_docstrings_of_tests_are_searched(tmp_path: Path) -> None:
    assert found(tmp_path, "tests", "tests/test_part.py", PYTHON) == [
        '1: "What"', '3: "whoever"', '4: "is no list"', '16: "tells of"',
    ]  # fmt: skip


def test_requests_and_expectations_of_cases_are_skipped(tmp_path: Path) -> None:
    assert found(tmp_path, "cases", "cases/messages/part.yaml", CASE) == [
        '1: "nobody"', '4: "is no object"', '10: "What"', '11: "for ever"',
    ]  # fmt: skip


def test_only_comments_of_fragments_are_searched(tmp_path: Path) -> None:
    text = "# A tool that nobody needs\ntool: {description: Waits in vain}\n"
    assert found(tmp_path, "cases", "cases/messages/_fragments.yaml", text) == ['1: "nobody"']


@pytest.mark.parametrize("area", AREAS)
def test_texts_are_plain_english(area: str) -> None:
    lines = problems(area)
    assert not lines, "\n".join([f"banned phrases: {len(lines)}", *lines])
