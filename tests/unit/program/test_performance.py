"""The settings on which the figures in docs/performance.md depend."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import container, environment

_OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


def test_generated_password_has_a_low_bcrypt_cost(registry: Declaration) -> None:
    (htpasswd,) = [each.inputs for each in registry.all(_OBJECT) if each.inputs["key"] == "htpasswd"]
    assert ":$2b$05$" in htpasswd["content"]


def test_clients_are_redirected_to_s3(registry: Declaration) -> None:
    assert environment(registry)["REGISTRY_STORAGE_REDIRECT_DISABLE"] == "false"


def test_blob_descriptors_are_not_cached(registry: Declaration) -> None:
    """A cache makes pulls two to four times as fast, but serves images that were deleted through another replica."""
    assert "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR" not in environment(registry)


def test_replicas_share_the_http_secret(registry: Declaration) -> None:
    (secret,) = container(registry)["secrets"]
    parameter = registry.one("aws:ssm/parameter:Parameter")
    assert (secret["name"], secret["valueFrom"]) == ("REGISTRY_HTTP_SECRET", parameter.outputs["arn"])


def test_upload_chunks_have_the_default_size(registry: Declaration) -> None:
    """Larger chunks were not faster, and take several times the memory for each upload."""
    assert "REGISTRY_STORAGE_S3_CHUNKSIZE" not in environment(registry)


def test_backend_certificate_has_an_elliptic_curve_key(registry: Declaration) -> None:
    (file,) = [each for each in registry.all(_OBJECT) if each.inputs["key"] == "domain.key"]
    pem = file.inputs["content"].encode()
    assert isinstance(serialization.load_pem_private_key(pem, None), ec.EllipticCurvePrivateKey)


def test_load_balancer_prefers_the_replica_with_the_fewest_requests(registry: Declaration) -> None:
    group = registry.one("aws:lb/targetGroup:TargetGroup").inputs
    assert group["loadBalancingAlgorithmType"] == "least_outstanding_requests"
