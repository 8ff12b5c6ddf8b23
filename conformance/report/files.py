"""Reports on disk: written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from conformance.model import JSON


def write(path: Path, document: JSON) -> None:
    """A JSON file, its folder made where it is missing. A reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1)
    # Half a character, which a gateway may send as \ud800 in its JSON, goes back to that form.
    data = (text + "\n").encode("utf-8", "backslashreplace")
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        file.write(data)
    os.chmod(file.name, 0o644)  # noqa: PTH101 - a report is for everybody who may read the folder
    Path(file.name).replace(path)
