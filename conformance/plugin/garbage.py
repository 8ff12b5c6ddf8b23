"""Spares the garbage collector the modules, cases and tests that stay until the end of a run.

Otherwise it visits all of them again and again while they are made, and twice more when pytest ends. That is a fifth of
the CPU time of a run of a few cases.
"""

from __future__ import annotations

import gc
from functools import partial

import pytest

_THRESHOLD = (20_000, 10, 10)
_KEEPS = pytest.StashKey[bool]()


def collect_seldom(config: pytest.Config) -> None:
    """Lets more objects be made between two collections, until pytest ends."""
    config.add_cleanup(partial(gc.set_threshold, *gc.get_threshold()))
    gc.set_threshold(*_THRESHOLD)


def keep_what_exists(config: pytest.Config) -> None:
    """Takes the objects that exist out of all further collections, unless another run in this process did.

    They are not given back when pytest ends, because pytest collects twice then. So a process that calls pytest several
    times keeps the tests of the first run only.
    """
    if config.stash.get(_KEEPS, not gc.get_freeze_count()):
        config.stash[_KEEPS] = True
        gc.freeze()
