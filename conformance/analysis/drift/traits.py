"""Traits of answers. A recording is described by the number of its exchanges that have each trait."""

from __future__ import annotations

from typing import Literal, NamedTuple

from conformance.core.model import JSON
from conformance.protocol.schema_shape import Shape

Form = Literal["json", "stream", "error"]
Aspect = Literal[
    "answer",
    "event",
    "object",
    "field",
    "item",
    "type",
    "value",
    "header",
    "header value",
    "status",
    "text",
    "answered as",
]


class Trait(NamedTuple):
    """A place and what is there.

    `family` and `form` are the endpoint and the kind of answer, `event` is the type of a stream's event. `pointer` has
    `*` for the items of a list, and `[type=text]` behind an object that the schemas tell apart by this member. `name`
    is the type, the value, the header or the text; a field's name is in its pointer. For `answered as`, the form is the
    one that the request asks for, and the name the one of the answer.
    """

    family: str
    form: Form
    event: str
    pointer: str
    aspect: Aspect
    name: str = ""


class Sighting(NamedTuple):
    """A trait of an exchange. `base` is the trait without which it cannot be seen: a field needs its object.

    `shape` and `value` are what `facts` needs: the schemas of the field's object and the field's name; the schemas of
    a value and the value; those of an event and its document. `number` is that of the event.
    """

    trait: Trait
    base: Trait
    shape: Shape | None = None
    value: JSON = None
    number: int | None = None
