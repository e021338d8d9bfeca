"""The bucket with the files that each instance fetches when it boots, and every minute afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_tls as tls

from .objects import create_object
from .outputs import with_dependencies
from .pure.bootstrap_files import BACKEND_CERTIFICATE, BACKEND_KEY, HTPASSWD
from .storage import PrivateBucket, PrivateBucketArgs

_VALIDITY_HOURS = 10 * 365 * 24
# The objects' type in earlier versions. Without the alias, an update would create the new object and then delete the
# old one, which deletes every version of the same key. BucketObjectv2 has this alias itself, but misspelled
# ("aws:s3/BucketObject:BucketObject").
_FORMER_TYPE = pulumi.Alias(type_="aws:s3/bucketObject:BucketObject")


@dataclass(frozen=True, kw_only=True)
class BootstrapArgs:
    """Arguments of `Bootstrap`.

    Attributes:
        htpasswd: the content of the htpasswd file.
        access_log_bucket: the name of the bucket that gets the access logs.
        tags: the tags of the bucket. Default: none.
    """

    htpasswd: pulumi.Input[str] = field(repr=False)
    access_log_bucket: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Bootstrap(pulumi.ComponentResource):
    """A bucket with the htpasswd file, and with a certificate and key for TLS between load balancer and registry.

    The certificate is self-signed, because the load balancer does not verify it ("Target groups for your Application
    Load Balancers"). So the key of the domain's certificate never reaches an instance.

    Creates: PrivateBucket, tls.PrivateKey, tls.SelfSignedCert, three aws.s3.BucketObjectv2 without tags.

    Attributes:
        bucket: the bucket's name. It depends on the files.
        arn: the bucket's ARN.
    """

    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BootstrapArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Bootstrap", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        storage = PrivateBucket(
            name,
            # The next `pulumi up` creates all files again.
            PrivateBucketArgs(keep=False, access_log_bucket=args.access_log_bucket, tags=args.tags),
            opts=child,
        )
        key = tls.PrivateKey(name, algorithm="ECDSA", ecdsa_curve="P256", opts=child)
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": "registry backend"},
            allowed_uses=["digital_signature", "server_auth"],
            validity_period_hours=_VALIDITY_HOURS,
            opts=child,
        )
        contents = {
            HTPASSWD: pulumi.Output.secret(args.htpasswd),
            BACKEND_CERTIFICATE: certificate.cert_pem,
            BACKEND_KEY: pulumi.Output.secret(key.private_key_pem),
        }
        objects = [
            create_object(
                f"{name}-{file.name}",
                bucket=storage.bucket,
                key=file.name,
                content=content,
                opts=pulumi.ResourceOptions(parent=self, aliases=[_FORMER_TYPE]),
            )
            for file, content in contents.items()
        ]
        self.bucket, self.arn = with_dependencies(storage.bucket, *objects), storage.arn
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})
