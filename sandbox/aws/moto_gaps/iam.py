"""IAM as AWS answers it: server certificates with tags, and an id each; how a policy's statements apply."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.iam.responses import IamResponse

from sandbox.aws.patching import add, wrap


def close() -> None:
    """Close the gaps."""
    wrap(IamResponse, "upload_server_certificate", _keep_certificate_tags)
    wrap(IamResponse, "get_server_certificate", _tell_certificate_apart)
    add(IamResponse, "tag_server_certificate", _tag_server_certificate)
    add(IamResponse, "untag_server_certificate", _untag_server_certificate)
    wrap(IAMPolicyStatement, "is_action_permitted", _come_by_tls)
    wrap(IAMPolicyStatement, "_check_element_matches", _ignore_case_of_actions)


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


def _come_by_tls(is_permitted: Callable[..., Any], statement: Any, *args: Any, **kwargs: Any) -> PermissionResult:
    """Every request counts as one by TLS, as AWS gets it: a statement about others does not apply to it.

    moto ignores conditions with Bool, as if they were met.

    Source: IAM User Guide, "AWS global condition context keys", aws:SecureTransport.
    """
    condition = statement._statement.get("Condition", {})
    if condition.get("Bool", {}).get("aws:SecureTransport") == "false":
        return PermissionResult.NEUTRAL
    return is_permitted(statement, *args, **kwargs)


def _ignore_case_of_actions(matches: Callable[..., bool], statement: Any, element: str, value: str) -> bool:
    """Source: IAM User Guide, "IAM JSON policy elements: Action"."""
    if element == "Resource":
        return matches(statement, element, value)
    patterns = statement._statement[element]
    lowered = [pattern.lower() for pattern in ([patterns] if isinstance(patterns, str) else patterns)]
    return matches(IAMPolicyStatement({element: lowered}), element, value.lower())
