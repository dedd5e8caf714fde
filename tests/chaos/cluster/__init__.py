"""Many faults on a real cluster, from a seed: `python -m tests.chaos.cluster`."""
