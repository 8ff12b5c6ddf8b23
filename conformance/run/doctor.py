"""Sends what an examination asks for: at most ten requests, in at most 20 seconds, and without retries."""

from __future__ import annotations

import time
from dataclasses import replace

from conformance.client.http import Client
from conformance.client.pool import DEFAULT_TRUST, Trust
from conformance.client.proxies import DIRECT, Proxies
from conformance.core import credential
from conformance.core.model import Exchange, Request
from conformance.core.redaction import OWN
from conformance.doctor.diagnosis import Diagnosis
from conformance.doctor.examination import Probe, examine
from conformance.doctor.intake import Case

SECONDS = 18.0
"""The time for all requests of an examination."""
FIRST, OTHER = 8.0, 5.0
"""Seconds for the request of the ticket, and for each of the others."""
MAX_BYTES = 4 * 1024 * 1024

_WRONG = "sk-wrong-0000000000000000"


def diagnose(
    case: Case,
    trust: Trust = DEFAULT_TRUST,
    proxies: Proxies = DIRECT,
    offline: bool = False,
    seconds: float = SECONDS,
) -> Diagnosis:
    """Examines a request, and sends nothing with `offline`."""
    if offline:
        return _driven(case, None, 0.0)
    with Client(FIRST, MAX_BYTES, trust=trust, secrets=tuple(case.secrets), proxies=proxies) as client:
        return _driven(case, client, seconds)


def with_client(case: Case, client: Client, seconds: float = SECONDS) -> Diagnosis:
    """Examines a request with a client that runs already; `secrets` of the case have to be the client's."""
    return _driven(case, client, seconds)


def _driven(case: Case, client: Client | None, seconds: float) -> Diagnosis:
    examination = examine(case)
    deadline = time.monotonic() + seconds
    exchange: Exchange | None = None
    first = True
    try:
        probe = next(examination)
        while True:
            exchange = _sent(probe, case, client, deadline, seconds, first)
            first = False
            probe = examination.send(exchange)
    except StopIteration as ended:
        diagnosis: Diagnosis = ended.value
        return _redacted(diagnosis, case)


def _sent(
    probe: Probe, case: Case, client: Client | None, deadline: float, seconds: float, first: bool
) -> Exchange | None:
    """The exchange of a probe; None if nothing is sent, or no time is left."""
    left = deadline - time.monotonic()
    if client is None or left <= 0:
        return None
    key = _WRONG if probe.key == "wrong" else case.key
    limit = min(left, (FIRST if first else OTHER) * seconds / SECONDS)
    sendable = replace(probe.request, auth=probe.request.auth if key else ())
    exchange = client.submit(client.exchange(probe.family, sendable, key, limit)).result()
    if not case.key:
        return exchange
    return replace(credential.redact_exchange(exchange, ((OWN, case.key),)), request=probe.request)


def _redacted(diagnosis: Diagnosis, case: Case) -> Diagnosis:
    """The diagnosis without the key, which a pasted body or URL may contain."""
    if not case.key:
        return diagnosis

    def clean(text: str) -> str:
        return credential.redact_text(text, case.key, OWN)

    cure = diagnosis.cure
    return replace(
        diagnosis,
        sentence=clean(diagnosis.sentence),
        changes=tuple(map(clean, diagnosis.changes)),
        notes=tuple(map(clean, diagnosis.notes)),
        questions=tuple(replace(one, text=clean(one.text)) for one in diagnosis.questions),
        sent=tuple(replace(one, url=clean(one.url)) for one in diagnosis.sent),
        cure=_cleaned(cure, case.key) if cure else None,
    )


def _cleaned(request: Request, key: str) -> Request:
    body = credential.redact_text(request.body.decode("utf-8", "surrogatepass"), key, OWN).encode(
        "utf-8", "surrogatepass"
    )
    headers = credential.redact_headers(request.headers, key, OWN)
    return replace(request, url=credential.redact_text(request.url, key, OWN), headers=headers, body=body)
