"""Memory that is freed during a long run goes back to the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

READ = """
import contextlib, ctypes, sys
from conformance.core.steady_memory import steady_memory

class Counts(ctypes.Structure):
    _fields_ = [("of", ctypes.c_size_t * 10)]  # struct mallinfo2; the fifth are the bytes in mappings of their own

def mapped():
    read = ctypes.CDLL(None).mallinfo2
    read.restype = Counts
    return read().of[4]

with steady_memory() if sys.argv[1] == "steady" else contextlib.nullcontext():
    larger = bytearray(1024 * 1024)
    del larger  # from now on, glibc takes smaller blocks from its heap
    before = mapped()
    buffers = [bytearray(256 * 1024) for _ in range(40)]  # the size of a read of asyncio
    print(mapped() - before >= 30 * 256 * 1024)  # a few fit into holes of the heap
"""


@pytest.mark.e2e
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="needs glibc 2.33")
@pytest.mark.parametrize(("how", "expected"), [("steady", "True"), ("usual", "False")])
def test_a_read_buffer_is_not_taken_from_the_heap(how: str, expected: str) -> None:
    result = subprocess.run([sys.executable, "-c", READ, how], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == expected


COLLECT = """
import gc
from conformance.core.steady_memory import steady_memory

counts = [gc.get_freeze_count()]
with steady_memory():
    counts.append(gc.get_freeze_count())
counts.append(gc.get_freeze_count())
gc.freeze()
with steady_memory():
    counts.append(gc.get_freeze_count())
counts.append(gc.get_freeze_count())
print(*map(bool, counts))
"""
"""Prints whether objects are frozen before, in and after a block; and in and after a block with frozen objects."""


@pytest.mark.e2e
def test_the_objects_of_the_block_alone_are_collected() -> None:
    result = subprocess.run([sys.executable, "-c", COLLECT], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.split() == ["False", "True", "False", "True", "True"]
