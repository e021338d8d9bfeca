"""The AWS services of the function: Amazon S3, which has the rules, and AWS KMS, which has the private key."""

from importlib import import_module
from typing import Any

from .access import Read, Unreadable
from .tokens import Sign

# The Lambda runtime has them. They are no requirements of the library, and have no types.
_boto3: Any = import_module("boto3")
_botocore_config: Any = import_module("botocore.config")
_botocore_exceptions: Any = import_module("botocore.exceptions")

_CONFIG = _botocore_config.Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2})


def reader(bucket: str, key: str) -> Read:
    """Return the function that reads an object of S3."""
    s3 = _boto3.client("s3", config=_CONFIG)

    def read() -> bytes:
        try:
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (_botocore_exceptions.ClientError, _botocore_exceptions.BotoCoreError) as error:
            raise Unreadable(str(error)) from None

    return read


def signer(key_arn: str) -> Sign:
    """Return the function that signs with a key of KMS.

    An error of KMS is one of the function, so it raises the function's alarm.
    """
    kms = _boto3.client("kms", config=_CONFIG)

    def sign(digest: bytes) -> bytes:
        answer = kms.sign(
            KeyId=key_arn, Message=digest, MessageType="DIGEST", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256"
        )
        return answer["Signature"]

    return sign
