"""Validates the arguments before any resource is declared."""
