"""Calls that AWS refuses and moto accepts, one module per service.

Without these rules, a stack that AWS would refuse comes up in the sandbox. To add a rule, write a function with
`refuses` (sandbox/aws/patching.py): it names the method of moto, the error code, and in its docstring the page of AWS's
documentation. Add a test to tests/sandbox/aws_api/test_refusals_SERVICE.py.
"""
