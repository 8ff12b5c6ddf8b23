"""Spares the garbage collector the thousands of cases and tests that stay until the end of a run.

Otherwise it visits all of them again and again while they are collected, and twice more when pytest ends. That is a
fifth of the CPU time of a run of a few cases.
"""

from __future__ import annotations

import gc
from functools import partial

import pytest

_THRESHOLD = (20_000, 10, 10)


def collect_seldom(config: pytest.Config) -> None:
    """Lets more objects be made between two collections, until pytest ends."""
    config.add_cleanup(partial(gc.set_threshold, *gc.get_threshold()))
    gc.set_threshold(*_THRESHOLD)


def keep_what_exists() -> None:
    """Takes the objects that exist out of all further collections, unless that was done before in this process.

    They are not given back when pytest ends, because pytest collects twice then. So a process that calls pytest several
    times keeps the tests of the first run only.
    """
    if not gc.get_freeze_count():
        gc.freeze()
