"""Tests of consumer/sandbox, file by file."""
