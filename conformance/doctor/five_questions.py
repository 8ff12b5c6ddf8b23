"""Answers the five questions of a ticket with their evidence, as far as the examination knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.doctor import address, model_names
from conformance.doctor.body_fit import fitted, unknown_members
from conformance.doctor.diagnosis import Answered
from conformance.doctor.sdks import SDKS
from conformance.doctor.steps import evidence
from conformance.protocol.family import MAIN, load_family

if TYPE_CHECKING:
    from conformance.doctor.examination import Known
    from conformance.doctor.steps import Attempt


def questions(known: Known, cause: str, applied: Sequence[Attempt]) -> tuple[Answered, ...]:
    """The five answers, in the order of `diagnosis.QUESTIONS`."""
    return (
        _model(known, cause),
        _endpoint(known, cause),
        _body(known, cause, applied),
        _address(known, cause, applied),
        _sdk(known, applied),
    )


def _model(known: Known, cause: str) -> Answered:
    name, listed = known.case.model, known.listed
    if not name:
        return Answered("model", "unknown", "the request names no model")
    if listed is None:
        if cause == "model-missing":
            return Answered("model", "wrong", f"{name}: the gateway says that it does not have it")
        answered = cause == "healthy" and any(one.kind == "healthy" for one in known.sent)
        return Answered(
            "model", "ok" if answered else "unknown", f"{name}: {'answered' if answered else 'no list was read'}"
        )
    if name in listed:
        return Answered(
            "model", "wrong" if cause == "model-missing" else "ok", f"{name}: the list has exactly this name"
        )
    near = model_names.nearest(name, listed)
    said = f"the nearest names are {', '.join(near)}" if near else f"the list has {', '.join(listed[:5])}"
    state = "ok" if cause == "healthy" else "wrong"
    return Answered("model", state, f"{name}: not in the list of {len(listed)}; {said}")  # type: ignore[arg-type]


def _endpoint(known: Known, cause: str) -> Answered:
    case = known.case
    if case.family not in MAIN:
        path = urlsplit(case.request.url).path
        return Answered("endpoint", "unknown", f"{path} is not one of the three endpoints")
    title, written = load_family(case.family).title, case.written_for
    if not written:
        return Answered("endpoint", "unknown", f"{title}; the body does not show for which API it is")
    if case.family in written:
        state = "wrong" if cause == "other-endpoint" else "ok"
        return Answered("endpoint", state, f"{title}, and the body is written for it")  # type: ignore[arg-type]
    names = " or ".join(load_family(one).title for one in MAIN if one in written)
    first = next(one for one in MAIN if one in written)
    state = "ok" if cause == "healthy" else "wrong"
    why = evidence(case.body, first, case.family)
    return Answered("endpoint", state, f"{title}, and the body is written for {names}: {why}")  # type: ignore[arg-type]


def _body(known: Known, cause: str, applied: Sequence[Attempt]) -> Answered:
    case = known.case
    if case.body is None:
        is_wrong = cause in ("not-json", "method")
        return Answered(
            "body", "wrong" if is_wrong else "unknown", "it is not JSON" if case.request.body else "there is no body"
        )
    if case.family not in MAIN:
        return Answered("body", "unknown", "the schema of this path is not known")
    refused = next((one.detail for one in applied if one.cause == "refused-member"), "")
    if refused:
        return Answered("body", "wrong", f"it fits the schema, but the gateway refuses {refused}")
    if case.written_for and case.family not in case.written_for:
        return Answered("body", "ok" if cause == "healthy" else "wrong", "it belongs to another API")
    _, changes = fitted(case.family, case.body)
    if changes:
        said = "; ".join(f"{one.at or '/'}: {one.what}" for one in changes[:3])
        return Answered("body", "ok" if cause == "healthy" else "wrong", said)
    more = unknown_members(case.family, case.body)
    said = f"it fits the schema; not in the published API: {', '.join(more[:5])}" if more else "it fits the schema"
    return Answered("body", "ok", said)


def _address(known: Known, cause: str, applied: Sequence[Attempt]) -> Answered:
    url = known.case.request.url
    moved = next((one for one in applied if one.cause == "base-url"), None)
    if moved is not None:
        return Answered("base URL", "wrong", f"{url}: {moved.detail}; right is {moved.request.url}")
    if cause in ("base-url", "dns", "unreachable", "tls"):
        return Answered("base URL", "wrong", url)
    reached = any(
        one.status is not None and one.kind not in ("absent", "page", "redirect", "strange") for one in known.sent
    )
    return Answered("base URL", "ok" if reached else "unknown", address.place(url).base_url)


def _sdk(known: Known, applied: Sequence[Attempt]) -> Answered:
    """Whether the named client requests the right URL; without one, which base URL each kind of client needs."""
    case, client = known.case, known.case.options.client
    right = next((one.request.url for one in reversed(applied) if one.request.url), case.request.url)
    base = known.base or address.place(right).base_url
    if client is None:
        with_v1 = next(sdk for sdk in SDKS if sdk.wants_v1)
        without = next(sdk for sdk in SDKS if not sdk.wants_v1)
        said = f"{with_v1.title}: base URL {with_v1.base_for(base)}; {without.title}: {without.base_for(base)}"
        return Answered("SDK", "unknown", said)
    url = client.url(case.options.url, case.family) if case.options.url else case.request.url
    wanted = client.base_for(base)
    is_right = case.options.url.rstrip("/") in ("", wanted)
    said = f"{client.title} requests {url}" + ("" if is_right else f"; set {client.setting} to {wanted}")
    return Answered("SDK", "ok" if is_right else "wrong", said)
