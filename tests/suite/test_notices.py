"""The file that says which case notices which fault."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from conformance.core.yaml_input import InputError
from conformance.suite import notices
from conformance.suite.notices import Cost, Notices

FOUND = Notices(
    {"a": Cost(1, 20), "b": Cost(2, 40, ("recalls",)), "c": Cost(1, 0)},
    {"lost": frozenset("ab"), "twice": frozenset("abc")},
    {"lost": frozenset("b"), "twice": frozenset()},
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    file, again = tmp_path / "notices.jsonl.gz", tmp_path / "again.jsonl.gz"
    notices.write(file, FOUND)
    assert notices.read(file) == FOUND
    notices.write(again, notices.read(file))
    assert again.read_bytes() == file.read_bytes()


DAMAGED = {
    "empty": b"",
    "not-packed": b"{}",
    "a-list": gzip.compress(b"[]"),
    "without-costs": gzip.compress(b'{"case": "a"}'),
    "not-utf-8": gzip.compress(b'{"fault": "a"}\n\xff'),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "other.gz"
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"other\.gz: the file is not of `python -m benchmarks notices`"):
        notices.read(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the file cannot be read"):
        notices.read(tmp_path / "none.gz")
