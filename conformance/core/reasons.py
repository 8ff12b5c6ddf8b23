"""Prefixes of the reasons why a case was not judged. run.json stores the reasons, so the prefixes must not change."""

NOT_SENT = "not sent: "
"""The prefix of the reason if the run ended before the case was sent."""

NOT_AWAITED = "not awaited: "
"""The prefix of the reason if requests of the same kind had hung, so that this one was not waited for in full."""

STOPPED = f"{NOT_SENT}the gateway has stopped answering"
"""The prefix of the reason if the gateway is known to be down."""

DENIED = "the profile denies "
NOT_CLAIMED = "only tested if the profile claims "
NOT_OFFERED = "the profile does not offer "
NO_LANE = "the profile's upstreams have no model that leads from "
NO_TIMEOUT = "the profile's timeouts have no model that leads from "
"""The prefixes of the reasons why a case does not apply according to the profile."""

BY_PROFILE = (DENIED, NOT_CLAIMED, NOT_OFFERED, NO_LANE, NO_TIMEOUT)

NO_PROVIDER = "the suite is not the gateway's upstream in this run"
"""The reason why a case from both ends does not apply without --gateway-provider-listen or --gateway-provider-url."""

ABSENT = "the gateway has no "
REFUSED = "the gateway rejects it, and its profile does not claim "
"""The prefixes of the reasons why a case does not apply according to the gateway's answers."""

AT_PROXY = "the proxy "
"""The prefix of the problem of an exchange that did not get beyond the proxy."""
