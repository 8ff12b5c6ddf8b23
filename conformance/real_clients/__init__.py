"""The clients that people use, driven against a gateway: the vendors' SDKs in Python and JavaScript.

A scenario is a small function that uses an SDK as its users do, and raises if the result is not what they rely on.
`conformance/test_sdk.py` runs the scenarios with pytest.
"""
