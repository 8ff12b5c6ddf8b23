"""Each row of the collection of reported defects is replayed by a fault, or stands in the coverage with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from conformance.core import data_files
from conformance.reference.faults import FAULTS
from tests.support.paths import ROOT, SHARED
from tests.support.proof import chosen

COLLECTION = SHARED / "reference" / "known-bugs-2.jsonl"
TABLE: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "reference" / "reported_defects.yaml").read_text("utf-8"))
REASONS = {
    entry["statement"]
    for section in data_files.table("coverage.yaml")["sections"]
    for entry in section["entries"]
    if "reason" in entry
}


def test_the_table_names_faults() -> None:
    assert sorted(set(TABLE["faults"].values()) - FAULTS.keys()) == []


def test_the_table_names_reasons() -> None:
    assert sorted(set(TABLE["not_judged"].values()) - REASONS) == []


def test_a_case_provokes_each_row_that_needs_a_scripted_upstream() -> None:
    assert all(chosen(cases) for cases in TABLE["provoked"].values())


@pytest.mark.skipif(not COLLECTION.is_file(), reason="the collection beside the checkout is absent")
def test_every_row_is_replayed_or_has_a_reason() -> None:
    rows = {row["id"]: row["url"] for row in map(json.loads, COLLECTION.read_text("utf-8").splitlines())}
    replayed = {fault.url for fault in FAULTS.values()}
    settled = {id_ for id_, url in rows.items() if url in replayed} | {*TABLE["faults"], *TABLE["not_judged"]}
    assert sorted(rows.keys() - settled - set(TABLE["open"])) == []
    assert sorted((TABLE["faults"].keys() | TABLE["not_judged"].keys()) - rows.keys()) == []
