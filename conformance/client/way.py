"""The way of a request to the gateway where something may be between them: a proxy, or a refused certificate.

A proxy's error is not the gateway's. An exchange that did not get beyond the proxy is `unreachable`.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from conformance.core.reasons import AT_PROXY
from conformance.core.urls import without_user_info

_IN_FRONT = (502, 503, 504)
"""Statuses with which a proxy says that it has no answer of the server behind it."""
_SQUID_ERROR = "x-squid-error"
"""Squid marks the errors that it writes itself: http://www.squid-cache.org/Doc/config/deny_info/."""


class ProxyRefusedError(Exception):
    """A proxy that forwards requests without TLS has answered this one itself. The message is its status line."""


@dataclass(slots=True)
class Way:
    """How far a request got on its way through a proxy. `is_open` is True once it is sent to the gateway."""

    proxy: str
    is_open: bool = False
    step: str = ""

    def follow(self, step: str, info: Mapping[str, Any]) -> None:
        """Note a step of httpcore's trace: https://www.encode.io/httpcore/extensions/#trace.

        The request CONNECT, with which a tunnel begins, goes to the proxy only. Steps of `connection` are those to the
        proxy; the TLS handshake with the gateway is a step of `proxy`.
        """
        self.step = step
        if step.endswith("send_request_headers.started"):
            self.is_open = info["request"].method != b"CONNECT"

    def problem(self, words: str, error: Exception | None = None) -> str:
        """Why the gateway was not reached; `words` describe the error."""
        shown = without_user_info(self.proxy)
        if isinstance(error, httpx.ProxyError | ProxyRefusedError):
            return f"{AT_PROXY}{shown} answers {error}"
        if self.is_open or not self.step:  # the request itself is at fault
            return words
        if self.step.startswith("connection."):
            return f"{AT_PROXY}{shown} cannot be reached: {words}"
        if self.step.startswith("proxy."):
            return f"{words}, through the proxy {shown}"
        return f"{AT_PROXY}{shown} does not pass requests on: {words}"


def from_proxy(response: httpx.Response) -> bool:
    """Whether a proxy that forwards requests answers for itself, or may do so.

    Only proxies send a 407: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.8. A page with a 502, 503 or 504 may
    also be the gateway's, but nothing tells the two apart. An error in JSON is the gateway's.
    """
    if response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED or _SQUID_ERROR in response.headers:
        return True
    return response.status_code in _IN_FRONT and "json" not in response.headers.get("content-type", "")


def refused_certificate(error: BaseException) -> str:
    """The TLS alert with which a server refuses the client's certificate, or asks for one; "" for another error.

    In TLS 1.3 the alert comes after the client's handshake has ended, so that reading the answer fails.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or "") and _ABOUT.intersection(_words(cause)):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    return ""


_ABOUT = {"CERTIFICATE", "CA"}
"""Words in the names of TLS alerts about certificates: https://www.rfc-editor.org/rfc/rfc8446#section-6.2."""


def _words(error: ssl.SSLError) -> list[str]:
    return (error.reason or "").split("_")
