"""A faithful pass-through gateway: its own keys and models in front of one provider, and nothing else changed.

`app` decides (routes, keys, models), `upstream` relays, `models` and `errors` write the gateway's own answers,
`wire` holds the two nouns, `Call` and `Answer`, and takes them off and puts them on the wire.
"""

from conformance.reference.gateway.app import Answering, create_app
from conformance.reference.gateway.wire import Answer, BrokenOffError, Call

__all__ = ["Answer", "Answering", "BrokenOffError", "Call", "create_app"]
