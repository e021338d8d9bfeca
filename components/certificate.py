"""The certificate that clients see."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_tls as tls

from .checks.pem import pem_problems
from .location import Location
from .problems import InvalidInput

# Apple's clients refuse longer ones, a private authority's included.
_VALIDITY_HOURS = 825 * 24
_RENEWAL_HOURS = 30 * 24


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Where the certificate comes from: PEMs, an ARN, ACM by way of a hosted zone, or nothing: self-signed.

    Attributes:
        location: the region, for the name of its load balancers.
        domain: the name that it covers. Default for a self-signed one: every load balancer's name in the region.
        certificate: the certificate, PEM.
        certificate_chain: the intermediate certificates, PEM.
        private_key: the key, PEM, unencrypted.
        certificate_arn: a certificate in IAM or ACM.
        hosted_zone: the id of the domain's public hosted zone.
        tags: on everything that takes tags.
    """

    location: Location
    domain: str | None = None
    certificate: pulumi.Input[str] | None = field(default=None, repr=False)
    certificate_chain: pulumi.Input[str] | None = field(default=None, repr=False)
    private_key: pulumi.Input[str] | None = field(default=None, repr=False)
    certificate_arn: str | None = None
    hosted_zone: pulumi.Input[str] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Certificate(pulumi.ComponentResource):
    """A certificate for the load balancer's listener.

    Makes: aws.iam.ServerCertificate (from PEMs, or with tls.PrivateKey and tls.SelfSignedCert if nothing is given; it
    never changes: a new one is made before the old one is deleted), or aws.acm.Certificate with
    aws.route53.Record and aws.acm.CertificateValidation (with a hosted zone alone; ACM renews it by itself). The
    record is shared with every certificate of the account for the domain, and stays in the zone when it is destroyed.

    Attributes:
        arn: of the certificate.
        ca_certificate: what clients must trust, PEM, if it is self-signed, else None.

    Raises:
        InvalidInput: the PEMs do not fit each other or the domain.
    """

    arn: pulumi.Output[str]
    ca_certificate: pulumi.Output[str] | None

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Certificate", name, {}, opts)
        self.ca_certificate = None
        if args.certificate_arn is not None:
            self.arn = pulumi.Output.from_input(args.certificate_arn)
        elif args.certificate is not None and args.private_key is not None:
            checked = pulumi.Output.all(args.certificate, args.private_key, args.certificate_chain, args.domain)
            self.arn = self._upload(
                name,
                args,
                certificate=checked.apply(lambda given: _checked(*given)),
                private_key=args.private_key,
                chain=args.certificate_chain,
            )
        elif args.hosted_zone is not None and args.domain is not None:
            self.arn = self._request(name, args, args.hosted_zone, args.domain)
        else:
            key, certificate = self._self_signed(name, args)
            self.arn = self._upload(name, args, certificate=certificate, private_key=key)
            self.ca_certificate = certificate
        self.register_outputs({"arn": self.arn})

    def _request(
        self, name: str, args: CertificateArgs, hosted_zone: pulumi.Input[str], domain: str
    ) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(name, domain_name=domain, validation_method="DNS", tags=args.tags, opts=child)
        option = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-validation",
            zone_id=hosted_zone,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=60,
            # ACM asks for one record per account and domain, whatever the region (terraform-provider-aws#13653):
            # another certificate may have made it, and needs it at each renewal.
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return aws.acm.CertificateValidation(
            name, certificate_arn=certificate.arn, validation_record_fqdns=[record.fqdn], opts=child
        ).certificate_arn

    def _self_signed(self, name: str, args: CertificateArgs) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        child = pulumi.ResourceOptions(parent=self)
        key = tls.PrivateKey(name, algorithm="RSA", rsa_bits=2048, opts=child)
        certificate = tls.SelfSignedCert(
            name,
            private_key_pem=key.private_key_pem,
            subject={"common_name": "private registry", "organization": "self-signed"},
            dns_names=[args.domain or f"*.{args.location.region}.elb.{args.location.dns_suffix}"],
            allowed_uses=["digital_signature", "key_encipherment", "server_auth", "cert_signing"],
            is_ca_certificate=True,  # so that a client can trust it as an authority of its own
            set_subject_key_id=True,
            validity_period_hours=_VALIDITY_HOURS,
            early_renewal_hours=_RENEWAL_HOURS,
            opts=child,
        )
        return key.private_key_pem, certificate.cert_pem

    def _upload(
        self,
        name: str,
        args: CertificateArgs,
        *,
        certificate: pulumi.Input[str],
        private_key: pulumi.Input[str],
        chain: pulumi.Input[str] | None = None,
    ) -> pulumi.Output[str]:
        return aws.iam.ServerCertificate(
            name,
            certificate_body=certificate,
            private_key=pulumi.Output.secret(private_key),
            certificate_chain=chain,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        ).arn


def _checked(certificate: str, private_key: str, chain: str | None, domain: str | None) -> str:
    if problems := pem_problems(certificate, private_key, chain, domain=domain):
        raise InvalidInput(problems)
    return certificate
