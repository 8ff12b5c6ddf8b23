"""How the reasons begin for which a case was not judged; run.json carries them, so they stay."""

NOT_SENT = "not sent: "
"""How each reason begins why a run ended before a case did."""

STOPPED = f"{NOT_SENT}the gateway has stopped answering"
"""How the reason begins why a case is not judged once the gateway is known to be down."""
