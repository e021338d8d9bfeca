"""Draws the declared dashboard from a run of the sandbox: the same widgets, with the run's log and counters."""
