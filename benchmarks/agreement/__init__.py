"""Whether the readiness that a run states agrees with the clients themselves, over faults of the reference gateway.

`trials` runs a client against a gateway with a fault. `stated` runs the suite against the same gateway, and reads the
readiness. `page` compares both.
"""
