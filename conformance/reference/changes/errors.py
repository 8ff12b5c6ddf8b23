"""Changes of errors: one family's envelope for another's."""

from __future__ import annotations

from conformance.core.model import JSON


def as_openai(error: JSON) -> JSON:
    """An error of Anthropic's kind in the envelope of OpenAI, with the same words."""
    inner = error["error"]
    return {"error": {"message": inner["message"], "type": inner["type"], "param": None, "code": None}}
