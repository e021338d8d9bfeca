"""Mocks for the unit tests of a program that embeds a registry.

    import pulumi
    from private_registry.testing import RegistryMocks

    pulumi.runtime.set_mocks(RegistryMocks())

The mocks answer every provider function that a registry calls, and give the resources the outputs that it reads. A
program that calls more functions, or reads more outputs, extends them in a subclass.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, cast

import pulumi

from .pure.location import Location


class RegistryMocks(pulumi.runtime.Mocks):
    """Mocks of the AWS, TLS and Random providers.

    Args:
        region: the Region of every AWS provider.
        account_id: the ID of every AWS provider's account.
    """

    def __init__(self, *, region: str = "us-west-2", account_id: str = "123456789012") -> None:
        self.region, self.account_id = region, account_id

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Answer a provider function, without failures of its arguments.

        Raises:
            NotImplementedError: a registry does not call the function.
        """
        return self._answer(args.token), []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Give a resource an ID, and outputs besides its inputs. All of them follow from its name."""
        inputs = cast("Mapping[str, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType]
        name = inputs.get("name") or args.name
        arn = self._arn(args.typ, name)
        outputs: dict[str, Any] = {"name": name, "arn": arn, "bucket": name, "tagsAll": inputs.get("tags", {})}
        generated = dict.fromkeys(_GENERATED.get(args.typ, ()), _generated(args.name))
        return f"{args.name}-id", {**outputs, **_OUTPUTS.get(args.typ, {}), **generated, **inputs}

    def _answer(self, token: str) -> dict[str, Any]:
        match token:
            case "aws:index/getRegion:getRegion":
                return {"region": self.region}
            case "aws:index/getCallerIdentity:getCallerIdentity":
                return {"accountId": self.account_id}
            case "aws:index/getAvailabilityZones:getAvailabilityZones":
                return {"names": [f"{self.region}{letter}" for letter in "abcdef"]}
            case "aws:ec2/getVpcEndpointService:getVpcEndpointService":
                return {"vpcEndpointPolicySupported": True}
            case "aws:iam/getServerCertificate:getServerCertificate":
                return {"expirationDate": _CERTIFICATE_END}
            case "aws:kms/getPublicKey:getPublicKey":
                return {"publicKeyPem": PUBLIC_KEY}
            case _:
                raise NotImplementedError(f"{token}: answer it in a subclass of RegistryMocks")

    def _arn(self, type_: str, name: str) -> str:
        service, kind = type_.replace("/", ":").split(":")[1:3]
        partition = Location(region=self.region).partition
        if service == "s3":
            return f"arn:{partition}:s3:::{name}"
        return f"arn:{partition}:{service}:{self.region}:{self.account_id}:{kind}/{name}"


_CERTIFICATE_END = "2029-01-31T12:00:00Z"
PUBLIC_KEY = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvehjRWfyQGVTGmRaqI5F
7r75RULfMKy/S/i/CJtbEozlWYWJKgQu/AvNmb9kUKmvCSZZ/RBAxk9ZnsSgsfQa
QybkiZ9p5T6OOfHz9+TmzfMpNX/FvZsj9soHarelkZ5n/AqBsqhpBBQHvyY41xf5
62gHGjJLymmmFTW1226wezru0HyoKEn+qG5aYoxIa6MQFgI7CwcqXbbD5IC7GcQ4
fiTv7OPsPmWFllbsRqT4Lr0TLwTml6iacybVXebzF42P7KstrTNgIGAaXkdPed0j
GWQ08QMI9auSLkYnN+0HeLd8Rra4G1zMBUCZPcTA/Bhm/Ai+1+gCsZSU2+7ov9JN
3wIDAQAB
-----END PUBLIC KEY-----
"""
# The outputs that a registry reads, besides those that every resource gets.
_OUTPUTS: Mapping[str, Mapping[str, Any]] = {
    "aws:lb/loadBalancer:LoadBalancer": {
        "arnSuffix": "app/registry/50dc6c495c0c9188",
        "dnsName": "registry.elb.example.com",
        "zoneId": "Z0123456789ABCDEFGHIJ",
    },
    "aws:lb/targetGroup:TargetGroup": {"arnSuffix": "targetgroup/registry/0123456789abcdef"},
    "aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
    "aws:iam/serverCertificate:ServerCertificate": {"expiration": _CERTIFICATE_END},
    "aws:s3/bucketObjectv2:BucketObjectv2": {"versionId": "0123456789abcdef"},
    "aws:ssm/parameter:Parameter": {"version": 1},
    "aws:acm/certificate:Certificate": {
        "domainValidationOptions": [
            {
                "resourceRecordName": "_0.registry.example.com.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_0.acm-validations.aws.",
            }
        ]
    },
    "aws:route53/record:Record": {"fqdn": "registry.example.com"},
}
# The outputs with generated values.
_GENERATED: Mapping[str, tuple[str, ...]] = {
    "random:index/randomPassword:RandomPassword": ("result",),
    "random:index/randomBytes:RandomBytes": ("base64",),
    "tls:index/privateKey:PrivateKey": ("privateKeyPem",),
    "tls:index/selfSignedCert:SelfSignedCert": ("certPem",),
}


def _generated(name: str) -> str:
    """Return the base64 of 16 bytes, which follow from the resource's name."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()[:16]).decode()
