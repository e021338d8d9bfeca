"""Login to a private registry by AWS identity, on the machine of its client.

A package of its own beside the library, whose import takes as long as Pulumi's: clients start this one at each pull.
"""
