"""What ACM asks for, as the emulated API does it."""

from __future__ import annotations

import pytest

from sandbox.aws.emulator import AwsApi


@pytest.mark.usefixtures("aws")
def test_validation_record_is_one_per_domain(api: AwsApi) -> None:
    """In an account all certificates of a domain, in whatever region, want the same record.

    Sources: ACM User Guide, "AWS Certificate Manager DNS validation"; hashicorp/terraform-provider-aws#13653.
    """
    asked = []
    for region in ("us-west-2", "us-west-2", "eu-west-1"):
        acm = api.client("acm", region)
        arn = acm.request_certificate(DomainName="registry.example.com", ValidationMethod="DNS")["CertificateArn"]
        [option] = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
        asked.append(option["ResourceRecord"])
    assert asked == [asked[0]] * 3
