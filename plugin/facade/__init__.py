"""The library as Pulumi's component provider needs it."""
