"""The suite's modules are imported as they are: pytest rewrites the assertions of its tests and scenarios only."""

from __future__ import annotations

import pytest

import conformance
from conformance.plugin.plain_import import PlainFinder


@pytest.mark.parametrize(
    ("name", "is_found"),
    [
        ("conformance.judge", True),
        ("conformance.plugin.hooks", True),
        ("conformance.test_gateway", False),
        ("conformance.real_clients.openai_errors", False),
        ("conformance", False),
        ("json", False),
    ],
)
def test_finds_the_modules_without_assertions_for_users(name: str, is_found: bool) -> None:
    package = __import__(name.rpartition(".")[0] or name)
    for part in name.split(".")[1:-1]:
        package = getattr(package, part)
    spec = PlainFinder.find_spec(name, getattr(package, "__path__", None))
    assert (spec is not None) == is_found
    if spec is not None:
        assert type(spec.loader).__name__ == "SourceFileLoader"


def test_leaves_other_packages_alone() -> None:
    assert PlainFinder.find_spec("conformance_more.judge", conformance.__path__) is None
