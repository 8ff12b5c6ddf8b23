"""Translation between the three families, through one form in the middle.

`ask` is the form of requests, `reply` that of answers. Each family reads both into the form and writes both from it,
in `*_request`, `*_request_writer`, `*_answer` and, for Responses, `responses_writer`. `fates` says what happens to
parameters without a counterpart, and `lane` does the calls.
"""

from conformance.reference.gateway.translate.lane import translated

__all__ = ["translated"]
