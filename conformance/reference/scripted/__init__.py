"""A provider that answers as a test tells it, for testing a gateway from both ends.

The suite registers a script under a token, and puts the token into the prompt. The requests that the gateway sends to
its upstream with this token are recorded and answered as the script says. All other requests are answered by the
scripted model of `conformance.reference.provider`.
"""

from conformance.reference.scripted.app import create_app

__all__ = ["create_app"]
