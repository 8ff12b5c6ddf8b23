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
ARGUMENTS_DONE = of("response.function_call_arguments.done")
SUMMARY_ADDED = of("response.reasoning_summary_part.added")
SUMMARY_DELTA = of("response.reasoning_summary_text.delta")
SUMMARY_TOLD = of("response.reasoning_summary_text.done")
SUMMARY_DONE = of("response.reasoning_summary_part.done")
