"""The reference gateway in a separate process, with added latency: `python -m benchmarks.slow MILLISECONDS`.

Prints its base URL, and exits when its standard input is closed.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.client.timing import SWITCH_SECONDS
from conformance.reference import DEFAULT_KEY, running_provider
from conformance.reference.gateway import create_app
from conformance.reference.serving import serve


def main() -> int:
    """Serves until standard input is closed."""
    sys.setswitchinterval(SWITCH_SECONDS)  # gateway and provider run in two threads that wait for each other
    with running_provider() as (upstream, upstream_key, models):
        app = create_app(upstream=upstream, upstream_key=upstream_key, key=DEFAULT_KEY, models=models)
        with serve(_later(app, int(sys.argv[1]) / 1000)) as url:
            print(f"{url}/v1", flush=True)
            sys.stdin.read()
    return 0


def _later(app: ASGIApp, seconds: float) -> ASGIApp:
    async def later(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(seconds)
        await app(scope, receive, send)

    return later


@contextmanager
def gateway(milliseconds: int) -> Iterator[str]:
    """Runs the gateway until the block ends. Yields its base URL."""
    command = [sys.executable, "-m", "benchmarks.slow", str(milliseconds)]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


if __name__ == "__main__":
    raise SystemExit(main())
