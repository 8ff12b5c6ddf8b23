"""Changes of errors: from one family's envelope to another's."""

from __future__ import annotations

from conformance.core.model import JSON


def as_openai(error: JSON) -> JSON:
    """An error of Anthropic in OpenAI's envelope, with the same message."""
    inner = error["error"]
    return {"error": {"message": inner["message"], "type": inner["type"], "param": None, "code": None}}
