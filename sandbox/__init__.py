"""The sandbox: runs what the Pulumi program declares, on this machine and without AWS."""
