"""Where the faults of Responses strike: the cases that show them, and the events of their streams."""

from __future__ import annotations

from conformance.reference.changes.flows import of

CREATED = of("response.created")
ADDED = of("response.output_item.added")
PART_ADDED = of("response.content_part.added")
DELTA = of("response.output_text.delta")
TOLD = of("response.output_text.done")
PART_DONE = of("response.content_part.done")
DONE = of("response.output_item.done")
END = of("response.completed", "response.incomplete")
ARGUMENTS = of("response.function_call_arguments.delta")
