"""Small readers that the families share. They accept any JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator

from conformance.core import bounded_json
from conformance.core.model import JSON
from conformance.protocol.asked.form import MODES, Choice, Mark, Media, Native

_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^,]*?)?(;base64)?,(.*)", re.DOTALL)
_MARKS = ("cache_control", "prompt_cache_breakpoint")


def members(value: JSON) -> dict[str, JSON]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: JSON) -> Iterator[dict[str, JSON]]:
    """The objects in a list; none if the value is not a list."""
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def text(value: JSON) -> str:
    """The value if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def canonical(value: JSON) -> str:
    """The value as JSON, the same for all ways to write it: keys are sorted, and 1.0 is 1."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def arguments(value: JSON) -> str:
    """The arguments of a call as canonical JSON; a string that is not JSON stays, and an empty one means none."""
    if not isinstance(value, str):
        return canonical(value if value is not None else {})
    try:
        return canonical(bounded_json.loads(value)) if value.strip() else "{}"
    except ValueError:
        return value


def media(role: str, kind: str, source: JSON, type_: str = "", detail: JSON = "") -> Media:
    """Media from base64, a data URL, another URL or an id."""
    data = text(source)
    if found := _DATA_URL.fullmatch(data):
        type_, data = found[1] or type_, found[3]
    elif "://" in data or data.startswith("file-") or data.startswith("file_"):
        return Media(role, kind, data, type_, _detail(detail))
    return Media(role, kind, _digest(data), _media_type(type_), _detail(detail))


def _digest(data: str) -> str:
    """The digest of the bytes; of the text itself if it is not base64."""
    try:
        content = base64.b64decode(re.sub(r"\s", "", data), validate=True)
    except ValueError:
        content = data.encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(content).hexdigest()[:24]}"


def _detail(value: JSON) -> str:
    return "" if value == "auto" else text(value)


def _media_type(value: str) -> str:
    return {"image/jpg": "image/jpeg"}.get(value.lower(), value.lower())


def native(role: str, value: dict[str, JSON], kind: str = "other") -> Native:
    """Content of another type, without its marks."""
    return Native(role, kind, canonical({key: member for key, member in value.items() if key not in _MARKS}))


def marks(place: str, value: dict[str, JSON]) -> Iterator[Mark]:
    """The marks of a block, a tool or a request."""
    for name in _MARKS:
        if isinstance(value.get(name), dict):
            yield Mark(place, canonical(value[name]))


def place(role: str, block: dict[str, JSON]) -> str:
    """The name of a block's place: its role and its content, however it is grouped in messages."""
    content = {key: member for key, member in block.items() if key not in _MARKS}
    return f"{role} {hashlib.sha256(canonical(content).encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


_TOOL = frozenset({"type", "name", "description", "parameters", "input_schema", "strict", "function", *_MARKS})


def more(*parts: dict[str, JSON]) -> str:
    """The members of a tool that not every family has, as canonical JSON; those that are null are left out."""
    found = {key: value for part in parts for key, value in part.items() if key not in _TOOL and value is not None}
    return canonical(found)


def choice_of(value: JSON, parallel: JSON) -> Choice:
    """A choice of Chat Completions or Responses: a word, a tool, or another object."""
    several = parallel is not False
    if isinstance(value, str):
        return Choice(MODES.get(value, "other"), "" if value in MODES else value, several)
    if not isinstance(value, dict):
        return Choice(parallel=several)
    kind = text(value.get("type"))
    name = text(value.get("name")) or text(members(value.get(kind)).get("name"))
    if kind in ("function", "custom") and name:
        return Choice("named", name, several)
    return Choice("other", canonical(value), several)
