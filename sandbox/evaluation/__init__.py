"""Evaluation of a Pulumi program under Pulumi's test runtime, which yields what its stack declares."""
