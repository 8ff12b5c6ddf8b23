"""Whether the report supports what excuses a gateway: `not_applicable`, `unverified`, `lacks` and retries.

The profile says what does not apply, the control requests show what the model cannot do and which endpoints are not
there, and the options and the other exchanges why a case was not sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

from conformance.analysis.authentic.run import CheckedRun, Party
from conformance.analysis.rejudge import Difference
from conformance.client import build_request
from conformance.client.retry import CONFIRMATIONS
from conformance.core import reasons
from conformance.core.canary import canary
from conformance.core.model import Arrival, Case, Exchange, Step
from conformance.judge import control
from conformance.judge.abilities import ABILITIES, AGAIN, LONGER, PLAIN
from conformance.judge.control import NOTHING_SHOWN, Control, answered, judge_control
from conformance.judge.inconclusive import arrival
from conformance.protocol.family import load_family
from conformance.protocol.outage import RETRYABLE_STATUSES, is_outage
from conformance.protocol.reading import Reading
from conformance.records import replay
from conformance.records.jsonl import UNREADABLE, RecordingError
from conformance.records.run_format import UpstreamEntry, VerdictEntry
from conformance.suite.applies import TWO_SIDED, denied, endpoints
from conformance.suite.resolve import Resolution, resolve_steps

_RETRIES = 2
"""The default of --gateway-retries."""
_OF_PLAIN = ("answers", "obeys", "exact", "speaks")
"""The abilities that the plain control request of an endpoint shows."""


def findings(run: CheckedRun) -> Iterator[Difference]:
    """The excuses that nothing in the report supports."""
    evidence = _Evidence(run)
    for entry in run.document["verdicts"]:
        case = run.case_of(entry)
        if case is None:
            continue
        yield from (Difference(entry["id"], text) for text in evidence.of(entry, entry, case, run.gateway))
        if "upstream" in entry and run.upstream:
            found = evidence.of(entry, entry["upstream"], case, run.upstream)
            yield from (Difference(entry["id"], f"the upstream's part: {text}") for text in found)


class _Evidence:
    """The evidence in the control requests and the exchanges of a run."""

    def __init__(self, run: CheckedRun) -> None:
        self._run = run
        self._plain_controls: dict[tuple[bool, str, str], list[Control]] = {}

    @cached_property
    def _controls(self) -> dict[tuple[bool, str, str, str], list[tuple[Reading, bool]]]:
        """(whether of the upstream, route, name, endpoint) -> the answers, and whether a stream was requested."""
        found = defaultdict(list)
        for entry in self._run.document.get("controls", ()):
            if "case" in entry:
                continue
            try:
                reading = Reading(replay.exchange(entry["exchange"]))
            except UNREADABLE:
                continue
            key = (entry.get("upstream", False), entry.get("route", ""), entry["control"], entry["endpoint"])
            found[key].append((reading, b'"stream": true' in reading.exchange.request.body))
        return found

    def of(
        self, entry: VerdictEntry, part: VerdictEntry | UpstreamEntry, case: Case, party: Party
    ) -> Iterator[str]:  # fmt: skip
        """The unsupported excuses of a verdict, or of its part about the upstream."""
        sent = bool(part["exchanges"] or part.get("stored"))
        reason, excluded = part["reason"], denied(case, party.profile)
        if excluded and part["outcome"] != "not_applicable":
            yield f"recorded as {part['outcome']}, but {excluded}"
        elif part["outcome"] == "not_applicable" and not sent:
            is_so = reason == excluded if excluded else self._is_absent(reason, entry, case, party)
            yield from () if is_so else [f"recorded as not applicable ({reason}), {_UNFOUNDED}"]
        elif part["outcome"] == "unverified" and (not sent or reason.startswith(_ENDED)):
            is_so = self._is_unsent(reason, case, party)
            yield from () if is_so else [f"recorded as unverified ({reason}), and nothing in the report says so"]
        if "controls" in self._run.document and TWO_SIDED not in case.marks:
            yield from self._unsupported(entry, part, case, party)
        yield from self._attempts(part)

    def _is_absent(self, reason: str, entry: VerdictEntry, case: Case, party: Party) -> bool:
        """Whether a case does not apply because the gateway does not have an endpoint, as its answers show."""
        if reason == reasons.NO_PROVIDER:
            is_gateway = party is self._run.gateway
            return TWO_SIDED in case.marks and not (is_gateway and "provider" in self._run.document["gateway"])
        absent = [name for name in endpoints(case) if reason.startswith(f"{reasons.ABSENT}{name} endpoint;")]
        if not absent or party.profile.offers(absent[0]) is not None:
            return False
        if "controls" not in self._run.document:
            return True
        asked = [absent[0], *load_family(absent[0]).beside]
        answers = [one for name in asked for one in self._plain(entry, name, party)]
        return any(not answer.offered for answer in answers)

    def _is_unsent(self, reason: str, case: Case, party: Party) -> bool:
        """Whether the run could not send a case, or not await its answer."""
        if reason.startswith(reasons.STOPPED):
            return self._was_silent
        if reason.startswith(reasons.NOT_SENT):
            return any(f"--gateway{name[1:]} " in f"{reason} " and name in self._run.options for name in _BUDGETS)
        if reason.startswith(reasons.NOT_AWAITED):
            return self._timed_out
        if TWO_SIDED in case.marks:
            return "provider" in self._run.document["gateway"]
        return not Resolution(case, party.model, party.profile).next_group()

    @cached_property
    def _was_silent(self) -> bool:
        """Whether a request got no answer of the API; the scripted provider answers some cases as a proxy would."""
        scripted = (part for part in self._run.parts if TWO_SIDED in part.case.marks)
        recorded = [one for part in self._run.parts for one in part.exchanges]
        ours = {id(one) for part in scripted for one in part.exchanges}
        answers = [*recorded, *self._answers]
        tried = (one for entry in self._run.document["verdicts"] for one in entry.get("attempts", ()))
        return (
            any(one.status is None or (id(one) not in ours and is_outage(one)) for one in answers)
            or any(one.get("status") is None for one in tried)
            or self._is_impatient
        )

    @cached_property
    def _timed_out(self) -> bool:
        recorded = (one for part in self._run.parts for one in part.exchanges)
        return any(one.ended == "timeout" for one in (*recorded, *self._answers))

    @property
    def _answers(self) -> list[Exchange]:
        """The exchanges of the control requests."""
        return [reading.exchange for found in self._controls.values() for reading, _ in found]

    @cached_property
    def _is_impatient(self) -> bool:
        return any(entry["reason"].startswith(reasons.NOT_AWAITED) for entry in self._run.document["verdicts"])

    def _plain(self, entry: VerdictEntry, endpoint: str, party: Party) -> list[Control]:
        """The result of each answer to the plain control request of an endpoint."""
        upstream, route = party is self._run.upstream, entry.get("route", "")
        if (upstream, route, endpoint) not in self._plain_controls:
            word = canary(f"control {PLAIN} {endpoint}")
            found = self._controls.get((upstream, route, PLAIN, endpoint), ())
            judged = [judge_control(reading, word, stream) for reading, stream in found]
            self._plain_controls[upstream, route, endpoint] = judged
        return self._plain_controls[upstream, route, endpoint]

    def _unsupported(
        self, entry: VerdictEntry, part: VerdictEntry | UpstreamEntry, case: Case, party: Party
    ) -> Iterator[str]:  # fmt: skip
        """The abilities that the verdict lacks, although the answers to the control requests show them."""
        plain = self._plain(entry, case.endpoint, party)
        if {*part.get("lacks", ())} == {*NOTHING_SHOWN.lacks} and self._ended_early:
            return
        if part.get("arrival") and part["exchanges"] and not self._has_arrived(entry, part, case, party):
            yield f"nothing shows that its text {part.get('arrival')}, as its `arrival` says"
        for name in part.get("lacks", ()):
            if name in _OF_PLAIN:
                is_lacking = any(not getattr(one, name) for one in plain)
            elif name == "up":
                is_lacking = self._was_down(entry, case, party)
            else:
                is_lacking = self._is_lacking(name, entry, party)
            if not is_lacking:
                yield f"the answers to the control requests do not show that the model lacks `{name}`"
        error = part.get("plain_error", "")
        if error and error not in [one.error for one in plain]:
            yield "no control request was refused with its `plain_error`"

    @property
    def _ended_early(self) -> bool:
        """Whether the run may have ended between the steps of a case and its control requests."""
        has_budget = any(name in self._run.options for name in _BUDGETS)
        return has_budget or self._was_silent or self._timed_out

    def _has_arrived(
        self, entry: VerdictEntry, part: VerdictEntry | UpstreamEntry, case: Case, party: Party
    ) -> bool:  # fmt: skip
        """Whether the tokens of the case, sent again with a longer word, show its `arrival`."""
        try:
            return self._arrival(entry, part, case, party) == part.get("arrival")
        except (RecordingError, *UNREADABLE):
            return False

    def _arrival(
        self, entry: VerdictEntry, part: VerdictEntry | UpstreamEntry, case: Case, party: Party
    ) -> Arrival:  # fmt: skip
        own = replay.of_verdict(part)
        sent = resolve_steps(case, party.model, party.profile, own)
        shown = control.without(part.get("lacks", ()))
        unsaid = arrival.unsaid(sent, own, shown)
        word, counted = arrival.word(case), arrival.counted(case)
        first = own if counted == case else self._again(AGAIN, word, counted, entry, party)
        second = self._again(LONGER, arrival.longer(word), counted, entry, party)
        return arrival.arrival(sent, unsaid, first, second) if unsaid else ""

    def _again(self, name: str, word: str, case: Case, entry: VerdictEntry, party: Party) -> Sequence[Exchange]:
        """The exchanges of a case that was sent again with a word, as far as their requests are those of the case."""
        recorded = [
            replay.exchange(one["exchange"])
            for one in self._run.document.get("controls", ())
            if (one["control"], one.get("case")) == (name, entry["id"])
            and one.get("upstream", False) == (party is self._run.upstream)
        ]
        recorded = recorded[-len(case.steps) :]
        resolution, found = Resolution(case, party.model, party.profile, word), list[Exchange]()
        while len(found) < len(recorded) and (group := resolution.next_group()):
            own = recorded[len(found) : len(found) + len(group)]
            if any(not _asks(exchange, step) for exchange, step in zip(own, group.values(), strict=False)):
                break
            found.extend(own)
            resolution.add(group, own)
        return found

    def _is_lacking(self, name: str, entry: VerdictEntry, party: Party) -> bool:
        """Whether the control requests of an ability were sent, and none that was sent only once shows it."""
        ability, own = ABILITIES[name], (party is self._run.upstream, entry.get("route", ""))
        shown: dict[tuple[str, bool], list[bool]] = defaultdict(list)
        for (upstream, route, request, endpoint), found in self._controls.items():
            if (upstream, route, request) == (*own, ability.request):
                word = canary(f"control {request} {endpoint}")
                for reading, stream in found:
                    answer = answered(reading, stream)
                    shown[endpoint, stream].append(answer is not None and ability.shown(answer, word))
        return all(False in found for found in shown.values())

    def _was_down(self, entry: VerdictEntry, case: Case, party: Party) -> bool:
        own = (party is self._run.upstream, entry.get("route", ""))
        sent = [*endpoints(case), "models"]
        found = [one for name in (PLAIN, "models") for at in sent for one in self._controls.get((*own, name, at), ())]
        return any(reading.exchange.status is None or is_outage(reading.exchange) for reading, _ in found)

    def _attempts(self, part: VerdictEntry | UpstreamEntry) -> Iterator[str]:
        """The retries that the suite would not have made."""
        given = self._run.options.get("--retries", _RETRIES)
        retries = int(given) if isinstance(given, int | float) else _RETRIES
        again = [one for one in part.get("attempts", ()) if not one["got"].endswith(" is broken")]
        counts = [sum(one["step"] == step for one in again) for step in {one["step"] for one in again}]
        if any(count > retries + CONFIRMATIONS for count in counts) or (again and not retries):
            yield f"it has more retries than the {retries} of the options"
        for one in again:
            ended, status = one.get("ended", "cut"), one.get("status")
            if ended not in ("unreachable", "cut") and status not in RETRYABLE_STATUSES:
                yield f"it was sent again after {one['got']}, which is not retried"


def _asks(exchange: Exchange, step: Step) -> bool:
    """Whether an exchange has the body of a step."""
    return exchange.request.body == build_request.body(step)


_UNFOUNDED = "and neither the profile nor the recording says so"
_BUDGETS = ("--max-requests", "--max-tokens-total")
"""The options that end a run, as run.json names them."""
_ENDED = (reasons.NOT_SENT, reasons.NOT_AWAITED)
