"""The garbage collector spares what a run keeps until its end."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from conformance.plugin import garbage
from tests.support import suite


@pytest.fixture
def unfrozen() -> Iterator[None]:
    """No object is frozen, as in a new process; these tests have theirs frozen again afterwards."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


def test_objects_are_kept_once(unfrozen: None) -> None:
    garbage.keep_what_exists()
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    later = [[number] for number in range(1000)]
    garbage.keep_what_exists()
    assert gc.get_freeze_count() <= frozen < frozen + len(later)


def test_a_run_keeps_its_tests_and_restores_the_threshold(unfrozen: None) -> None:
    gc.set_threshold(701, 11, 12)
    try:
        assert suite.run("--collect-only", "-q", "-k", "models").returncode == 0
        assert gc.get_threshold() == (701, 11, 12)
    finally:
        gc.set_threshold(20_000, 10, 10)
    assert gc.get_freeze_count() > 10_000
