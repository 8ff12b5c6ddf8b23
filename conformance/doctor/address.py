"""The parts of a request's URL, the base URLs that may have been meant, and the mistake in the given one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from conformance.protocol.family import MAIN, load_family

_FAMILIES = (*MAIN, "count_tokens", "models")

PATHS = {name: load_family(name).path for name in _FAMILIES}
"""Family -> the path of its endpoint below `/v1`."""

_ENDINGS = sorted([*PATHS.values(), "/completions", "/embeddings", "/chat"], key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A URL in parts: `origin` is scheme, host and port, and `base` the path before the endpoint's path.

    `endpoint` is the path of an endpoint, or "" for another path. `doubled` is an endpoint's path in
    `base`.
    """

    origin: str
    base: str
    endpoint: str
    query: str
    doubled: str = ""

    @property
    def base_url(self) -> str:
        """The base URL, without a slash at its end."""
        return self.origin + self.base

    @property
    def family(self) -> str:
        """The family of the endpoint; "" for another path."""
        return next((name for name, path in PATHS.items() if path == self.endpoint), "")


def place(url: str) -> Place:
    """The parts of a URL. Raises ValueError if it is not one."""
    parts = urlsplit(url)
    parts.port  # noqa: B018 - reading the property validates the port
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    base, endpoint = _cut(path)
    before, doubled = _cut(base)
    query = parts.query
    if not endpoint and "/" in query:  # an SDK appended its path to a base URL with a query
        head, _, rest = query.partition("/")
        base, endpoint, query = path, _cut(f"/{rest}")[1], head
        return Place(_origin(parts), base, endpoint, query)
    return Place(_origin(parts), before if doubled else base, endpoint, query, doubled)


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _cut(path: str) -> tuple[str, str]:
    """A path without the endpoint at its end, and this endpoint."""
    ending = next((end for end in _ENDINGS if path.endswith(end)), "")
    return path.removesuffix(ending), ending


def bases(found: Place) -> list[str]:
    """The base URLs that may have been meant, the likeliest first, all at the same host."""
    return list(dict.fromkeys(f"{found.origin}{path}" for path in _paths(found.base)))


def _paths(base: str) -> Iterator[str]:
    segments = [part for part in base.split("/") if part]
    once = [part for index, part in enumerate(segments) if index == 0 or part != segments[index - 1]]
    joined = "/".join(["", *once])
    if once and once[-1] == "v1":
        yield joined
    if "v1" in once:
        yield "/".join(["", *once[: once.index("v1") + 1]])
    else:
        yield f"{joined}/v1"
    yield "/v1"
    prefix = "/".join(["", *(part for part in once if not re.fullmatch(r"v\d+\w*", part))])
    yield f"{prefix}/v1"
    yield joined
    yield "/api/v1"
    yield ""


def problem(given: str, right: str) -> str:
    """Says how a URL differs from the right one, as a clause."""
    try:
        wrong, good = place(given), place(right)
    except ValueError:
        return "the URL is not valid"
    if wrong.origin != good.origin:
        return _origin_problem(wrong.origin, good.origin)
    if wrong.doubled:
        return f"the base URL has the path of an endpoint ({wrong.doubled}) in it"
    if wrong.base != good.base:
        return _base_problem(wrong.base, good.base)
    if wrong.query != good.query and "/" in urlsplit(given).query:
        return "the base URL has a query, which ends up in the middle of the URL"
    path = urlsplit(given).path
    if "//" in path:
        return "the URL has two slashes in a row"
    if path.endswith("/"):
        return "the URL has a slash at its end"
    if wrong.endpoint != good.endpoint:
        return f"the path is {path}, and the endpoint is {urlsplit(right).path}"
    return "the URL is another one"


def _origin_problem(wrong: str, good: str) -> str:
    scheme = good.partition("://")[0]
    if wrong.partition("://")[2] == good.partition("://")[2]:
        return f"the server speaks {scheme}, and the URL starts with {wrong.partition('://')[0]}"
    return f"the address is {good}, not {wrong}"


def _base_problem(wrong: str, good: str) -> str:
    if wrong.count("/v1") > good.count("/v1"):
        return "/v1 is doubled" if "/v1" in good else f"{wrong} is not the gateway's path"
    if good == f"{wrong}/v1":
        return "/v1 is missing"
    return f"the path before the endpoint is {wrong or '/'}, and has to be {good or '/'}"
