"""The Lambda function that deletes images by the retention rules.

It uses the standard library and boto3 alone, which Lambda's Python runtime has. So the deployment package consists of
these files, which import one another relatively.
"""
