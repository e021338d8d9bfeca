"""Gaps of moto's IAM: tags, ids and ends of server certificates, actions in policy statements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography import x509
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.access_control import IAMPolicyStatement
from moto.iam.responses import IamResponse

from sandbox.aws.patching import around, method_of


@around(IamResponse, "upload_server_certificate")
def _keep_certificate_tags(upload: Callable[..., Any], response: Any) -> ActionResult:
    """Source: IAM API Reference, "UploadServerCertificate"."""
    answer = upload(response)
    certificate = _certificate(response)
    certificate.tags = _tags(response)
    return _with_id_and_tags(answer, certificate, answer.result)


@around(IamResponse, "get_server_certificate")
def _return_certificate_tags(get: Callable[..., Any], response: Any) -> ActionResult:
    """Source: IAM API Reference, "GetServerCertificate"."""
    answer = get(response)
    return _with_id_and_tags(answer, _certificate(response), answer.result["ServerCertificate"])


@around(IamResponse, "list_server_certificates")
def _list_certificate_ends(list_: Callable[..., Any], response: Any) -> ActionResult:
    """Source: IAM API Reference, "ServerCertificateMetadata", Expiration."""
    answer = list_(response)
    for metadata in answer.result["ServerCertificateMetadataList"]:
        metadata["Expiration"] = _end(response.backend.get_certificate_by_arn(metadata["Arn"]))
    return answer


def _with_id_and_tags(answer: Any, certificate: Any, described: dict[str, Any]) -> ActionResult:
    """Add the tags, an id that differs between certificates, and the certificate's own end."""
    digest = hashlib.sha256(certificate.arn.encode()).hexdigest()
    described["ServerCertificateMetadata"] |= {
        "ServerCertificateId": f"ASCA{digest[:17].upper()}",
        "Expiration": _end(certificate),
    }
    described["Tags"] = [{"Key": key, "Value": value} for key, value in certificate.tags.items()]
    return answer


def _end(certificate: Any) -> str:
    end = x509.load_pem_x509_certificate(certificate.cert_body.encode()).not_valid_after_utc
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


@method_of(IamResponse)
def tag_server_certificate(response: Any) -> ActionResult:
    """Source: IAM API Reference, "TagServerCertificate"."""
    _certificate(response).tags |= _tags(response)
    return EmptyResult()


@method_of(IamResponse)
def untag_server_certificate(response: Any) -> ActionResult:
    """Source: IAM API Reference, "UntagServerCertificate"."""
    for key in response._get_param("TagKeys", []):
        _certificate(response).tags.pop(key, None)
    return EmptyResult()


def _certificate(response: Any) -> Any:
    """The server certificate that a request names."""
    return response.backend.get_server_certificate(response._get_param("ServerCertificateName"))


def _tags(response: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response._get_param("Tags", [])}


@around(IAMPolicyStatement, "_check_element_matches")
def _ignore_case_of_actions(matches: Callable[..., bool], statement: Any, element: str, value: str) -> bool:
    """Source: IAM User Guide, "IAM JSON policy elements: Action"."""
    if element == "Resource":
        return matches(statement, element, value)
    patterns = statement._statement[element]
    lowered = [pattern.lower() for pattern in ([patterns] if isinstance(patterns, str) else patterns)]
    return matches(IAMPolicyStatement({element: lowered}), element, value.lower())
