"""The table of added times: milliseconds, noise, left out figures and failures; nothing of a gateway is unescaped."""

from __future__ import annotations

from collections import Counter

from conformance.analysis.overhead import Row
from conformance.analysis.quantiles import Difference
from conformance.report import overhead_text
from conformance.report.width import MAX_LINE

ROW = Row(
    at_once=8,
    streamed=True,
    until="first event",
    answers={"gateway": 399, "provider": 400},
    of={"gateway": {"p50": 0.0152, "p95": 0.2}, "provider": {"p50": 0.0032, "p95": 0.2}},
    added={"p50": Difference(0.0120, 0.0111, 0.1312), "p95": Difference(0, -0.001, 0.002)},
    left_out={"p99": "needs 368 answers from each side, and there are 100"},
)
FAILED = {"gateway": Counter({"status 429": 1, "\x1b[31mred": 1200}), "provider": Counter[str]()}


def test_the_table() -> None:
    assert list(overhead_text.lines([ROW], FAILED)) == [
        "ms                provider                                               added, with 95 % interval",
        "                       p50                     p50                     p95                     p99",
        "8 at once, streamed: n = 399 answers of the gateway, 400 of the provider",
        "  first event         3.20       12.0 [11.1, 131]      0.00 [-1.00, 2.00]~                       -",
        "~ within noise: the interval includes 0",
        "- p99 needs 368 answers from each side, and there are 100",
        "failed, not in the figures: gateway: 1,200 requests: \\x1b[31mred",
        "failed, not in the figures: gateway: 1 request: status 429",
    ]
    assert all(len(line) <= MAX_LINE for line in overhead_text.lines([ROW], FAILED))


def test_the_document_is_in_milliseconds() -> None:
    document = overhead_text.document([ROW], FAILED)
    [entry] = document["rows"]
    assert entry["provider"]["p50"] == 3.2
    assert entry["added"]["p95"] == {"value": 0, "low": -1, "high": 2, "within_noise": True}
    assert document["failed"]["gateway"] == {"status 429": 1, "\x1b[31mred": 1200}
