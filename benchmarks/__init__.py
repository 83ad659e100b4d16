"""The instruments against their rivals and against the physical floor: `python -m benchmarks`."""
