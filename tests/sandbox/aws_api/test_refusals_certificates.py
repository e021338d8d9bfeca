"""Calls about certificates that the emulated IAM and ACM refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import (
    create_listener,
    create_load_balancer,
    create_target_group,
    create_vpc_and_subnets,
)
from tests.unit.pems import issue

Clients = Callable[[str], Any]
Certificate = tuple[str, Callable[[], Any]]  # its ARN, and a function that deletes it


def _server_certificate(aws: Clients) -> Certificate:
    issued = issue("registry.example")
    made = aws("iam").upload_server_certificate(
        ServerCertificateName="registry", CertificateBody=issued.pem, PrivateKey=issued.key_pem
    )
    delete = aws("iam").delete_server_certificate
    return made["ServerCertificateMetadata"]["Arn"], lambda: delete(ServerCertificateName="registry")


def _acm_certificate(aws: Clients) -> Certificate:
    arn = aws("acm").request_certificate(DomainName="registry.example", ValidationMethod="DNS")["CertificateArn"]
    return arn, lambda: aws("acm").delete_certificate(CertificateArn=arn)


@pytest.mark.parametrize(
    ("create", "refusal"),
    [
        (_server_certificate, "DeleteConflict.*is currently in use by arn:aws:elasticloadbalancing"),
        (_acm_certificate, "ResourceInUseException"),
    ],
)
def test_certificate_in_use_is_not_deleted(
    aws: Clients, create: Callable[[Clients], Certificate], refusal: str
) -> None:
    elbv2 = aws("elbv2")
    vpc, subnets = create_vpc_and_subnets(aws("ec2"))
    arn, delete = create(aws)
    load_balancer = create_load_balancer(elbv2, subnets, Scheme="internal")
    certificates = [{"CertificateArn": arn}]
    create_listener(
        elbv2, load_balancer, create_target_group(elbv2, vpc), Protocol="HTTPS", Port=443, Certificates=certificates
    )
    with pytest.raises(ClientError, match=refusal):
        delete()
    elbv2.delete_load_balancer(LoadBalancerArn=load_balancer)
    delete()
