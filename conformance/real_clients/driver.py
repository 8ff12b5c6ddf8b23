"""Runs scenarios in a child process, so that one run of pytest can use several versions of an SDK.

`python -m conformance.real_clients.driver` reads a JSON line with the gateway, and then a JSON line for each scenario:
`{"name": NAME, "headers": {...}}`. It answers each with the line `{"outcome": ..., "text": ...}`.
`scenarios.mjs` does the same in Node.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import asdict, replace

from conformance.real_clients.place import Place
from conformance.real_clients.scenario import result
from conformance.real_clients.table import SCENARIOS

_THRESHOLD = 100_000
"""Objects between two collections of garbage. The SDKs make far more when they are imported, and all of them stay."""


def main() -> None:
    """Answers the lines of stdin on stdout, until stdin ends."""
    gc.set_threshold(_THRESHOLD)
    place = Place(**json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        asked = json.loads(line)
        at = replace(place, headers={**place.headers, **asked["headers"]})
        print(json.dumps(asdict(result(SCENARIOS[asked["name"]], at))), flush=True)
    os._exit(0)  # some SDKs leave threads


if __name__ == "__main__":
    main()
