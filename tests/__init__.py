"""The tests; `python -m tests` runs all that this machine can."""
