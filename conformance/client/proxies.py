"""The HTTP proxies on the way to the gateway: one that the user names, or those of the environment."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from conformance.core.urls import without_user_info
from conformance.core.yaml_input import InputError

OPTION = "--gateway-proxy"
ENVIRONMENT = "--gateway-trust-env"
PASSWORD = "$GATEWAY_PROXY_PASSWORD"
"""The placeholder for a proxy's password in recorded exchanges."""

_IS_ADDRESS = re.compile(r"[\d.]+|.*:.*")
"""An IPv4 or IPv6 address, which is not below a domain."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxy for each scheme of an address, as a URL that may have a user and a password; "" for none.

    `around` are the hosts that are reached without a proxy, in the form of NO_PROXY.
    """

    http: str = field(default="", repr=False)
    https: str = field(default="", repr=False)
    around: str = ""
    is_named: bool = False
    """Whether the user named the proxy, as the environment may have one for other programs."""

    def __bool__(self) -> bool:
        return bool(self.http or self.https)

    def of(self, url: str) -> str:
        """The URL of the proxy for an address; "" for none."""
        if not self:
            return ""
        parts = urlsplit(url)
        chosen = self.http if parts.scheme == "http" else self.https
        return "" if any(_names(entry.strip(), parts) for entry in self.around.split(",")) else chosen

    def secrets(self) -> Iterator[tuple[str, str]]:
        """The passwords, each with the text that replaces it in records: as they are written, and as they are sent.

        A user without a password is a token.
        """
        for url in {self.http, self.https} - {""}:
            if written := urlsplit(url).password or urlsplit(url).username:
                yield from ((PASSWORD, text) for text in {unquote(written), written})


DIRECT = Proxies()


def named(url: str) -> Proxies:
    """One proxy for all addresses. Raises InputError."""
    checked = _checked(url, OPTION)
    return Proxies(checked, checked, is_named=True)


def of_environment(found: Mapping[str, str] | None = None) -> Proxies:
    """The proxies of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as httpx finds them. Raises InputError.

    `found` replaces what the standard library finds there, and in the settings of Windows and macOS.
    """
    told = urllib.request.getproxies() if found is None else found

    def proxy(scheme: str) -> str:
        name = scheme if told.get(scheme) else "all"
        url = told.get(name, "")
        return _checked(url if "://" in url or not url else f"http://{url}", f"{name.upper()}_PROXY")

    around = told.get("no", "")
    hosts = [host.strip() for host in around.split(",")]
    return DIRECT if "*" in hosts else Proxies(proxy("http"), proxy("https"), around)


def _names(entry: str, address: SplitResult) -> bool:
    """Whether an entry of NO_PROXY names the host of an address: itself, or a domain above it.

    `.example.com` names the hosts below example.com only. There are no masks such as 10.0.0.0/8. Both is so in httpx:
    https://www.python-httpx.org/environment_variables/#no_proxy.
    """
    host, _, port = entry.lower().rpartition(":") if re.search(r"[^:]:\d+$", entry) else (entry.lower(), "", "")
    own = address.hostname or ""
    is_host = own == host.strip("[]") or (own.endswith(f".{host.removeprefix('.')}") and not _IS_ADDRESS.fullmatch(own))
    return bool(host) and is_host and port in ("", str(address.port or _DEFAULT_PORTS.get(address.scheme)))


def _checked(url: str, name: str) -> str:
    """The URL of a proxy. Raises InputError, with the URL as it may be shown."""
    if not url:
        return ""
    shown = without_user_info(url)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InputError(
            f"{name} {shown}: not the URL of an HTTP proxy; give one such as http://proxy.example:3128, or "
            "http://user:password@proxy.example:3128"
        )
    return url
