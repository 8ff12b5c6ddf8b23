"""A gateway with its own keys and models in front of one provider.

`app` has the routes and checks keys and models, `upstream` relays unchanged, `relay_watch` notices streams that end
early, and `translate` answers from an upstream of another family. `models` and `errors` build the gateway's own
answers, `wire` reads a `Call` from the server and sends an `Answer`.
"""

from conformance.reference.gateway.app import Answering, create_app
from conformance.reference.gateway.families import BEHIND, UPSTREAM_MODEL, VIA
from conformance.reference.gateway.wire import Answer, BrokenOffError, Call

__all__ = ["BEHIND", "UPSTREAM_MODEL", "VIA", "Answer", "Answering", "BrokenOffError", "Call", "create_app"]
