"""Unusual but legal ways to answer: the suite must not mistake any of them for a defect.

One module for each subject, one entry for each variation. `VARIATIONS` holds them all by id.
"""

from collections.abc import Mapping
from itertools import chain

from conformance.reference.variations import (
    chat_completions,
    chat_streams,
    errors,
    framing,
    json_text,
    messages,
    messages_streams,
    others,
    responses,
    responses_streams,
    transport,
)
from conformance.reference.variations.variation import Variation

_MODULES = (
    framing,
    transport,
    json_text,
    errors,
    chat_completions,
    chat_streams,
    responses,
    responses_streams,
    messages,
    messages_streams,
    others,
)

VARIATIONS: Mapping[str, Variation] = {
    entry.id: entry for entry in chain.from_iterable(module.VARIATIONS for module in _MODULES)
}

__all__ = ["VARIATIONS", "Variation"]
