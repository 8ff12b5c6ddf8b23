"""Adds the problems to pytest's JUnit report: class names by family and area, and properties with problems.

pytest writes a test case's properties when its test ends, but the problems are only known when the run ends, and class
names cannot be chosen. Therefore the file that pytest has written is changed, not pytest's own objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from conformance.analysis import problems
from conformance.records import run_file
from conformance.records.run_format import ProblemEntry, RunDocument, VerdictEntry
from conformance.report.problems import text as problems_text
from conformance.report.problems.own import is_own

PROBLEM = "problem"
"""The name of the property of a test case; the value is the id of a problem."""


def with_problems(text: bytes, document: RunDocument, prefix: str = "") -> bytes:
    """A JUnit report with the problems of a run; `prefix` is that of `--junitprefix`.

    Test cases that are not about a case of the run stay as they are. Raises ElementTree.ParseError.
    """
    root = ElementTree.fromstring(text)  # noqa: S314 - pytest wrote it
    found = [problem for problem in problems.of(document) if run_file.can_fail(problem)]
    for suite in root.iter("testsuite"):
        told = {f"{PROBLEM} {problem['id']}": _told(document, problem) for problem in found if is_own(problem)}
        _add_properties(suite, list(told.items()))
    entries = {f"test_gateway[{entry['id']}]": entry for entry in document["verdicts"]}
    ids = _ids(found)
    for test in root.iter("testcase"):
        if entry := entries.get(test.get("name", "")):
            test.set("classname", ".".join(part for part in (prefix, *_class(entry)) if part))
            _add_properties(test, [(PROBLEM, name) for name in ids.get(entry["id"], ())])
    return ('<?xml version="1.0" encoding="utf-8"?>' + ElementTree.tostring(root, "unicode")).encode()


def _class(entry: VerdictEntry) -> Sequence[str]:
    """`messages` and `tools`; a dot would begin another package."""
    return [name.replace(".", "_").replace("/", ".") for name in (entry["family"], entry["area"])]


def _told(document: RunDocument, problem: ProblemEntry) -> str:
    sentence = document["rules"][problem["rule"]]["sentence"]
    return f"{problem['level']}: {sentence} {problem['scope']['words']}: {problems_text.share(problem)}"


def _ids(found: Sequence[ProblemEntry]) -> Mapping[str, list[str]]:
    """Case -> the ids of its problems."""
    ids: dict[str, list[str]] = {}
    for problem in found:
        for case in problem["cases"]:
            ids.setdefault(case, []).append(problem["id"])
    return ids


def _add_properties(element: Element, pairs: Sequence[tuple[str, str]]) -> None:
    """Adds properties; they are the first child, where schemas and readers expect them."""
    if not pairs:
        return
    properties = element.find("properties")
    if properties is None:
        properties = Element("properties")
        element.insert(0, properties)
    properties.extend(Element("property", name=_plain(name), value=_plain(value)) for name, value in pairs)


def _plain(text: str) -> str:
    """A text with ASCII escapes: XML does not allow every character, not even escaped."""
    return text.encode("unicode_escape").decode("ascii")
