"""Tests of the decode stage, file by file."""
