"""Makes one request of a ticket and the user's options: the one that the failing client sends."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.core import bounded_json
from conformance.core.model import JSON, Headers, Request
from conformance.core.yaml_input import InputError
from conformance.doctor import address
from conformance.doctor.sdks import Sdk
from conformance.doctor.ticket import Credential, Said, Ticket
from conformance.protocol import body_family
from conformance.protocol.family import ELSEWHERE, MAIN, load_family

PROMPT = "Reply with exactly: OK"

SENT = "$SENT_{}"
"""The placeholder for a header whose credential has an unusual form."""


@dataclass(frozen=True, slots=True)
class Options:
    """The user's options; "" where one is not given."""

    url: str = ""
    model: str = ""
    client: Sdk | None = None
    family: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """The request to examine, without its key: `request.auth` has the form, or a header has a placeholder of `secrets`.

    `composed` is True if the ticket has no request, so that a plain one stands for it. `model` is "" if it is not known
    yet. `key` is the key to send, and `pasted` whether it is from the ticket.
    """

    request: Request
    family: str
    body: JSON
    model: str
    options: Options
    ticket: Ticket
    key: str = field(repr=False, default="")
    pasted: bool = False
    secrets: Sequence[tuple[str, str]] = field(repr=False, default=())
    composed: bool = False

    @property
    def said(self) -> Said | None:
        """The error in the ticket."""
        return self.ticket.said

    @property
    def written_for(self) -> frozenset[str]:
        """The families that the body may be written for; empty if it does not show."""
        return body_family.families(self.body)


def case(ticket: Ticket, options: Options) -> Case:
    """The request of a ticket. Raises InputError if the ticket and the options do not say where it goes."""
    pasted = next((one.key for one in ticket.credentials if one.key and not one.is_named), "")
    key = options.key or pasted
    if ticket.url:
        return _given(ticket, options, key)
    return _composed(ticket, options, key)


def _given(ticket: Ticket, options: Options, key: str) -> Case:
    """A ticket with a URL: the request is sent as it is."""
    url = _url(ticket.url, options.url)
    body = _parsed(ticket.body)
    headers, forms, secrets = _credentials(ticket.credentials, key)
    found = address.place(url)
    request = Request(
        ticket.method or "POST",
        url,
        (*ticket.headers, *headers),
        ticket.body or b"",
        forms,
        follows=ticket.follows,
    )
    return Case(
        request=request,
        family=found.family,
        body=body,
        model=options.model or _model(body),
        options=options,
        ticket=ticket,
        key=key,
        pasted=not options.key and bool(key),
        secrets=secrets,
    )


def _composed(ticket: Ticket, options: Options, key: str) -> Case:
    """A ticket without a URL: a body, or no request at all."""
    if not options.url:
        raise InputError("--gateway-url: the base URL is missing; the request does not say where it was sent")
    body = _parsed(ticket.body)
    family = _family(ticket, options, body)
    model = options.model or _model(body) or (ticket.said.model if ticket.said else "")
    content = ticket.body if ticket.body is not None else plain_body(family, model)
    request = Request(
        "POST",
        _endpoint(options, family, ticket.said),
        plain_headers(family),
        content,
        (_form(options),),
        follows=False,
    )
    return Case(
        request=request,
        family=address.place(request.url).family or family,
        body=_parsed(content),
        model=model,
        options=options,
        ticket=ticket,
        key=key,
        composed=ticket.body is None,
    )


def plain_body(family: str, model: str) -> bytes:
    """The body of a small request."""
    turns = [{"role": "user", "content": PROMPT}]
    own: dict[str, JSON] = {"input": PROMPT} if family == "responses" else {"messages": turns}
    limit = {"max_tokens": 64} if family == "messages" else {}
    return json.dumps({"model": model, **limit, **own}).encode()


def plain_headers(family: str) -> Headers:
    """The headers that the endpoint needs."""
    version = () if load_family(family).envelope != "anthropic" else (("anthropic-version", "2023-06-01"),)
    return (("content-type", "application/json"), *version)


def _form(options: Options) -> str:
    return options.client.form if options.client else "bearer"


def _family(ticket: Ticket, options: Options, body: JSON) -> str:
    """The family of the endpoint that the client requests."""
    said = ticket.said
    written = [name for name in MAIN if name in body_family.families(body)]
    hint = options.family or (written[0] if written else "")
    if not hint and said:
        named = address.place(f"http://host{said.path}").family if said.path else ""
        hint = named or {"anthropic": "messages", "openai": "chat_completions"}.get(said.vendor, "")
    if options.client:
        return options.client.family(hint)
    return hint or "chat_completions"


def _endpoint(options: Options, family: str, said: Said | None) -> str:
    """The URL that the client requests; one that the error names counts."""
    base = options.url.strip()
    if not re.match(r"https?://", base):
        base = f"http://{base}"
    if said and said.path and address.place(f"http://host{said.path}").endpoint:
        parts = urlsplit(base)
        return f"{parts.scheme}://{parts.netloc}{said.path}"
    if options.client:
        return options.client.url(base, family)
    if said and not said.vendor:  # the client is not known, and so neither is the form of its base URL
        base = address.bases(address.place(f"{base.rstrip('/')}/models"))[0]
    if load_family(family).envelope == "anthropic":
        return f"{base.rstrip('/').removesuffix('/v1')}/v1{load_family(family).path}"
    return f"{base.rstrip('/')}{load_family(family).path}"


def _url(given: str, base: str) -> str:
    """The URL of a command; a variable at its start stands for the base URL. Raises InputError."""
    variable = re.match(r"\$\{?[\w:]+\}?|%\w+%|\{\{\s*\w+\s*\}\}|<[^>]+>", given)
    if variable:
        if not base:
            raise InputError(f"{given}: the URL starts with a variable; give its value with --gateway-url")
        rest = given[variable.end() :]
        given = f"{base.rstrip('/')}{rest if rest.startswith('/') else f'/{rest}'}"
    if not re.match(r"[a-zA-Z][\w+.-]*://", given):
        given = f"http://{given}"
    try:
        parts = urlsplit(given)
        parts.port  # noqa: B018 - reading the property validates the port
    except ValueError:
        raise InputError("the URL of the request: it is not valid; write it as https://host/v1/...") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("the URL of the request: it has to start with http:// or https://")
    if "@" in parts.netloc:
        raise InputError("the URL of the request: it has credentials before the @; remove them and set GATEWAY_API_KEY")
    return given


def _parsed(body: bytes | None) -> JSON:
    try:
        return bounded_json.loads(body) if body else None
    except ValueError:
        return None


def _model(body: JSON) -> str:
    name = body.get("model") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""


_FORMS = {("authorization", "bearer {}"): "bearer", ("x-api-key", "{}"): "x-api-key"}


def _credentials(found: Sequence[Credential], key: str) -> tuple[Headers, tuple[str, ...], list[tuple[str, str]]]:
    """Headers, forms and secrets for the credentials of a request, all with the key to send.

    An empty one is sent as it is, because that may be the mistake.
    """
    headers: list[tuple[str, str]] = []
    forms: list[str] = []
    secrets: list[tuple[str, str]] = []
    for one in found:
        form = _FORMS.get((one.header.lower(), one.template.lower()))
        if not one.key:
            headers.append((one.header.lower(), one.template.format("").strip()))
        elif form and key:
            forms.append(form)
        elif key:
            name = SENT.format(re.sub(r"\W", "_", one.header).upper())
            headers.append((one.header.lower(), name))
            secrets.append((name, one.template.format(key)))
    return tuple(headers), tuple(dict.fromkeys(forms)), secrets


def family_or_elsewhere(name: str) -> str:
    """A family's name for an exchange; "" becomes that of unknown paths."""
    return name or ELSEWHERE
