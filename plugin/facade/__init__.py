"""The library as a Pulumi component provider."""
