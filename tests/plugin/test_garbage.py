"""The garbage collector spares what a run keeps until its end."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from conformance.plugin import garbage
from tests.support import suite

pytest_plugins = ["pytester"]


@pytest.fixture
def unfrozen() -> Iterator[None]:
    """No object is frozen, as in a new process; these tests have theirs frozen again afterwards."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


def test_the_objects_of_one_run_are_kept(unfrozen: None, pytester: pytest.Pytester) -> None:
    first, other = pytester.parseconfig(), pytester.parseconfig()
    garbage.keep_what_exists(first)
    assert gc.get_freeze_count() > 10_000
    for config, kept in ((first, True), (other, False)):
        later = [[number] for number in range(1000)]
        before = gc.get_freeze_count()
        garbage.keep_what_exists(config)
        assert (gc.get_freeze_count() - before >= len(later)) is kept


def test_a_run_keeps_its_tests_and_restores_the_threshold(unfrozen: None) -> None:
    gc.set_threshold(701, 11, 12)
    try:
        assert suite.run("--collect-only", "-q", "-k", "models").returncode == 0
        assert gc.get_threshold() == (701, 11, 12)
    finally:
        gc.set_threshold(20_000, 10, 10)
    assert gc.get_freeze_count() > 10_000
