"""Pure functions: plain values in, plain values out, tested without Pulumi."""
