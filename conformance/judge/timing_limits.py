"""How long is too long: every limit of the timing rules in one place, each with its reason.

They are generous. A slow model, a busy machine or a distant network must not look like a broken gateway.
"""

from __future__ import annotations

BURST_SECONDS = 0.02
"""Events that arrive within this came together: a network that delivers them one by one spreads them further."""

BURST_AFTER_SECONDS = 1.0
"""A wait before a burst that is worth a remark: a model writes at least ten pieces in it."""

BURST_EVENTS = 10
"""A short answer has fewer events, and may well fit into one packet."""

BUFFERED_AFTER_SECONDS = 2.0
"""A wait before a burst that proves that the answer was collected, given BUFFERED_EVENTS in BURST_SECONDS."""

BUFFERED_EVENTS = 40
"""So many events in BURST_SECONDS are two thousand in a second; no model writes so fast."""

BUFFERED_SHARE = 0.01
"""For a proof the burst also has to be this small a part of the wait."""

SILENCE_SECONDS = 60.0
"""Common load balancers and proxies (nginx, Amazon's) cut a connection that is silent for a minute."""

ABORT_SECONDS = 300.0
"""Claude Code aborts a stream that is silent for five minutes."""

LINGER_SECONDS = 5.0
"""How long a connection may stay open after the last event: clients that read to the end wait for it."""

HELD_BACK_SECONDS = 1.0
"""How long the end of an event may stay behind its start: a write may be cut by the network, not for long."""

HELD_BACK_EVENTS = 3
"""One event may be cut by chance where the network hangs; three in a stream are no chance."""

FIRST_BYTE_SECONDS = 60.0
"""A client that shows nothing for a minute looks dead to its user; proxies cut here, too."""

COLLECTED_SHARE = 0.1
"""A long answer that comes within this share of the time that it was waited for came in one piece."""

COLLECTED_WAIT_SECONDS = 0.1
"""How much later a long answer begins than a short one before that says anything: networks are noisier below."""
