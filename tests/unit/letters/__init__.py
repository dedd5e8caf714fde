"""Tests of dead letters read back."""
