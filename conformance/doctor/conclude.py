"""Makes the diagnosis of what an examination knows: the cause in one sentence, the five questions, and the cure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.doctor import address, answers, model_names, steps
from conformance.doctor.answers import Verdict
from conformance.doctor.body_fit import fitted
from conformance.doctor.convert import converted
from conformance.doctor.diagnosis import CAUSES, Converted, Diagnosis
from conformance.doctor.five_questions import questions
from conformance.doctor.sdks import Sdk, usual
from conformance.doctor.ticket import Said
from conformance.protocol.family import MAIN, load_family

if TYPE_CHECKING:
    from conformance.doctor.examination import Known
    from conformance.doctor.steps import Attempt

_OF_KIND = {
    "refused": "unreachable", "dns": "dns", "tls": "tls", "timeout": "timeout", "cut": "unreachable",
    "not-http": "unreachable", "proxy": "proxy", "key": "wrong-key", "forbidden": "model-access", "budget": "budget",
    "rate": "rate-limit", "busy": "outage", "outage": "outage",
}  # fmt: skip
"""Kind of an answer -> the cause, where the kind is enough."""


def healthy(known: Known) -> Diagnosis:
    """The request is answered."""
    model = known.case.model
    with_model = f" by {model}" if model else ""
    small = "A small request" if known.case.composed else "The request"
    return _made(known, "healthy", f"{small} is answered{with_model}: nothing is wrong with it now.", proven=True)


def said(known: Known, words: Verdict) -> Diagnosis:
    """The request is answered, but the ticket has an error: its cause was another one, or has passed."""
    ticket = known.case.said
    cause = _OF_KIND.get(words.kind, "")
    named = ticket.model if ticket else ""
    if named and known.listed is not None and named not in known.listed:
        return _missing(known, named, [])
    if words.kind in ("absent", "page", "strange", "redirect") and not answers.BLAMES_MODEL.search(words.text):
        path = ticket.path if ticket else ""
        where = f" at {path}" if path else ""
        sentence = (
            f"The client's URL{where} was wrong when the error occurred, because the same request is answered at "
            f"{known.case.request.url}."
        )
        return _made(known, "base-url", sentence)
    if words.kind == "rejected" and ticket and ticket.status in (400, 413, 422) and known.case.composed:
        param = f" ({words.param})" if words.param else ""
        sentence = f"The gateway refused the body{param}: {_quoted(words.text)}; give the request to see the change."
        return _made(known, "too-large" if _is_too_large(words) else "body", sentence)
    if words.kind == "forbidden":
        return _made(known, "model-access", f"The client's key may not do this: {_quoted(words.text)}.")
    if words.kind == "key":
        sentence = "The client's key was refused, and the key that was used here is accepted: compare the two keys."
        return _made(known, "wrong-key", sentence)
    if cause in ("unreachable", "dns", "tls"):
        sentence = (
            f"The client did not reach the gateway ({CAUSES[cause]}), and it is reached from here: check the client's "
            "base URL, its network, proxy and certificates."
        )
        return _made(known, cause, sentence)
    if cause:
        return _made(known, cause, f"{_sentence(known, cause, words)} It has passed: the request is answered now.")
    return healthy(known)


def before_sending(known: Known, error: Said) -> Diagnosis:
    """An error of the SDK before it sends anything."""
    if error.kind == "no-key":
        return _made(
            known, "no-key", "The SDK has no key, and so it sent nothing: set its key or its environment variable."
        )
    if error.kind == "argument":
        name = error.text.rpartition("unexpected keyword argument '")[2].partition("'")[0]
        sentence = (
            f"The SDK's method has no parameter {name}, and so nothing was sent: it is of another API or version; "
            "leave it out, or send it as extra_body."
        )
        return _made(known, "sdk-mode", sentence, changes=[f"leave out {name}, or send it as extra_body"])
    sentence = (
        "The Anthropic SDK refuses this request before it sends it, because max_tokens is too large for an answer that "
        "is not streamed: stream it, or lower max_tokens to 21333."
    )
    return _made(known, "sdk-mode", sentence, changes=["set stream to true, or max_tokens to at most 21333"])


def plain(known: Known, found: Verdict, applied: Sequence[Attempt] = ()) -> Diagnosis:
    """An answer, or none, that needs no further proof."""
    cause = _OF_KIND.get(found.kind, "unknown")
    return _made(known, cause, _sentence(known, cause, found), applied=applied, also=[one.cause for one in applied])


def _sentence(known: Known, cause: str, found: Verdict) -> str:
    host = urlsplit(known.case.request.url).netloc
    words = f": {_quoted(found.text)}" if found.text else ""
    match cause:
        case "dns":
            return f"The name of the host {host} is not known: check its spelling, the network and the VPN."
        case "unreachable":
            return f"Nothing answers at {host}{words}: check the address and the port, and whether the gateway runs."
        case "tls":
            return f"The TLS connection to {host} fails{words}: install the gateway's CA, or renew its certificate."
        case "proxy":
            return f"The request does not reach {host}{words}: check the proxy's address, user and password."
        case "timeout":
            return f"The gateway at {host} accepts the request and does not answer in time."
        case "budget":
            return f"The budget, quota or credit of this key is used up (status {found.status}){words}."
        case "rate-limit":
            wait = f"; wait {known.retry_after} s" if known.retry_after.isdecimal() else ""
            return f"The rate limit is reached (status {found.status}){wait}{words}."
        case "wrong-key":
            return f"The key is refused (status {found.status}){words}."
        case "outage" if found.kind == "busy":
            return f"The provider is overloaded (status {found.status}): send the request again later."
        case "outage":
            return f"The gateway, or the provider behind it, fails (status {found.status}){words}."
    return f"The request fails (status {found.status}){words}."


def slow(known: Known) -> Diagnosis:
    """A short request is answered, and this one is not, in time."""
    sentence = (
        "The gateway answers a short request, and this one takes longer than the doctor waits: raise the client's "
        "timeout, or stream the answer."
    )
    return _made(known, "slow", sentence, changes=["set stream to true, or raise the timeout"])


def proven(known: Known, applied: Sequence[Attempt], answered: bool) -> Diagnosis:
    """The request is answered after these changes; the first of them is the cause."""
    first, last = applied[0], applied[-1]
    also = list(dict.fromkeys(one.cause for one in applied[1:] if one.cause != first.cause))
    changes = [text for one in applied for text in one.changes]
    return _made(
        known, first.cause, _cured(known, first), answered, applied, changes, also, cure=last if answered else None
    )


def _cured(known: Known, change: Attempt) -> str:
    """One sentence: what is wrong, and what to do."""
    case, model = known.case, known.case.model
    match change.cause:
        case "base-url":
            place = address.place(change.request.url)
            sdk = case.options.client or usual(change.family or "chat_completions")
            setting = (
                f"set {_short(sdk.setting)} to {_base_for(sdk, place)}"
                if case.options.client
                else f"use {change.request.url}"
            )
            return f"The base URL is wrong, because {change.detail}: {setting}."
        case "wrong-family":
            return f"The body does not belong to this endpoint, because {change.detail}: {change.changes[0]}."
        case "body":
            return f"The body does not fit {_title(change.family)}: {change.detail}."
        case "not-json":
            return f"The body is not valid JSON: {change.detail or 'send the one below'}."
        case "header" | "method":
            return f"The request is incomplete, because {change.detail}: {change.changes[0]}."
        case "no-key":
            return f"The request has no key: {change.changes[0]}."
        case "key-form":
            return f"The key is sent in the wrong form, because {change.detail}: {change.changes[0]}."
        case "model-name":
            return f"The model {model} is not in the gateway's list, because {change.detail}: {change.changes[0]}."
        case "model-missing":
            near = model_names.nearest(model, known.listed or ())
            names = f"the nearest names are {', '.join(near)}" if near else f"it has {_some(known.listed or ())}"
            return f"The gateway does not have the model {model}: {names}."
        case "refused-member":
            return f"The gateway refuses {change.detail}, and answers the request without: leave it out."
    return "The request is answered after the changes below."


def _base_for(sdk: Sdk, place: address.Place) -> str:
    return sdk.base_for(place.base_url)


def _short(setting: str) -> str:
    return setting.partition(" or ")[0]


def _title(family: str) -> str:
    return load_family(family).title if family else "the endpoint"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) or "none"


def missing(known: Known, applied: Sequence[Attempt]) -> Diagnosis:
    """The list does not have the model, and the gateway blames it or has nothing there."""
    return _missing(known, known.case.model, applied)


def _missing(known: Known, model: str, applied: Sequence[Attempt]) -> Diagnosis:
    listed = known.listed or ()
    meant, near = model_names.meant(model, listed), model_names.nearest(model, listed)
    if meant:
        why = model_names.difference(model, meant)
        sentence = f"The model {model} is not in the gateway's list, because {why}: use {meant}."
        return _made(known, "model-name", sentence, applied=applied, changes=[f"use the model {meant}"])
    names = f"the nearest names are {', '.join(near)}" if near else f"it has {_some(listed)}"
    names = "it says so, and has no list of models that can be read" if known.listed is None else names
    return _made(known, "model-missing", f"The gateway does not have the model {model}: {names}.", applied=applied)


def other_endpoint(known: Known, current: Attempt, family: str, applied: Sequence[Attempt]) -> Diagnosis:
    """The model is answered at another endpoint."""
    sentence = (
        f"The model {known.case.model} is not served at {_title(current.family)}, but at {_title(family)}: "
        f"send the converted body to /v1{load_family(family).path}."
    )
    found = (
        converted(current.body, current.family, family)
        if isinstance(current.body, dict) and current.family in MAIN
        else None
    )
    body = Converted(family, *found) if found else None
    made = _made(known, "other-endpoint", sentence, True, applied, [f"send it to /v1{load_family(family).path}"])
    return replace(made, converted=body)


def no_access(known: Known, found: Verdict, other: str) -> Diagnosis:
    """Another model is answered with the same key."""
    if found.kind == "forbidden" or found.blames_model:
        sentence = (
            f"The key may not use the model {known.case.model}, and may use {other}: ask for access, or use {other}."
        )
        return _made(known, "model-access", sentence, changes=[f"use the model {other}"])
    return refused_key(known, found)


def refused_key(known: Known, found: Verdict) -> Diagnosis:
    """The key is refused in every form."""
    case = known.case
    accepted = known.list_verdict is not None and known.list_verdict.is_healthy
    if not case.key:
        return _made(known, "no-key", "The request has no key: set GATEWAY_API_KEY and run the doctor again.")
    if accepted and known.guarded and found.kind == "key":
        sentence = (
            "The gateway accepts the key for its list of models, and refuses the request: its own key for the provider "
            f"is refused (status {found.status}); the operator of the gateway has to renew it."
        )
        return _made(known, "upstream-key", sentence)
    list_refused = known.list_verdict is not None and known.list_verdict.kind in ("key", "forbidden")
    if found.kind == "forbidden" and (found.blames_model or not list_refused):
        return _made(known, "model-access", f"The key may not use the model {case.model}: {_quoted(found.text)}.")
    whose = "the pasted key" if case.pasted else "the key in GATEWAY_API_KEY"
    return _made(known, "wrong-key", f"The gateway refuses {whose} (status {found.status}): {_quoted(found.text)}.")


def passed(known: Known, found: Verdict, applied: Sequence[Attempt]) -> Diagnosis:
    """The same request is answered the second time."""
    sentence = f"The gateway failed once (status {found.status}) and answered the same request the second time: retry."
    return _made(known, "outage", sentence, applied=applied)


def outage(known: Known, found: Verdict, healthy_other: str) -> Diagnosis:
    """A 5xx for this request, for a short one, and maybe for other models."""
    model = known.case.model
    if known.listed is None and found.blames_model:
        return _missing(known, model, [])
    if healthy_other:
        sentence = (
            f"The provider of the model {model} fails (status {found.status}), and {healthy_other} is answered: "
            f"{_quoted(found.text)}."
        )
    else:
        sentence = f"{_sentence(known, 'outage', found)}"
    return _made(known, "outage", sentence)


def unproven(known: Known, current: Attempt, verdict: Verdict, applied: Sequence[Attempt], first: Verdict) -> Diagnosis:
    """No change was answered: the cause is the likeliest one."""
    urlish = verdict.kind in ("absent", "page", "redirect", "strange")
    if _is_too_large(verdict):
        return _made(known, "too-large", f"The request is too large: {_quoted(verdict.text)}.", applied=applied)
    if applied:
        made = proven(known, applied, False)
        return replace(made, notes=(*made.notes, f"with these changes the answer is: {_quoted(verdict.text)}"))
    named = verdict.kind == "absent" and len(known.case.model) > 2 and known.case.model in verdict.text
    if known.listed is None and (named or (verdict.blames_model and verdict.kind in ("absent", "rejected"))):
        return _missing(known, known.case.model, [])
    if urlish and known.listed is None:
        moved = f" It redirects to {known.location}." if known.location else ""
        page = "a web page" if verdict.kind == "page" else "nothing of the API"
        sentence = f"There is {page} at {known.case.request.url} and the base URLs near it: check the base URL.{moved}"
        return _made(known, "base-url", sentence)
    if urlish or (verdict.kind == "rejected" and verdict.blames_model):
        if known.listed is not None and known.case.model in known.listed:
            sentence = (
                f"The gateway lists the model {known.case.model}, and does not serve it: {_quoted(verdict.text)}."
            )
            return _made(known, "model-missing", sentence)
        return _missing(known, known.case.model, [])
    _, changes = fitted(current.family, current.body) if current.family in MAIN else (None, [])
    if current.body is None and current.request.body:
        return _made(known, "not-json", "The body is not valid JSON, and it does not show what was meant.")
    if changes:
        text = "; ".join(f"{one.what} (at {one.at or 'the top'})" for one in changes[:2])
        said_so = tuple(f"{one.at}: {one.what}" for one in changes)
        return _made(known, "body", f"The body does not fit {_title(current.family)}: {text}.", changes=said_so)
    if verdict.kind == "outage":
        sentence = f"The gateway fails with this request only (status {first.status}): {_quoted(verdict.text)}."
        return _made(known, "outage", sentence)
    if verdict.kind == "rejected":
        left_out = steps.without_named(current, verdict)
        name = next((one.detail for one in left_out), "") or verdict.param
        sentence = f"The gateway refuses the body{f' ({name})' if name else ''}: {_quoted(verdict.text)}."
        return _made(known, "body", sentence)
    return _made(known, _OF_KIND.get(verdict.kind, "unknown"), f"The cause was not found: {_quoted(verdict.text)}.")


def offline(known: Known) -> Diagnosis:
    """The diagnosis without any request: what the request itself and the error show."""
    case = known.case
    nothing = Verdict("rejected", None)
    attempt = steps.Attempt(case.request, case.family, case.body)
    if case.said and not (case.said.status in (400, 404, 405, 422) and not case.composed):
        words = answers.of_words(case.said)
        if cause := _OF_KIND.get(words.kind, ""):
            return _made(known, cause, _sentence(known, cause, words))
        if words.kind == "absent" and words.blames_model:
            return _made(
                known, "model-missing", f"The gateway does not have the model {case.said.model or case.model}."
            )
        if words.kind in ("absent", "page", "redirect"):
            return _made(known, "base-url", f"The URL is wrong: {_quoted(words.text)}.")
    right = address.bases(address.place(case.request.url))[0]
    place = address.place(case.request.url)
    is_odd = right != place.base_url or place.doubled or "/" in place.query
    if is_odd and not case.composed:
        for one in steps.moved_to(case, attempt, right):
            return proven(known, [one], False)
    if is_odd and case.options.client and (moved := next(steps.moved_to(case, attempt, right), None)):
        return proven(known, [moved], False)
    for step in (steps.family, steps.readable, steps.headers, steps.body):
        for change in step(known, attempt, nothing):
            return proven(known, [change], False)
    if any(not one.key for one in case.ticket.credentials):
        return _made(known, "no-key", "The header with the key has no key in it: a variable may be empty.")
    _, changes = fitted(case.family, case.body) if case.family in MAIN else (None, [])
    if changes:
        return unproven(known, attempt, nothing, [], nothing)
    return _made(known, "healthy", "Nothing is wrong with the request itself: run the doctor without --offline.")


def _is_too_large(found: Verdict) -> bool:
    words = r"(?i)context[_ ]length|maximum context|prompt is too long|too many tokens|request_too_large|length limit"
    return found.status == 413 or re.search(words, f"{found.code} {found.text}") is not None


def _quoted(text: str) -> str:
    short = text if len(text) <= 160 else f"{text[:159]}…"
    return f'"{short}"' if short else "without a message"


def _made(
    known: Known,
    cause: str,
    sentence: str,
    proven: bool = False,
    applied: Sequence[Attempt] = (),
    changes: Sequence[str] = (),
    also: Sequence[str] = (),
    cure: Attempt | None = None,
) -> Diagnosis:
    lost = [name for one in applied for name in one.lost]
    notes = [*known.case.ticket.notes, *([f"the converted body cannot keep {', '.join(lost)}"] if lost else [])]
    wrong = next((one for one in applied if one.cause == "wrong-family"), None)
    return Diagnosis(
        cause=cause,
        sentence=sentence,
        is_proven=proven,
        questions=questions(known, cause, applied),
        changes=tuple(changes),
        also=tuple(one for one in also if one and one != cause),
        notes=tuple(notes),
        cure=cure.request if cure else None,
        converted=_for_endpoint(known) if wrong is not None or cause == "wrong-family" else None,
        sent=tuple(known.sent),
    )


def _for_endpoint(known: Known) -> Converted | None:
    """The body converted for the endpoint to which it was sent."""
    case = known.case
    source = next((name for name in MAIN if name in case.written_for), "")
    if not source or case.family not in MAIN or not isinstance(case.body, dict):
        return None
    whole, _ = fitted(source, case.body)
    found = converted(whole, source, case.family)
    return Converted(case.family, *found) if found else None
