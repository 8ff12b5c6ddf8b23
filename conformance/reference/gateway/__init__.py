"""A pass-through gateway with its own keys and models in front of one provider; it changes nothing else.

`app` has the routes and checks keys and models, `upstream` relays, `models` and `errors` build the gateway's own
answers, `wire` reads a `Call` from the server and sends an `Answer`.
"""

from conformance.reference.gateway.app import Answering, create_app
from conformance.reference.gateway.wire import Answer, BrokenOffError, Call

__all__ = ["Answer", "Answering", "BrokenOffError", "Call", "create_app"]
