"""Reads the text of PDF files, as far as it is not compressed (ISO 32000-1, 9.4.3: text-showing operators)."""

from __future__ import annotations

import base64
import binascii
import re

_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\)\s*Tj")


def text(file_data: str) -> str:
    """The text of a PDF in base64, with or without `data:` in front; "" if it cannot be read."""
    try:
        data = base64.b64decode(file_data.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return ""
    return "\n".join(line.decode("latin-1") for line in _SHOWN.findall(data))
