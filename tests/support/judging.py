"""Shortcuts that make cases, exchanges and verdicts for tests of the judge."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.model import JSON, Case, Exchange, Level, Step, Verdict
from conformance.judge.control import ASSUMED, Control
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.wire import CHAT, chat_answer, exchange, openai_error

SUCCESS: Mapping[str, JSON] = {"outcome": "success", "answer": {"contains": "hello"}}
REFUSAL: Mapping[str, JSON] = {"outcome": "refusal"}
EITHER: Mapping[str, JSON] = {"outcome": "either"}
DISOBEYS = Control(offered=True, answers=True, obeys=False)
SILENT = Control(offered=True, answers=False, obeys=False)


def case(*expects: Mapping[str, JSON], needs: tuple[str, ...] = (), level: Level = "must", family: str = CHAT) -> Case:
    steps = tuple(Step({}, expect) for expect in expects)
    title, source = "A request gets an answer", "https://example.org"
    return Case(f"{family}/probe/one", title, family, "probe", family, level, source, needs, steps, "probe.yaml", 5)


def verdict(
    what: Case, *exchanges: Exchange, claims: Mapping[str, bool] | None = None, control: Control = ASSUMED
) -> Verdict:
    return judge_exchanges(what, exchanges, Profile(capabilities=claims or {}), control)


def ended(found: Verdict) -> tuple[str, set[str]]:
    return found.outcome, {finding.rule for finding in found.findings if finding.level in ("must", "should")}


GOOD = exchange(CHAT, chat_answer("Hello"))
WRONG_TEXT = exchange(CHAT, chat_answer("Goodbye"))
BROKEN = exchange(CHAT, {**chat_answer("Hello"), "choices": "none"})
BAD_REQUEST = exchange(CHAT, openai_error("Unknown parameter: 'x'."), 400)
NO_ANSWER = exchange(CHAT, b"", headers=(), status=None, ended="timeout", problem="no end within 60 s")
UNREACHABLE = exchange(CHAT, b"", headers=(), status=None, ended="unreachable", problem="ConnectError: refused")


def busy(status: int) -> Exchange:
    headers = (("content-type", "application/json"), ("x-request-id", "req_1"), ("retry-after", "2"))
    error = openai_error("Slow down.", type="requests", code="rate_limit_exceeded")
    return exchange(CHAT, error, status, headers=headers)
