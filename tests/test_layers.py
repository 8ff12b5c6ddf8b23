"""Imports point down only, and the reference servers share nothing with the judge."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "conformance"

LAYERS = (
    ("lazy", "model", "progress"),
    ("asking", "blame", "canary", "connections", "data", "decoding", "limits", "naming", "pointer", "redaction", "sse"),
    (
        "answers",
        "budget",
        "capabilities",
        "credential",
        "envelope",
        "fill",
        "fits",
        "grammar",
        "pacing",
        "refs",
        "repeat",
        "rulebook",
        "yamls",
    ),
    ("address", "client", "family", "journal", "merge", "shard", "sight"),
    ("library", "profile", "reading", "recording", "route", "sending", "shape"),
    ("dealing", "har", "replay", "sets", "steps", "target", "waiting"),
    ("lint", "runs"),
    ("checks", "routes", "settings"),
    ("compose", "contract", "control", "expect", "provenance"),
    ("excuses",),
    ("judge", "preflight", "traffic"),
    ("baseline", "history", "known", "shares", "verifying"),
    ("comparison",),
    ("report", "runner", "session"),
    ("allure_plugin", "parties", "past"),
    ("engine",),
    ("job", "turns"),
    ("commands", "plugin"),
    ("cli",),
    ("test_gateway",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
STARTS_SERVERS = {"commands", "session"}
"""The modules that start the reference servers, and so may import them."""


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "reference" not in path.relative_to(PACKAGE).parts)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[str]:
    """The names of the package's own modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "conformance":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("conformance."):
            yield (node.module or "").split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("conformance."))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    name = name_of(path)
    if name == "__init__":
        assert list(imported(path)) == []
        return
    for other in imported(path):
        if other == "reference":
            assert name in STARTS_SERVERS
        elif other != name:
            assert RANK[other] < RANK[name], f"{name} imports {other}, which is not below it"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "reference").rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_the_reference_shares_no_mistake_with_the_judge(path: Path) -> None:
    assert set(imported(path)) <= {"model", "sse", "yamls", "reference"}


def test_only_the_client_speaks_http() -> None:
    speakers = {name_of(path) for path in modules() if "import httpx" in path.read_text("utf-8")}
    assert speakers == {"client", "connections"}


def test_every_module_has_a_layer() -> None:
    assert {name_of(path) for path in modules()} - {"__init__"} == set(RANK)
