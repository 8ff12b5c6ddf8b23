"""What judging costs: `python -m benchmarks judge`. Not part of the package that is installed."""
