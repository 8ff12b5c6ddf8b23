"""All limits of the timing rules, each with its reason.

They are generous: a slow model, a busy machine or a distant network must not look like a broken gateway.
"""

from __future__ import annotations

BURST_SECONDS = 0.02
"""Events that arrive within this time form a burst. A network that delivers them one by one needs longer."""

BURST_AFTER_SECONDS = 1.0
"""The wait before a burst that is reported. A model writes at least ten pieces in this time."""

BURST_EVENTS = 10
"""A burst has at least this many events. A shorter answer may fit into one packet."""

BUFFERED_AFTER_SECONDS = 2.0
"""The wait before a burst of BUFFERED_EVENTS that proves that the gateway collected the answer first."""

BUFFERED_EVENTS = 40
"""This many events in BURST_SECONDS are 2,000 events per second. No model writes so fast."""

BUFFERED_SHARE = 0.01
"""For the same proof, the burst must not be longer than this share of the wait."""

SILENCE_SECONDS = 60.0
"""Common load balancers and proxies (nginx, AWS) close a connection that is silent for a minute."""

ALIVE_SECONDS = 32.0
"""The same while the provider of the gateway sends signs of life. A gateway's own timer sends one every 15 or 30 s."""

ABORT_SECONDS = 300.0
"""Claude Code aborts a stream that is silent for five minutes."""

LINGER_SECONDS = 5.0
"""How long a connection may stay open after the last event. Clients that read to the end of the body wait for it."""

HELD_BACK_SECONDS = 1.0
"""How much later than its start the end of an event may arrive. The network may split a write, but not for long."""

HELD_BACK_EVENTS = 3
"""This many events held back in one stream are not a coincidence. A single one may be due to the network."""

FIRST_BYTE_SECONDS = 60.0
"""The time to the first byte. Users take a client that shows nothing for a minute for dead, and proxies give up."""

COLLECTED_SHARE = 0.1
"""A long answer whose events all arrive within this share of the wait before them was sent in one piece."""

COLLECTED_WAIT_SECONDS = 0.1
"""How much later than a short answer a long one must begin to count. Smaller differences may be network noise."""
