"""Answers of AWS that moto gives differently or not at all, one module per service.

The AWS provider reads back every resource that it creates or updates. If the answer differs, the provider sees drift,
and the next `pulumi up` shows a change that nobody made. Each gap here is one that the stack of a private registry
meets. Calls that AWS refuses and moto accepts are in `sandbox.aws.refusals`.
"""
