"""What IAM and ACM refuse, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import (
    create_listener,
    create_load_balancer,
    create_target_group,
    own_subnet_ids,
)
from tests.unit.pems import issue

Clients = Callable[[str], Any]


def _server_certificate(aws: Clients) -> tuple[str, Callable[[], Any]]:
    issued = issue("registry.example")
    made = aws("iam").upload_server_certificate(
        ServerCertificateName="registry", CertificateBody=issued.pem, PrivateKey=issued.key_pem
    )
    delete = aws("iam").delete_server_certificate
    return made["ServerCertificateMetadata"]["Arn"], lambda: delete(ServerCertificateName="registry")


def _acm_certificate(aws: Clients) -> tuple[str, Callable[[], Any]]:
    arn = aws("acm").request_certificate(DomainName="registry.example", ValidationMethod="DNS")["CertificateArn"]
    return arn, lambda: aws("acm").delete_certificate(CertificateArn=arn)


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (_server_certificate, "DeleteConflict.*is currently in use by arn:aws:elasticloadbalancing"),
        (_acm_certificate, "ResourceInUseException"),
    ],
)
def test_certificate_of_a_listener_is_not_deleted(
    aws: Clients, make: Callable[[Clients], tuple[str, Callable[[], Any]]], refusal: str
) -> None:
    elbv2 = aws("elbv2")
    vpc, subnets = own_subnet_ids(aws("ec2"))
    arn, delete = make(aws)
    balancer = create_load_balancer(elbv2, subnets, Scheme="internal")
    shown = [{"CertificateArn": arn}]
    create_listener(elbv2, balancer, create_target_group(elbv2, vpc), Protocol="HTTPS", Port=443, Certificates=shown)
    with pytest.raises(ClientError, match=refusal):
        delete()
    elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    delete()
