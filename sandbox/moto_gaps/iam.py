"""IAM as AWS answers it: server certificates with tags, and an id each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.responses import IamResponse

from sandbox.patching import add, wrap


def close() -> None:
    """Close the gaps."""
    wrap(IamResponse, "upload_server_certificate", _keep_certificate_tags)
    wrap(IamResponse, "get_server_certificate", _tell_certificate_apart)
    add(IamResponse, "tag_server_certificate", _tag_server_certificate)
    add(IamResponse, "untag_server_certificate", _untag_server_certificate)


def _keep_certificate_tags(upload: Callable[..., Any], response: Any) -> ActionResult:
    """Source: IAM API Reference, "UploadServerCertificate"."""
    answer = upload(response)
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    certificate.tags = _given_tags(response)
    return _told_apart(answer, certificate, answer.result)


def _tell_certificate_apart(get: Callable[..., Any], response: Any) -> ActionResult:
    answer = get(response)
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    return _told_apart(answer, certificate, answer.result["ServerCertificate"])


def _told_apart(answer: Any, certificate: Any, described: dict[str, Any]) -> ActionResult:
    digest = hashlib.sha256(certificate.arn.encode()).hexdigest()
    described["ServerCertificateMetadata"]["ServerCertificateId"] = f"ASCA{digest[:17].upper()}"
    described["Tags"] = [{"Key": key, "Value": value} for key, value in certificate.tags.items()]
    return answer


def _tag_server_certificate(response: Any) -> ActionResult:
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    certificate.tags |= _given_tags(response)
    return EmptyResult()


def _untag_server_certificate(response: Any) -> ActionResult:
    certificate = response.backend.get_server_certificate(response._get_param("ServerCertificateName"))
    gone = response._get_param("TagKeys", [])
    certificate.tags = {key: value for key, value in certificate.tags.items() if key not in gone}
    return EmptyResult()


def _given_tags(response: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response._get_param("Tags", [])}
