"""A local Adobe Target, schema registry and broker, and sample publishers.

Imports nothing of the consumer, so it cannot share its mistakes.
"""
