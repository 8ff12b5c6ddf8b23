"""Translation between the three families, through one form in the middle.

`ask` is the form of requests, `reply` that of answers. Each family reads both into the form, and writes both from it:
`*_request` and `*_answer`. `fates` says what happens to parameters without a counterpart, and `lane` does the calls.
"""

from conformance.reference.gateway.translate.lane import translated

__all__ = ["translated"]
