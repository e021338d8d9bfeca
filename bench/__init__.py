"""Measures what the program exists for, and writes docs/performance.md."""
