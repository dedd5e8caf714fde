"""What takes longer than a change may, in one command: `python -m tests.long`."""
