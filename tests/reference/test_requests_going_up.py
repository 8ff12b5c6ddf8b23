"""Every case about requests that go up is broken by a fault of its own, in its native lane."""

from __future__ import annotations

from conformance.core.model import Case
from conformance.reference.faults import FAULTS
from tests.support.proof import chosen, library_cases


def is_native(case: Case) -> bool:
    return case.values["upstream"] == case.endpoint


def test_every_case_about_requests_has_a_fault() -> None:
    named = {case.id for fault in FAULTS.values() if fault.id.startswith("upstream-") for case in chosen(fault.cases)}
    about = [case for case in library_cases() if case.family == "upstream" and case.area.startswith("request-")]
    assert len(about) >= 250
    assert [case.id for case in about if is_native(case) and case.id not in named] == []


def test_every_crossed_case_has_a_native_one() -> None:
    about = [case for case in library_cases() if case.family == "upstream" and case.area.startswith("request-")]
    native = {case.id.partition("[")[0] for case in about if is_native(case)}
    crossed = {case.id.partition("[")[0] for case in about if case.area != "request-limits"}
    assert crossed == native - {id_ for id_ in native if "/request-limits/" in id_}


def test_limits_that_a_gateway_chooses_itself_exist_in_crossed_lanes_only() -> None:
    """A budget of thinking is only made up where an effort goes to Messages."""
    about = [case for case in library_cases() if case.area == "request-limits"]
    assert about
    assert not any(map(is_native, about))
