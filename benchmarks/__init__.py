"""Benchmarks of the suite: `python -m benchmarks judge|suite|page`. Not part of the installed package."""
