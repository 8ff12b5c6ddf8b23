"""The examination of a failing request: which requests to send, and what their answers prove.

`examine` is a generator without I/O. It yields each request to send, and is resumed with its exchange, or with None
where nothing is sent (`--offline`, or no time left). Steps propose a change with a cause; a change is proven if the
request with it is answered.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from conformance.core.model import Exchange, Request
from conformance.core.pointer import each, get
from conformance.doctor import address, answers, conclude, steps
from conformance.doctor.answers import Verdict
from conformance.doctor.diagnosis import Diagnosis, Sent
from conformance.doctor.intake import Case, family_or_elsewhere, plain_body, plain_headers
from conformance.doctor.steps import Attempt
from conformance.protocol.family import MAIN, load_family
from conformance.protocol.reading import Reading

MAX_REQUESTS = 10
"""The most requests of one examination."""

_URLISH = ("absent", "page", "redirect", "strange")
"""Answers that may come from the wrong URL."""
_TRANSPORT = ("refused", "dns", "tls", "timeout", "cut", "not-http", "proxy")
_SAID_SO = ("budget", "rate", "busy")
"""Answers that need no further proof."""

_WRONG_KEY = "sk-wrong-0000000000000000"


@dataclass(frozen=True, slots=True)
class Probe:
    """A request to send, and why. `key` says which key goes into it."""

    why: str
    family: str
    request: Request
    key: Literal["own", "wrong"] = "own"


Asking = Generator[Probe, Exchange | None, Verdict | None]
Examining = Generator[Probe, Exchange | None, Diagnosis]


@dataclass(slots=True)
class Known:
    """The knowledge so far. `listed` is None if no list of models could be read; `base` is where it was, or "".

    `guarded` is whether the list is refused for a wrong key, if that was tried.
    """

    case: Case
    sent: list[Sent] = field(default_factory=list)
    listed: tuple[str, ...] | None = None
    base: str = ""
    list_verdict: Verdict | None = None
    guarded: bool | None = None
    location: str = ""
    retry_after: str = ""


def examine(case: Case) -> Examining:
    """Finds out why a request fails."""
    return (yield from _Examination(Known(case)).run())


class _Examination:
    def __init__(self, known: Known) -> None:
        self.known = known
        self.case = known.case

    def run(self) -> Examining:
        said = self.case.said
        if said and said.kind in ("no-key", "too-long", "argument"):
            return conclude.before_sending(self.known, said)
        if self.case.composed and not self.case.model:
            yield from self._list()
            self._choose()
        first = yield from self._send("the request as it was sent", self._attempt())
        if first is None:
            return conclude.offline(self.known)
        if first.is_healthy:
            return (yield from self._healthy())
        if first.kind in _TRANSPORT:
            return (yield from self._unreached(first))
        if first.kind in _SAID_SO:
            return conclude.plain(self.known, first)
        return (yield from self._failed(first))

    def _attempt(self) -> Attempt:
        return Attempt(self.case.request, self.case.family, self.case.body)

    def _choose(self) -> None:
        """Takes a listed model for a composed request without one."""
        model = steps.text_model(self.known.listed or ()) or "unknown"
        body = plain_body(self.case.family, model)
        request = replace(self.case.request, body=body)
        self.case = replace(self.case, request=request, model=model, body=Reading(Exchange("", request, None)).sent)
        self.known.case = self.case

    # Sending

    def _send(self, why: str, attempt: Attempt, key: Literal["own", "wrong"] = "own") -> Asking:
        if len(self.known.sent) >= MAX_REQUESTS:
            return None
        exchange = yield Probe(why, family_or_elsewhere(attempt.family), attempt.request, key)
        if exchange is None:
            return None
        found = answers.verdict(exchange)
        self._note(exchange)
        self.known.sent.append(Sent(why, attempt.request.method, attempt.request.url, found.status, found.kind))
        return found

    def _note(self, exchange: Exchange) -> None:
        reading = Reading(exchange)
        self.known.retry_after = self.known.retry_after or (reading.header("retry-after") or "")
        if exchange.status is not None and 300 <= exchange.status < 400 and not self.known.location:
            self.known.location = urljoin(exchange.request.url, reading.header("location") or "")
        if exchange.family in ("models", "models_anthropic") and exchange.status == 200:
            ids = [value for _, value in each(reading.json, "/data/*/id") if isinstance(value, str) and value]
            ids = ids or [value for _, value in each(reading.json, "/models/*/name") if isinstance(value, str)]
            if ids and get(reading.json, "/has_more", bool) is not True:
                self.known.listed = tuple(ids)

    def _list(self, urlish: bool = False) -> Generator[Probe, Exchange | None, None]:
        """Reads the list of models, below the given base URL and those that may have been meant."""
        for base in self._bases(urlish)[:3]:
            found = yield from self._send("the list of models", self._list_attempt(base))
            if found is None:
                return
            self.known.list_verdict = found
            if found.is_healthy and self.known.listed:
                self.known.base = base
                return
            if found.kind in ("key", "forbidden", "rate", "budget", *_TRANSPORT):
                self.known.base = base if found.kind in ("key", "forbidden") and urlish else ""
                return

    def _list_attempt(self, base: str) -> Attempt:
        forms = self.case.request.auth or (("bearer",) if self.case.key else ())
        only = "bearer" not in forms and "x-api-key" in forms
        headers = (("anthropic-version", "2023-06-01"),) if only else ()
        url = f"{base}/models?limit=1000" if only else f"{base}/models"
        return Attempt(Request("GET", url, headers, auth=forms), "models_anthropic" if only else "models", None)

    def _bases(self, urlish: bool) -> Sequence[str]:
        """The base URLs in which the API may be, the likeliest first."""
        found = address.place(self.case.request.url)
        given = [address.place(f"{self.case.options.url.rstrip('/')}/models").base_url] if self.case.options.url else []
        meant = [one for url in given for one in address.bases(address.place(f"{url}/models"))]
        moved = []
        if self.known.location:
            place = address.place(self.known.location)
            moved = [place.base_url] if place.endpoint and self._same_host(self.known.location) else []
        own = address.bases(found)
        if not urlish:
            return list(dict.fromkeys([found.base_url, *own]))
        return list(dict.fromkeys([*moved, *own[:1], *meant[:1], *own, *meant]))

    def _same_host(self, url: str) -> bool:
        return urlsplit(url).hostname == urlsplit(self.case.request.url).hostname

    # The course

    def _healthy(self) -> Examining:
        """The request is answered; the error of the ticket says what was wrong then."""
        said = self.case.said
        if said is None:
            return conclude.healthy(self.known)
        words = answers.of_words(said)
        if (said.model and said.model != self.case.model) or answers.BLAMES_MODEL.search(said.message):
            yield from self._list()
        return conclude.said(self.known, words)

    def _unreached(self, first: Verdict) -> Examining:
        """No answer: another scheme may be right, and a short request may be answered."""
        url = self.case.request.url
        other = _other_scheme(url)
        swaps = first.kind in ("cut", "not-http") and url.startswith("http:")
        swaps = swaps or (first.kind == "tls" and _speaks_plainly(first.text))
        if swaps:
            return (yield from self._swapped(first, other))
        if first.kind == "timeout":
            control = yield from self._send("a short request", self._plain())
            if control and control.is_healthy:
                return conclude.slow(self.known)
        if first.kind == "cut":
            again = yield from self._send("the request once more", self._attempt())
            if again and again.kind not in _TRANSPORT and not again.is_healthy:
                return (yield from self._failed(again))
        return conclude.plain(self.known, first)

    def _swapped(self, first: Verdict, url: str) -> Examining:
        attempt = replace(self._attempt(), request=replace(self.case.request, url=url))
        found = yield from self._send("the request with the other scheme", attempt)
        if found is None or found.kind in _TRANSPORT:
            return conclude.plain(self.known, first)
        change = steps.moved(attempt, self.case.request.url)
        return conclude.proven(self.known, [change], found.is_healthy)

    def _plain(self, family: str = "", model: str = "") -> Attempt:
        """A small request to an endpoint of the same base URL, with the same key."""
        name = family or (self.case.family if self.case.family in MAIN else "chat_completions")
        base = self.known.base or address.place(self.case.request.url).base_url
        body = plain_body(name, model or self.case.model)
        auth = self.case.request.auth
        request = Request("POST", base + load_family(name).path, plain_headers(name), body, auth)
        return Attempt(request, name, Reading(Exchange("", request, None)).sent)

    def _failed(self, first: Verdict) -> Examining:
        """An answer that is an error."""
        if first.kind == "rejected" and _wants_tls(first.text) and self.case.request.url.startswith("http:"):
            return (yield from self._swapped(first, _other_scheme(self.case.request.url)))
        yield from self._list(first.kind in _URLISH)
        attempt, applied = self._attempt(), list[Attempt]()
        if first.kind in ("key", "forbidden"):
            fixed = yield from self._keyed(attempt)
            if fixed is None:
                return (yield from self._refused_key(first))
            attempt, first = fixed
            applied.append(attempt)
            if first.is_healthy:
                return conclude.proven(self.known, applied, True)
        return (yield from self._corrected(attempt, first, applied))

    def _keyed(self, attempt: Attempt) -> Generator[Probe, Exchange | None, tuple[Attempt, Verdict] | None]:
        """The request with the key in another form, if that is not refused."""
        for trial in steps.keyed(self.case, attempt):
            found = yield from self._send(trial.why, trial)
            if found is None:
                return None
            if found.kind not in ("key", "forbidden"):
                return trial, found
        return None

    def _refused_key(self, first: Verdict) -> Examining:
        """The key is refused in every form: it is wrong, or may not use the model, or it is the gateway's own key."""
        accepted = self.known.list_verdict is not None and self.known.list_verdict.is_healthy
        if accepted and self.case.key:
            base = self.known.base or address.place(self.case.request.url).base_url
            guard = yield from self._send("the list of models with a wrong key", self._list_attempt(base), "wrong")
            self.known.guarded = guard is not None and not guard.is_healthy
            other = steps.text_model([name for name in self.known.listed or () if name != self.case.model])
            if (self.known.guarded or first.kind == "forbidden") and other:
                control = yield from self._send("a short request to another model", self._plain(model=other))
                if control and control.is_healthy:
                    return conclude.no_access(self.known, first, other)
        return conclude.refused_key(self.known, first)

    def _corrected(self, attempt: Attempt, first: Verdict, applied: list[Attempt]) -> Examining:
        """Applies one step after the other until the request is answered."""
        current, verdict = attempt, first
        for step in (self._url_step, steps.family, steps.readable, steps.headers, steps.body):
            trials = step(self.known, current, verdict)
            best: tuple[Attempt, Verdict] | None = None
            for trial in trials:
                found = yield from self._send(trial.why, trial)
                if found is None:
                    break
                if found.is_healthy:
                    return (yield from self._smallest([*applied, trial]))
                if found.kind in _SAID_SO:
                    return conclude.plain(self.known, found, [*applied, trial])
                if best is None or (best[1].kind in _URLISH and found.kind not in _URLISH):
                    best = trial, found
            if best is not None and not (
                best[0].cause == "base-url" and best[1].kind in _URLISH and not self.known.base
            ):
                current, verdict = best
                applied = [*applied, current]
        return (yield from self._modelled(current, verdict, applied, first))

    def _url_step(self, known: Known, current: Attempt, verdict: Verdict) -> Iterator[Attempt]:
        if verdict.kind not in _URLISH:
            return
        for base in dict.fromkeys([known.base] if known.base else self._bases(True)[:2]):
            yield from steps.moved_to(self.case, current, base)

    def _modelled(self, current: Attempt, verdict: Verdict, applied: list[Attempt], first: Verdict) -> Examining:
        """The model: another name, another endpoint, or none at all."""
        listed, model = self.known.listed, self.case.model
        body = current.body
        own = body.get("model") if isinstance(body, dict) else None
        if isinstance(own, str) and own and listed is not None and own not in listed:
            for trial in steps.renamed_model(current, own, listed):
                found = yield from self._send(trial.why, trial)
                if found and found.is_healthy:
                    return (yield from self._smallest([*applied, trial]))
                if found and found.kind in _SAID_SO:
                    return conclude.plain(self.known, found, [*applied, trial])
            if verdict.blames_model or verdict.kind in (*_URLISH, "outage"):
                return conclude.missing(self.known, applied)
        if verdict.kind == "outage":
            return (yield from self._outage(current, verdict, applied))
        members = yield from self._members(current, verdict, applied)
        if members is not None:
            return members
        if verdict.kind in _URLISH or verdict.blames_model or verdict.kind == "rejected":
            control = yield from self._send("a short request", self._plain(current.family))
            if control and control.is_healthy:
                return conclude.unproven(self.known, current, verdict, applied, first)
            for name in MAIN:
                if name == current.family or not model:
                    continue
                trial = self._plain(name)
                found = yield from self._send(f"a short request to {load_family(name).title}", trial)
                if found and found.is_healthy:
                    return conclude.other_endpoint(self.known, current, name, applied)
                if found is None:
                    break
        return conclude.unproven(self.known, current, verdict, applied, first)

    def _members(
        self, current: Attempt, verdict: Verdict, applied: list[Attempt]
    ) -> Generator[Probe, Exchange | None, Diagnosis | None]:
        """Leaves out what the error names, then everything that is not needed."""
        if verdict.kind not in ("rejected", "outage"):
            return None
        for trial in steps.without_named(current, verdict):
            found = yield from self._send(trial.why, trial)
            if found is None:
                return None
            if found.is_healthy:
                return (yield from self._smallest([*applied, trial]))
        bare = steps.bare(current)
        if bare is None:
            return None
        found = yield from self._send(bare.why, bare)
        if found is None or not found.is_healthy:
            return None
        halves = bare
        for trial in steps.halves(current, bare):
            found = yield from self._send(trial.why, trial)
            if found is None:
                break
            if found.is_healthy:
                halves = trial
                break
        return conclude.proven(self.known, [*applied, halves], True)

    def _outage(self, current: Attempt, verdict: Verdict, applied: list[Attempt]) -> Examining:
        """A 5xx: it may have passed, or be about this request, or about this model."""
        again = yield from self._send("the request once more", current)
        if again and again.is_healthy:
            return conclude.passed(self.known, verdict, applied)
        if again and again.kind in _SAID_SO:
            return conclude.plain(self.known, again, applied)
        control = yield from self._send(
            "a short request", replace(self._plain(current.family if current.family in MAIN else ""))
        )
        if control and control.is_healthy:
            members = yield from self._members(current, replace(verdict, kind="rejected"), applied)
            return members or conclude.unproven(self.known, current, verdict, applied, verdict)
        other = steps.text_model([name for name in self.known.listed or () if name != self.case.model])
        healthy_other = ""
        if other and control is not None:
            found = yield from self._send("a short request to another model", self._plain(current.family, other))
            healthy_other = other if found and found.is_healthy else ""
        return conclude.outage(self.known, verdict, healthy_other)

    def _smallest(self, applied: list[Attempt]) -> Examining:
        """Drops the changes that are not needed: an earlier one, if the last one alone is enough."""
        if len(applied) > 1 and (alone := steps.alone(self._attempt(), applied)) is not None:
            found = yield from self._send("the request with the last change only", alone)
            if found and found.is_healthy:
                return conclude.proven(self.known, [alone], True)
        return conclude.proven(self.known, applied, True)


def _other_scheme(url: str) -> str:
    return f"https{url[4:]}" if url.startswith("http:") else f"http{url[5:]}"


def _speaks_plainly(problem: str) -> bool:
    """Whether a TLS error means that the server does not speak TLS."""
    return (
        re.search(r"(?i)WRONG_VERSION_NUMBER|wrong version number|record layer|UNEXPECTED_EOF|packet length", problem)
        is not None
    )


def _wants_tls(text: str) -> bool:
    """Whether the error of a server says that it expects TLS."""
    return re.search(r"(?i)plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server", text) is not None
