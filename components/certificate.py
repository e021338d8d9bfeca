"""The certificate of the load balancer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_tls as tls

from .pure.location import Location

# Apple's clients reject a longer validity, from a private authority too.
_VALIDITY_HOURS = 825 * 24
_RENEWAL_HOURS = 30 * 24


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Arguments of `Certificate`: PEMs, an ARN, a hosted zone for ACM, or none of them for a self-signed certificate.

    Attributes:
        location: the region, for the DNS names of its load balancers.
        domain: the DNS name that the certificate covers. Default: the names of all load balancers in the region, for a
            self-signed certificate.
        certificate: the certificate, PEM. Default: none.
        certificate_chain: the intermediate certificates, PEM. Default: none.
        private_key: the unencrypted private key, PEM. Default: none.
        certificate_arn: the ARN of a certificate in IAM or ACM. Default: none.
        hosted_zone: the ID of the domain's public hosted zone. Default: none.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    domain: pulumi.Input[str] | None = None
    certificate: pulumi.Input[str] | None = field(default=None, repr=False)
    certificate_chain: pulumi.Input[str] | None = field(default=None, repr=False)
    private_key: pulumi.Input[str] | None = field(default=None, repr=False)
    certificate_arn: pulumi.Input[str] | None = None
    hosted_zone: pulumi.Input[str] | None = None
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Certificate(pulumi.ComponentResource):
    """A certificate for the load balancer's listener.

    Creates, by the source of the certificate:
        PEMs: aws.iam.ServerCertificate. A changed certificate is a new resource, created before the old one is deleted.
        A hosted zone: aws.acm.Certificate, which ACM renews, with aws.route53.Record and aws.acm.CertificateValidation.
            The record validates all certificates of the account for the domain, so it stays in the zone on deletion.
        An ARN: nothing.
        None: aws.iam.ServerCertificate with tls.PrivateKey and tls.SelfSignedCert.

    Attributes:
        arn: the certificate's ARN.
        ca_certificate: the certificate that clients must trust, PEM. None unless it is self-signed.
        end: the end of a certificate that was uploaded to IAM, RFC 3339. None unless it was.
    """

    arn: pulumi.Output[str]
    ca_certificate: pulumi.Output[str] | None
    end: pulumi.Output[str] | None

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Certificate", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.ca_certificate = self.end = None
        if args.certificate_arn is not None:
            self.arn = pulumi.Output.from_input(args.certificate_arn)
        elif args.certificate is not None and args.private_key is not None:
            self.arn = self._upload(args.certificate, args.private_key, args.certificate_chain)
        elif args.hosted_zone is not None and args.domain is not None:
            self.arn = self._request_from_acm(args.hosted_zone, args.domain)
        else:
            key = tls.PrivateKey(name, algorithm="RSA", rsa_bits=2048, opts=self._child)
            self.ca_certificate = self._self_signed(key)
            self.arn = self._upload(self.ca_certificate, key.private_key_pem)
        self.register_outputs({"arn": self.arn})

    def _upload(
        self, certificate: pulumi.Input[str], private_key: pulumi.Input[str], chain: pulumi.Input[str] | None = None
    ) -> pulumi.Output[str]:
        uploaded = aws.iam.ServerCertificate(
            self._prefix,
            certificate_body=certificate,
            private_key=pulumi.Output.secret(private_key),
            certificate_chain=chain,
            tags=self._args.tags,
            opts=self._child,
        )
        self.end = uploaded.expiration
        return uploaded.arn

    def _request_from_acm(self, hosted_zone: pulumi.Input[str], domain: pulumi.Input[str]) -> pulumi.Output[str]:
        certificate = aws.acm.Certificate(
            self._prefix, domain_name=domain, validation_method="DNS", tags=self._args.tags, opts=self._child
        )
        option = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{self._prefix}-validation",
            zone_id=hosted_zone,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=60,  # seconds
            # ACM uses one record per account and domain in all regions (terraform-provider-aws#13653). It may exist for
            # another certificate already, which needs it at each renewal.
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return aws.acm.CertificateValidation(
            self._prefix,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            opts=self._child,
        ).certificate_arn

    def _self_signed(self, key: tls.PrivateKey) -> pulumi.Output[str]:
        location, domain = self._args.location, self._args.domain
        return tls.SelfSignedCert(
            self._prefix,
            private_key_pem=key.private_key_pem,
            subject={"common_name": "private registry", "organization": "self-signed"},
            dns_names=[f"*.{location.region}.elb.{location.dns_suffix}" if domain is None else domain],
            # Not an authority, whose key could vouch for every host name: the provider has no name constraints. Clients
            # accept a trusted certificate that is not one (docs/decisions/0004-certificates.md).
            allowed_uses=["digital_signature", "key_encipherment", "server_auth"],
            set_subject_key_id=True,
            validity_period_hours=_VALIDITY_HOURS,
            early_renewal_hours=_RENEWAL_HOURS,
            opts=self._child,
        ).cert_pem
