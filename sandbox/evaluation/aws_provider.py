"""The answers of the AWS provider: made-up but plausible names, ARNs and ids of resources, and results of functions."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.evaluation import key_pairs

ACCOUNT = "123456789012"
_CERTIFICATE_END = "2029-01-31T12:00:00Z"


@dataclass(frozen=True)
class Provider:
    """A configured AWS provider.

    Attributes:
        region: such as "us-west-2".
        default_tags: the tags that the provider adds to every resource.
    """

    region: str
    default_tags: Mapping[str, str] = field(default_factory=dict)


def partition(region: str) -> str:
    """The AWS partition of a region: the second part of every ARN in it."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def dns_suffix(region: str) -> str:
    """The domain of AWS's service endpoints in a region."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def computed(
    type_: str, name: str, urn: str, inputs: Mapping[str, Any], provider: Provider
) -> tuple[str, dict[str, Any]]:
    """Make the id and the computed outputs of a resource.

    Args:
        type_: such as "aws:s3/bucket:Bucket".
        name: the logical name. Like Pulumi's auto-naming, a resource without its own name gets the logical name and 7
            hexadecimal digits. They are computed from the URN, so that two evaluations agree.
        urn: the URN.
        inputs: as the program registered them.
        provider: the resource's provider.
    """
    _, module, kind = re.split(r"[:/]", type_)[:3]
    region = inputs.get("region", provider.region)  # pulumi-aws 7: a resource may be in another Region
    own_name = inputs.get("name") or inputs.get("bucket") or f"{name}-{_hex(urn, 7)}"
    arn = f"arn:{partition(region)}:{module}:{region}:{ACCOUNT}:{kind}/{own_name}"
    outputs: dict[str, Any] = {"arn": arn, "name": own_name, **_SPECIAL.get(type_, _nothing)(own_name, urn, region)}
    if isinstance(tags := inputs.get("tags", {}), Mapping):
        outputs["tagsAll"] = {**provider.default_tags, **tags}
    return outputs.pop("id", own_name), outputs


def existing(type_: str, id_: str, urn: str, provider: Provider) -> dict[str, Any]:
    """Make the outputs of a resource that the program reads: one whose name is its id, such as a bucket."""
    return computed(type_, id_, urn, {"name": id_}, provider)[1]


def look_up(token: str, args: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    """Call a provider function.

    Raises:
        LookupError: the sandbox does not know the function.
    """
    if token not in _LOOK_UPS:
        known = ", ".join(_LOOK_UPS)
        raise LookupError(f"the program calls {token}, which the sandbox cannot answer; it can answer {known}")
    return _LOOK_UPS[token](args, provider)


def _hex(seed: str, digits: int) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()[:digits]


def _nothing(_own_name: str, _urn: str, _region: str) -> dict[str, Any]:
    return {}


def _id_like(prefix: str) -> Callable[[str, str, str], dict[str, Any]]:
    return lambda _own_name, urn, _region: {"id": f"{prefix}-{_hex(urn, 17)}"}


def _bucket(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    return {
        "bucket": own_name,
        "arn": f"arn:{partition(region)}:s3:::{own_name}",
        "bucketDomainName": f"{own_name}.s3.{dns_suffix(region)}",
        "bucketRegionalDomainName": f"{own_name}.s3.{region}.{dns_suffix(region)}",
    }


def _elb(kind: str) -> Callable[[str, str, str], dict[str, Any]]:
    def outputs(own_name: str, urn: str, region: str) -> dict[str, Any]:
        path = f"{kind}/{own_name}/{_hex(urn, 16)}"
        arn = f"arn:{partition(region)}:elasticloadbalancing:{region}:{ACCOUNT}:{path}"
        # As in CloudWatch's dimensions: app/NAME/ID, but targetgroup/NAME/ID ("CloudWatch metrics for your Application
        # Load Balancer").
        return {"id": arn, "arn": arn, "arnSuffix": path.removeprefix("loadbalancer/")}

    return outputs


def _listener(own_name: str, urn: str, region: str) -> dict[str, Any]:
    # .../listener/app/NAME/ID/ID, with the name and the ID of its load balancer.
    return _elb("listener/app")(f"{own_name}/{_hex(own_name, 16)}", urn, region)


def _load_balancer(own_name: str, urn: str, region: str) -> dict[str, Any]:
    return {
        **_elb("loadbalancer/app")(own_name, urn, region),
        "dnsName": f"{own_name}-123456789.{region}.elb.{dns_suffix(region)}",
        "zoneId": "Z1H1FL5HABSF5",
    }


def _server_certificate(own_name: str, urn: str, region: str) -> dict[str, Any]:
    return {**_iam("server-certificate")(own_name, urn, region), "expiration": _CERTIFICATE_END}


def _topic(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    arn = f"arn:{partition(region)}:sns:{region}:{ACCOUNT}:{own_name}"
    return {"id": arn, "arn": arn}


def _state_machine(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    arn = f"arn:{partition(region)}:states:{region}:{ACCOUNT}:stateMachine:{own_name}"
    return {"id": arn, "arn": arn}


def _iam(kind: str) -> Callable[[str, str, str], dict[str, Any]]:
    return lambda own_name, _urn, region: {"arn": f"arn:{partition(region)}:iam::{ACCOUNT}:{kind}/{own_name}"}


def _launch_template(_own_name: str, urn: str, _region: str) -> dict[str, Any]:
    return {"id": f"lt-{_hex(urn, 17)}", "latestVersion": 1, "defaultVersion": 1}


def _vpc(_own_name: str, urn: str, _region: str) -> dict[str, Any]:
    return {
        "id": f"vpc-{_hex(urn, 17)}",
        "defaultSecurityGroupId": f"sg-{_hex(urn + 'default', 17)}",
        "mainRouteTableId": f"rtb-{_hex(urn + 'main', 17)}",
    }


def _parameter(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    # The name may begin with a slash, which the ARN does not repeat.
    path = own_name.removeprefix("/")
    return {"arn": f"arn:{partition(region)}:ssm:{region}:{ACCOUNT}:parameter/{path}", "version": 1}


def _log_group(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    return {"arn": f"arn:{partition(region)}:logs:{region}:{ACCOUNT}:log-group:{own_name}"}


def _task_definition(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    arn = f"arn:{partition(region)}:ecs:{region}:{ACCOUNT}:task-definition/{own_name}"
    return {"arn": f"{arn}:1", "arnWithoutRevision": arn, "revision": 1}


def _kms_key(_own_name: str, urn: str, region: str) -> dict[str, Any]:
    id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, urn))
    return {"id": id_, "keyId": id_, "arn": f"arn:{partition(region)}:kms:{region}:{ACCOUNT}:key/{id_}"}


def _function(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    return {"arn": f"arn:{partition(region)}:lambda:{region}:{ACCOUNT}:function:{own_name}"}


def _certificate(_own_name: str, urn: str, region: str) -> dict[str, Any]:
    arn = f"arn:{partition(region)}:acm:{region}:{ACCOUNT}:certificate/{_hex(urn, 32)}"
    name = f"_{_hex(urn, 32)}.example.com."
    validation = {"resourceRecordName": name, "resourceRecordType": "CNAME", "resourceRecordValue": f"{name}acm.aws."}
    return {"id": arn, "arn": arn, "domainValidationOptions": [validation]}


def _web_acl(own_name: str, urn: str, region: str) -> dict[str, Any]:
    id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, urn))
    return {"id": id_, "arn": f"arn:{partition(region)}:wafv2:{region}:{ACCOUNT}:regional/webacl/{own_name}/{id_}"}


def _auto_scaling_group(own_name: str, urn: str, region: str) -> dict[str, Any]:
    id_ = uuid.uuid5(uuid.NAMESPACE_URL, urn)
    resource = f"autoScalingGroup:{id_}:autoScalingGroupName/{own_name}"
    return {"arn": f"arn:{partition(region)}:autoscaling:{region}:{ACCOUNT}:{resource}"}


def _schedule_group(own_name: str, _urn: str, region: str) -> dict[str, Any]:
    return {"arn": f"arn:{partition(region)}:scheduler:{region}:{ACCOUNT}:schedule-group/{own_name}"}


def _record(own_name: str, _urn: str, _region: str) -> dict[str, Any]:
    return {"fqdn": own_name.rstrip(".")}


def _hosted_zone(_own_name: str, urn: str, _region: str) -> dict[str, Any]:
    zone_id = f"Z{_hex(urn, 20).upper()}"
    return {"id": zone_id, "zoneId": zone_id}


_SPECIAL: Mapping[str, Callable[[str, str, str], dict[str, Any]]] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:autoscaling/group:Group": _auto_scaling_group,
    "aws:scheduler/scheduleGroup:ScheduleGroup": _schedule_group,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "aws:route53/record:Record": _record,
    "aws:route53/zone:Zone": _hosted_zone,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _elb("targetgroup"),
    "aws:lb/listener:Listener": _listener,
    "aws:lb/listenerRule:ListenerRule": _elb("listener-rule/app"),
    "aws:kms/key:Key": _kms_key,
    "aws:lambda/function:Function": _function,
    "aws:iam/role:Role": _iam("role"),
    "aws:iam/instanceProfile:InstanceProfile": _iam("instance-profile"),
    "aws:iam/serverCertificate:ServerCertificate": _server_certificate,
    "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/subnet:Subnet": _id_like("subnet"),
    "aws:ec2/securityGroup:SecurityGroup": _id_like("sg"),
    "aws:ec2/routeTable:RouteTable": _id_like("rtb"),
    "aws:ec2/internetGateway:InternetGateway": _id_like("igw"),
    "aws:ec2/natGateway:NatGateway": _id_like("nat"),
    "aws:ec2/eip:Eip": _id_like("eipalloc"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _id_like("vpce"),
    "aws:ssm/parameter:Parameter": _parameter,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:ecs/taskDefinition:TaskDefinition": _task_definition,
    "aws:sfn/stateMachine:StateMachine": _state_machine,
    "aws:sns/topic:Topic": _topic,
}


def _region(_args: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    region = provider.region
    return {"id": region, "region": region, "name": region, "description": region}


def _zones(_args: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    region = provider.region
    letters = "abcdef"
    return {
        "id": region,
        "names": [f"{region}{letter}" for letter in letters],
        "zoneIds": [f"{region}-az{number}" for number in range(1, len(letters) + 1)],
        "groupNames": [region],
        "region": region,
    }


def _caller(_args: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    region = provider.region
    user = f"arn:{partition(region)}:iam::{ACCOUNT}:user/sandbox"
    return {"id": ACCOUNT, "accountId": ACCOUNT, "arn": user, "userId": "AIDASANDBOX"}


def _found_server_certificate(args: Mapping[str, Any], _provider: Provider) -> dict[str, Any]:
    return {"id": args["name"], "name": args["name"], "expirationDate": _CERTIFICATE_END}


def _elb_account(_args: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    region = provider.region
    return {"id": "797873946194", "arn": f"arn:{partition(region)}:iam::797873946194:root", "region": region}


def _endpoint_service(args: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    region = provider.region
    name = f"com.amazonaws.{region}.{args['service']}"
    return {
        "id": name,
        "serviceName": name,
        "serviceType": args["serviceType"],
        "vpcEndpointPolicySupported": args["service"] not in ("ecs-agent", "ecs-telemetry"),
    }


def _public_key(args: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    id_ = args["keyId"].rpartition("/")[2]  # its ARN, or its id
    der = base64.b64encode(key_pairs.public_key(id_)).decode()
    lines = "\n".join(der[start : start + 64] for start in range(0, len(der), 64))
    return {
        "id": id_,
        "keyId": args["keyId"],
        "arn": f"arn:{partition(provider.region)}:kms:{provider.region}:{ACCOUNT}:key/{id_}",
        "publicKey": der,
        "publicKeyPem": f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n",
        "customerMasterKeySpec": "RSA_2048",
        "keyUsage": "SIGN_VERIFY",
        "signingAlgorithms": [
            f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)
        ],
        "encryptionAlgorithms": [],
    }


_LOOK_UPS: Mapping[str, Callable[[Mapping[str, Any], Provider], dict[str, Any]]] = {
    "aws:kms/getPublicKey:getPublicKey": _public_key,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:ec2/getVpcEndpointService:getVpcEndpointService": _endpoint_service,
    "aws:elb/getServiceAccount:getServiceAccount": _elb_account,
    "aws:iam/getServerCertificate:getServerCertificate": _found_server_certificate,
}
