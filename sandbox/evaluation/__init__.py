"""From a Pulumi project to what its stack declares, under Pulumi's test runtime."""
