"""The `unless_converted` keyword: an endpoint answered a body of another family instead of refusing it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.core.case_format import ConvertedExpectation
from conformance.core.model import JSON, Breach
from conformance.judge.expectations.answer import FILLED_IN, answer
from conformance.judge.expectations.context import Context, shown_answer
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading

_PRESENCE = ("required", "anyOf")
"""The keywords of the request schemas that require members."""


def converted(want: ConvertedExpectation, reading: Reading, context: Context) -> Iterator[Breach]:
    """The answer must show that nothing in the body was ignored, and the profile must declare the conversion.

    A finding only advises to declare a conversion that loses nothing: a declaration excuses the acceptance of the body.
    """
    ignored = list(answer(want["answer"], reading, context))
    for breach in ignored:
        # FILLED_IN keeps its own rule: it is excused if the model does not fill in values.
        rule = breach.rule if breach.rule == FILLED_IN else "case.body-ignored"
        yield Breach(rule, f"an error, or {breach.expected}", breach.got, breach.where)
    endpoint = context.case.endpoint
    if context.profile.converts(want["from"], endpoint):
        return
    declaration = f"conversions: [{{from: {want['from']}, to: {endpoint}}}] in the profile"
    expected = "an error" if ignored else f"an error, or, if every field of the body takes effect, {declaration}"
    if is_complete(endpoint, reading.sent):
        yield Breach("case.conversion-undeclared", expected, "the body was accepted")
    else:
        yield Breach("case.incomplete-accepted", expected, shown_answer(reading))


def is_complete(endpoint: str, body: JSON) -> bool:
    """Whether a body has all members that the endpoint requires, whatever their values are."""
    return _presence(endpoint).is_valid(body)


@cache
def _presence(endpoint: str) -> Draft202012Validator:
    path = load_family(endpoint).request
    schema = data_files.schema(path) if path else {}
    return Draft202012Validator({name: schema[name] for name in _PRESENCE if name in schema})
