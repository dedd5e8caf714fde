"""The contract of every transport."""
