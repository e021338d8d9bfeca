"""DNS validation of ACM certificates in the emulator."""

from __future__ import annotations

import pytest

from sandbox.aws.emulator import AwsApi


@pytest.mark.usefixtures("aws")
def test_certificates_of_one_domain_share_a_validation_record(api: AwsApi) -> None:
    """All certificates of a domain in an account, in all regions, have the same validation record.

    Sources: ACM User Guide, "AWS Certificate Manager DNS validation"; hashicorp/terraform-provider-aws#13653.
    """
    records = []
    for region in ("us-west-2", "us-west-2", "eu-west-1"):
        acm = api.client("acm", region)
        arn = acm.request_certificate(DomainName="registry.example.com", ValidationMethod="DNS")["CertificateArn"]
        [option] = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
        records.append(option["ResourceRecord"])
    assert records == [records[0]] * 3
