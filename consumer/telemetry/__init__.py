"""Telemetry: names, metrics, traces and log lines."""
