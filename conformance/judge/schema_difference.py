"""How a schema may be changed on its way to the upstream.

A correct gateway adds `additionalProperties`, `type: object`, and empty `properties`, `required` and `$defs` to a
schema (providers of strict tools want them), and leaves out `$schema` and what says nothing, such as
`additionalProperties: true`. It writes the keys in another order.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.model import JSON

DROPPABLE = frozenset({"$schema"})
NOTES_OF_SCHEMAS = frozenset({"title", "default", "examples", "$comment"})
"""Keys of a schema that say nothing about which arguments are valid."""
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions"})
"""Keys whose members have names that the client chose."""
_ADDABLE: Mapping[str, tuple[JSON, ...]] = {
    "additionalProperties": (False, True, {}),
    "type": ("object",),
    "properties": ({},),
    "required": ([],),
    "$defs": ({},),
    "definitions": ({},),
}
"""Key -> the values that a gateway may add to a schema."""


_DEFAULTS: Mapping[str, tuple[JSON, ...]] = {
    "additionalProperties": (True, {}),
    "properties": ({},),
    "required": ([],),
    "$defs": ({},),
    "definitions": ({},),
}
"""Key -> the values that say nothing, so that a gateway may leave them out."""


def _is_default(key: str, value: JSON) -> bool:
    return any(type(value) is type(one) and value == one for one in _DEFAULTS.get(key, ()))


def difference(sent: JSON, got: JSON, at: str, ignored: frozenset[str] = DROPPABLE) -> str:
    """The place of the first difference between two schemas that a gateway may not make; "" without one.

    The keys in `ignored` may be missing.
    """
    if isinstance(sent, dict) and isinstance(got, dict):
        are_names = at.rpartition("/")[2] in _NAMED
        for key in sorted(sent.keys() | got.keys()):
            place = f"{at}/{key}"
            if key not in sent:
                found = "" if not are_names and got[key] in _ADDABLE.get(key, ()) else place
            elif key not in got:
                found = "" if not are_names and (key in ignored or _is_default(key, sent[key])) else place
            else:
                found = difference(sent[key], got[key], place, ignored)
            if found:
                return found
        return ""
    if isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        places = (difference(*both, f"{at}/{index}", ignored) for index, both in enumerate(zip(sent, got, strict=True)))
        return next((place for place in places if place), "")
    return "" if type(sent) is type(got) and sent == got else at or "/"
