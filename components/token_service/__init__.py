"""The token service: an AWS Lambda function that issues the registry's tokens.

The folder is the function's code. It uses the standard library alone, and boto3, which the Lambda runtime has. `rules`,
`static_users` and `login_request` import neither boto3 nor any other part of the library: a deployment and the login
command use them too.
"""
