"""Exact arrival times for chunks: a shorter thread switch interval while a run sends requests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.0005
"""A tenth of Python's default. See https://docs.python.org/3/library/sys.html#sys.setswitchinterval"""


@contextmanager
def short_switch_interval() -> Iterator[None]:
    """Shorten the switch interval of this process, and restore the old value on exit.

    The client notes the arrival time of each chunk in a thread of its own. With the default interval of 5 ms that
    thread may wait so long for the interpreter lock that a fast gateway looks slow. The setting applies to the whole
    process, so only a run enters this, and no library object does.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
