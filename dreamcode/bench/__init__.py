"""Benchmarks: what the assistant is worth, and how sure that is."""
