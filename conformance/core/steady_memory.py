"""Keeps the memory of a long run constant."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_M_MMAP_THRESHOLD = -3
_THRESHOLD = 128 * 1024
"""Bytes; glibc's first threshold."""


@contextmanager
def steady_memory() -> Iterator[None]:
    """Makes freed memory go back during the block, so that a process that keeps nothing does not grow.

    Two things make it grow otherwise. asyncio reads each piece of an answer into a buffer of 256 KiB. glibc soon takes
    such buffers from its heap, and each needs a hole of that size between the small objects, so that the heap gets
    fragmented; a fixed threshold (mallopt(3)) gives each buffer a mapping of its own. And Python looks for cycles among
    old objects only when their number has grown by a quarter of all objects; the objects that exist before the block
    are not counted in it. The threshold stays fixed after the block, and so do objects that were frozen before it.
    """
    _fix_threshold()
    was_frozen = gc.get_freeze_count() > 0
    gc.collect()
    gc.freeze()
    gc.collect()  # counts the objects that are left: none
    try:
        yield
    finally:
        if not was_frozen:
            gc.unfreeze()


def _fix_threshold() -> None:
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _THRESHOLD)
    except (AttributeError, OSError, TypeError):
        return  # another C library: musl, macOS, Windows
