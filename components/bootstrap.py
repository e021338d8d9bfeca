"""The files that an instance fetches when it boots, and every minute after."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_tls as tls

from .outputs import known_after
from .storage import PrivateBucket, PrivateBucketArgs

_VALIDITY_HOURS = 10 * 365 * 24
# A new object under the key of an old one would be lost again: deleting the old one deletes every version of its key.
# The class has an alias of its own, but misspelled ("aws:s3/BucketObject:BucketObject").
_FORMER_TYPE = pulumi.Alias(type_="aws:s3/bucketObject:BucketObject")


@dataclass(frozen=True, kw_only=True)
class BootstrapArgs:
    """What is in the files.

    Attributes:
        htpasswd: the users, as an htpasswd file's content.
        access_log_bucket: the bucket that logs each request for the files.
        tags: on the bucket.
    """

    htpasswd: pulumi.Input[str] = field(repr=False)
    access_log_bucket: pulumi.Input[str]
    tags: Mapping[str, str] = field(default_factory=dict)


class Bootstrap(pulumi.ComponentResource):
    """A bucket with `htpasswd`, and with `domain.crt` and `domain.key` for TLS between load balancer and registry.

    That certificate is self-signed, since the load balancer does not verify it ("Target groups for your Application
    Load Balancers"): the domain's own key never reaches an instance.

    Makes: PrivateBucket, tls.PrivateKey, tls.SelfSignedCert, three aws.s3.BucketObjectv2 without tags.

    Attributes:
        bucket: the bucket's name. It is known once all files are there.
        arn: its ARN.
    """

    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BootstrapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Bootstrap", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        storage = PrivateBucket(
            name,
            # All of it is made anew by the next `pulumi up`.
            PrivateBucketArgs(keep=False, access_log_bucket=args.access_log_bucket, tags=args.tags),
            opts=child,
        )
        self.arn = storage.arn
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=child)
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": "registry backend"},
            allowed_uses=["digital_signature", "server_auth"],
            validity_period_hours=_VALIDITY_HOURS,
            opts=child,
        )
        files = {
            "htpasswd": pulumi.Output.secret(args.htpasswd),
            "domain.crt": certificate.cert_pem,
            "domain.key": pulumi.Output.secret(key.private_key_pem),
        }
        objects = [
            aws.s3.BucketObjectv2(
                f"{name}-{file}",
                bucket=storage.bucket,
                key=file,
                content=content,
                # An object takes 10 tags ("Categorizing your storage using tags"), and a provider may have more.
                override_provider={"default_tags": {"tags": {}}},
                opts=pulumi.ResourceOptions(parent=self, aliases=[_FORMER_TYPE]),
            )
            for file, content in files.items()
        ]
        self.bucket = known_after(storage.bucket, *objects)
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})
