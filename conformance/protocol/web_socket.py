"""The message with which a body of Responses goes over a WebSocket.

Source: openai 3.57, `resources/responses/responses.py` (`connect`) and, in `types/responses`,
`responses_client_event_param.py`: the message has the members of `POST /v1/responses` and the type `response.create`,
and `stream` is implied.
"""

from __future__ import annotations

import json

from conformance.core.bounded_json import read_object
from conformance.core.model import Request


def is_upgrade(request: Request) -> bool:
    """Whether a request asks for a WebSocket, over which its body goes."""
    return any(name.lower() == "upgrade" for name, _ in request.headers)


def message(body: bytes) -> str:
    """The message for a body; a body that is not an object goes as it is."""
    value = read_object(body)
    if value is None:
        return body.decode("utf-8", "replace")
    members = {name: member for name, member in value.items() if name != "stream"}
    return json.dumps({"type": "response.create", **members})
