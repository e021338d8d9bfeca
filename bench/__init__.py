"""Measures the registry and the program, and writes docs/performance.md."""
