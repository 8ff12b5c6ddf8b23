"""The encrypted content of compaction items. It contains the conversation, and is not secret here."""

from __future__ import annotations

import base64

_PREFIX = "gAAAAA"
"""The beginning of the encrypted texts of the API."""


def closed(text: str) -> str:
    """The text as the encrypted content of a compaction item."""
    return _PREFIX + base64.urlsafe_b64encode(text.encode()).decode()


def opened(content: str) -> str:
    """The text of a compaction item; "" if it is not one of this provider."""
    try:
        return base64.urlsafe_b64decode(content.removeprefix(_PREFIX)).decode()
    except ValueError:
        return ""
