"""What the figures in docs/performance.md depend on, in what a whole stack declares."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import container, environment

_OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


def test_a_generated_password_costs_little_at_each_request(registry: Declaration) -> None:
    (htpasswd,) = [each.inputs for each in registry.all(_OBJECT) if each.inputs["key"] == "htpasswd"]
    assert ":$2b$05$" in htpasswd["content"]


def test_layers_come_from_s3_by_redirects(registry: Declaration) -> None:
    assert environment(registry)["REGISTRY_STORAGE_REDIRECT_DISABLE"] == "false"


def test_blob_descriptors_are_not_cached(registry: Declaration) -> None:
    """A cache makes pulls two to four times as fast, and serves what was deleted through another replica."""
    assert "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR" not in environment(registry)


def test_uploads_may_go_on_at_another_replica(registry: Declaration) -> None:
    (secret,) = container(registry)["secrets"]
    parameter = registry.one("aws:ssm/parameter:Parameter")
    assert (secret["name"], secret["valueFrom"]) == ("REGISTRY_HTTP_SECRET", parameter.outputs["arn"])


def test_an_upload_is_buffered_in_the_driver_s_10_mib(registry: Declaration) -> None:
    # Larger chunks were no faster, and take several times the memory for each upload.
    assert "REGISTRY_STORAGE_S3_CHUNKSIZE" not in environment(registry)


def test_a_handshake_with_an_instance_is_cheap(registry: Declaration) -> None:
    (file,) = [each for each in registry.all(_OBJECT) if each.inputs["key"] == "domain.key"]
    pem = file.inputs["content"].encode()
    assert isinstance(serialization.load_pem_private_key(pem, None), ec.EllipticCurvePrivateKey)


def test_a_request_goes_to_the_instance_with_the_fewest(registry: Declaration) -> None:
    group = registry.one("aws:lb/targetGroup:TargetGroup").inputs
    assert group["loadBalancingAlgorithmType"] == "least_outstanding_requests"
