"""The changes that an examination tries. Each function proposes requests for one cause, the smallest change first."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.core.model import JSON, Headers, Request
from conformance.doctor import address, model_names
from conformance.doctor.body_fit import fitted, is_required, unknown_members
from conformance.doctor.convert import converted
from conformance.doctor.intake import Case, plain_body, plain_headers
from conformance.protocol import body_family
from conformance.protocol.family import MAIN, load_family

if TYPE_CHECKING:
    from conformance.doctor.answers import Verdict
    from conformance.doctor.examination import Known


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request with a change. `cause` is why it was needed, `changes` say what to do, and `lost` what is left out."""

    request: Request
    family: str
    body: JSON
    cause: str = ""
    why: str = ""
    changes: tuple[str, ...] = ()
    detail: str = ""
    lost: tuple[str, ...] = ()

    def with_body(self, body: JSON, **changed: Any) -> Attempt:
        """The attempt with another body, as JSON."""
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return replace(self, request=replace(self.request, body=data), body=body, **changed)

    def posted(self) -> Attempt:
        """The attempt as a POST with JSON."""
        given = _merged(self.request.headers, (("content-type", "application/json"),))
        return replace(self, request=replace(self.request, method="POST", headers=given))


def moved(attempt: Attempt, given: str) -> Attempt:
    """An attempt at another URL, with the cause."""
    url = attempt.request.url
    return replace(
        attempt,
        cause="base-url",
        why="the request at the other URL",
        changes=(f"send it to {url}",),
        detail=address.problem(given, url),
    )


def moved_to(case: Case, current: Attempt, base: str) -> Iterator[Attempt]:
    """The request at the same endpoint below another base URL; a misspelled path becomes that of the body's family."""
    place = address.place(current.request.url)
    family = current.family
    endpoint = place.endpoint if family else ""
    written = [name for name in MAIN if name in body_family.families(current.body)]
    if not endpoint and written:
        family, endpoint = written[0], load_family(written[0]).path
    query = f"?{place.query}" if place.query and "/" not in urlsplit(case.request.url).query else ""
    if not endpoint:
        return
    url = f"{base}{endpoint}{query}"
    if url != current.request.url:
        yield moved(replace(current, request=replace(current.request, url=url), family=family), case.request.url)


_STANDARD = ("bearer", "x-api-key")


def keyed(case: Case, attempt: Attempt) -> Iterator[Attempt]:
    """The request with the key in the usual headers, if the client has it in another one, or not at all."""
    if not case.key:
        return
    placeholders = {name for name, _ in case.secrets}
    odd = [name for name, value in attempt.request.headers if value in placeholders]
    empty = [
        name
        for name, _ in attempt.request.headers
        if name.lower() in ("authorization", "x-api-key", "api-key") and name not in odd
    ]
    headers = tuple(pair for pair in attempt.request.headers if pair[0] not in (*odd, *empty))
    has_key = bool(odd or attempt.request.auth)
    for form in _STANDARD:
        if attempt.request.auth == (form,) and not odd and not empty:
            continue
        if form == "x-api-key" and attempt.family not in ("messages", "count_tokens", ""):
            continue
        header = "Authorization: Bearer" if form == "bearer" else "x-api-key:"
        given = ", ".join([*odd, *(_HEADERS[one] for one in attempt.request.auth)])
        yield replace(
            attempt,
            request=replace(attempt.request, headers=headers, auth=(form,)),
            cause="key-form" if has_key else "no-key",
            why=f"the key as {form}",
            changes=(f"send the key as {header} KEY",),
            detail=f"the key is in {given}, and the gateway reads {header.rstrip(':')}" if has_key else "",
        )


_HEADERS = {"bearer": "Authorization: Bearer", "x-api-key": "x-api-key"}


def family(known: Known, current: Attempt, _verdict: Verdict) -> Iterator[Attempt]:
    """A body of another API: at the endpoint that it is written for, or converted for the one it was sent to."""
    written = body_family.families(current.body)
    if not written or current.family in written or current.family not in (*MAIN, "count_tokens"):
        return
    place = address.place(current.request.url)
    base = known.base or place.base_url
    for name in (one for one in MAIN if one in written):
        url = base + load_family(name).path
        headers = _merged(current.request.headers, plain_headers(name))
        title, own = load_family(name).title, load_family(current.family).title
        yield replace(
            current,
            request=replace(current.request, url=url, headers=headers),
            family=name,
            cause="wrong-family",
            why=f"the same body to {title}",
            changes=(f"send it to {urlsplit(url).path}",),
            detail=f"it is written for {title} ({evidence(current.body, name, current.family)}), and was sent to {own}",
        )
    source = next(one for one in MAIN if one in written)
    yield from _converted(current, source)


def _converted(current: Attempt, source: str) -> Iterator[Attempt]:
    title, own = load_family(source).title, load_family(current.family).title
    whole, _ = fitted(source, current.body)
    found = converted(whole, source, current.family) if isinstance(whole, dict) else None
    if found is None:
        return
    body, lost = found
    yield current.with_body(
        body,
        cause="wrong-family",
        why=f"the body converted for {own}",
        changes=(f"write the body for {own}, as below",),
        detail=f"it is written for {title} ({evidence(current.body, source, current.family)}), and was sent to {own}",
        lost=tuple(lost),
    )


def evidence(body: JSON, written_for: str, endpoint: str) -> str:
    """The members by which a body of another family is known."""
    names = sorted(body_family.foreign_members(body, endpoint))
    if not names and isinstance(body, dict):
        names = [name for name in ("input", "messages") if name in body]
    return f"it has {', '.join(names)}" if names else f"as {written_for}"


def readable(known: Known, current: Attempt, _verdict: Verdict) -> Iterator[Attempt]:
    """A body that is not JSON, as it was meant; a missing one as a small one."""
    ticket, method = known.case.ticket, load_family(current.family).method if current.family else "POST"
    if current.body is not None or method != "POST":
        return
    if ticket.repaired is not None:
        text = ticket.repaired
        detail = "; ".join(ticket.notes)
    elif not current.request.body.strip() and current.family in MAIN:
        text, detail = plain_body(current.family, _any_model(known)), "the body is missing"
    else:
        return
    cause = "method" if current.request.method != "POST" and not current.request.body else "not-json"
    yield current.with_body(
        json.loads(text),
        cause=cause,
        why="the request with a body in JSON",
        changes=("send the body as JSON, as below",),
        detail="a POST with a body is needed" if cause == "method" else detail,
    ).posted()


def _any_model(known: Known) -> str:
    return known.case.model or text_model(known.listed or ())


def headers(_known: Known, current: Attempt, verdict: Verdict) -> Iterator[Attempt]:
    """The method, the content type, and the version header of Messages."""
    request, family_ = current.request, current.family
    if family_ and request.method != load_family(family_).method and (request.body or family_ not in MAIN):
        right = load_family(family_).method
        yield replace(
            current,
            request=replace(request, method=right),
            cause="method",
            why=f"the request as {right}",
            changes=(f"use {right}",),
            detail=f"the method is {request.method}, and the endpoint needs {right}",
        )
        return
    given = {name.lower(): value for name, value in request.headers}
    needed = dict(plain_headers(family_)) if family_ in MAIN or family_ == "count_tokens" else {}
    wrong = {
        name: value
        for name, value in needed.items()
        if (name == "content-type" and "json" not in given.get(name, ""))
        or (name == "anthropic-version" and name not in given)
        or (name in verdict.text.lower() and given.get(name) != value)
    }
    if wrong:
        text = ", ".join(f"{name}: {value}" for name, value in wrong.items())
        yield replace(
            current,
            request=replace(request, headers=_merged(request.headers, tuple(wrong.items()))),
            cause="header",
            why=f"the request with {text}",
            changes=(f"add the header {text}",),
            detail=f"the header {', '.join(wrong)} is missing or wrong",
        )


def body(_known: Known, current: Attempt, _verdict: Verdict) -> Iterator[Attempt]:
    """The body with the smallest changes after which it fits the schema."""
    if current.family not in MAIN or current.body is None:
        return
    corrected, changes = fitted(current.family, current.body)
    if any(change.is_fixed for change in changes) and isinstance(corrected, dict):
        said = tuple(f"{change.at}: {change.what}" for change in changes)
        yield current.with_body(
            corrected,
            cause="body",
            why="the request with the corrected body",
            changes=said,
            detail="; ".join(f"{change.what} (at {change.at or 'the top'})" for change in changes[:2]),
        )


def renamed_model(current: Attempt, name: str, listed: Sequence[str]) -> Iterator[Attempt]:
    """The request with the listed name that was meant, or with another model to show that only the model is missing."""
    meant = model_names.meant(name, listed)
    near = model_names.nearest(name, listed)
    other = meant or next((one for one in near if text_model([one])), "") or text_model(listed)
    if not other:
        return
    cause = "model-name" if meant else "model-missing"
    said = f"use the model {other}" if meant else f"use a model of the list, such as {other}"
    yield current.with_body(
        {**current.body, "model": other},
        cause=cause,
        why=f"the request with the model {other}",
        changes=(said,),
        detail=model_names.difference(name, other) if meant else "",
    )


def without_named(current: Attempt, verdict: Verdict) -> Iterator[Attempt]:
    """The request without the members and headers that the error names."""
    for name in _named(current, verdict)[:2]:
        yield _without(current, {key: value for key, value in current.body.items() if key != name}, [name])
    kept = [pair for pair in current.request.headers if pair[0].lower() not in ("content-type", "anthropic-version")]
    for name, _ in kept:
        if name.lower() in verdict.text.lower() and len(name) > 4:
            others = tuple(pair for pair in current.request.headers if pair[0] != name)
            yield replace(
                current,
                request=replace(current.request, headers=others),
                cause="header",
                why=f"the request without the header {name}",
                changes=(f"leave out the header {name}",),
                detail=f"the gateway refuses the header {name}",
            )
            return


def _named(current: Attempt, verdict: Verdict) -> list[str]:
    """The members at the top of the body that an error names, the parameter of the error first."""
    if not isinstance(current.body, dict):
        return []
    first = re.split(r"[.\[/]", verdict.param.lstrip("/"))[0]
    words = set(re.findall(r"[\w-]+", verdict.text))
    named = [name for name in current.body if name in words or name == first]
    named.sort(key=lambda name: name != first)
    return [name for name in named if not is_required(current.family, name)]


def bare(current: Attempt) -> Attempt | None:
    """The request with the members that it needs, and nothing else; None if it has no others."""
    optional = _optional(current)
    if not optional or not isinstance(current.body, dict):
        return None
    kept = {name: value for name, value in current.body.items() if name not in optional}
    return _without(current, kept, optional)


def halves(current: Attempt, whole: Attempt) -> Iterator[Attempt]:
    """The request without one half of the members that `whole` leaves out, if there are several."""
    optional = _optional(current)
    if len(optional) < 2:
        return
    middle = len(optional) // 2
    for part in (optional[:middle], optional[middle:]):
        kept = {name: value for name, value in current.body.items() if name not in part}
        yield _without(whole, kept, part)


def _without(current: Attempt, kept: Mapping[str, JSON], left_out: Sequence[str]) -> Attempt:
    names = ", ".join(left_out)
    is_unknown = unknown_members(current.family, left_out) == list(left_out)
    return current.with_body(
        dict(kept),
        cause="body" if is_unknown else "refused-member",
        why=f"the request without {names}",
        changes=(f"leave out {names}",),
        detail=f"it has no parameter {names}: leave it out (at /{left_out[0]})" if is_unknown else names,
    )


def _optional(current: Attempt) -> list[str]:
    if not isinstance(current.body, dict):
        return []
    return [name for name in current.body if not is_required(current.family, name) and name not in ("stream", "system")]


def alone(original: Attempt, applied: Sequence[Attempt]) -> Attempt | None:
    """The original request with the last change only; None if that cannot be told apart from the others."""
    last, before = applied[-1], applied[-2]
    if last.family != original.family or not isinstance(original.body, dict):
        return None
    if last.request.url != original.request.url and last.request.url == before.request.url:
        moved_back = replace(last, request=replace(last.request, url=original.request.url))
        same_body = before.request.body == original.request.body
        return moved_back if same_body else None
    if before.request.body != original.request.body and last.cause == "model-name":
        return last.with_body({**copy.deepcopy(original.body), "model": last.body["model"]})
    return None


_NOT_FOR_TEXT = re.compile(r"(?i)embed|whisper|tts|dall-e|image|moderation|rerank|audio|realtime|transcribe")


def text_model(names: Sequence[str]) -> str:
    """The first model that answers with text, by its name; "" without one."""
    return next((name for name in names if not _NOT_FOR_TEXT.search(name)), "")


def _merged(given: Headers, own: Headers) -> Headers:
    """Headers with `own` in place of those with the same name."""
    names = {name.lower() for name, _ in own}
    return (*(pair for pair in given if pair[0].lower() not in names), *own)
