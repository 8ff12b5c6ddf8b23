"""The quality of a gateway's tool calls, compared with those of its upstream; pure."""
