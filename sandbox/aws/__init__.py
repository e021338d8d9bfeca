"""The AWS API on this machine: a moto server that answers and refuses as AWS does."""
