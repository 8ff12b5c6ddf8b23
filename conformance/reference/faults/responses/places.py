"""Events of Responses streams that several faults change."""

from __future__ import annotations

from conformance.reference.changes.flows import of

PART_ADDED = of("response.content_part.added")
TOLD = of("response.output_text.done")
DONE = of("response.output_item.done")
END = of("response.completed", "response.incomplete")
