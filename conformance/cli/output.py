"""Writes the output of a command."""

from __future__ import annotations

import sys
from pathlib import Path

from conformance.core.yaml_input import InputError, display


def put(text: str, path: Path | None) -> None:
    """Writes text to a file, whose folder is created, or to the terminal. Raises InputError.

    A lone surrogate, which JSON can hold and UTF-8 cannot, is written as an escape.
    """
    data = text if text.endswith("\n") else text + "\n"
    if path is None:
        sys.stdout.write(data.encode("utf-8", "backslashreplace").decode())
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(f"{display(path)}: the file cannot be written ({error.strerror})") from error
