"""Who may do what: the token service, a function behind the load balancer that issues tokens by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from . import token_service
from .args import AccessRule
from .functions import FunctionArgs, create_function
from .objects import create_object
from .outputs import with_dependencies
from .pure import policies
from .pure.container import ISSUER, TokenSettings
from .pure.location import Location
from .pure.token_keys import key_id
from .roles import create_role
from .storage import PrivateBucket, PrivateBucketArgs

# The clients' path for tokens, which no setting of major version 2 changes (`challengeParams` in distribution v2.8.3,
# registry/auth/token/accesscontroller.go), is below it. The registry itself serves /v2/ and /.
_PATHS = "/auth/*"
_RULE_PRIORITY = 10
_CONFIGURATION = "access.json"
# Lambda gives a function processor time in proportion to its memory, a core at 1769 MB ("Configure Lambda function
# memory"). The hash of a password takes 16 MiB, and took 30 ms of an x86_64 core.
_MEMORY = 512
_TIMEOUT_SECONDS = 10
# The shortest that KMS allows. Nothing is lost with a key: a token is valid for minutes.
_KEY_DELETION_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Arguments of `Access`.

    Attributes:
        location: the region.
        account_id: the account's ID.
        registry: the registry's host name.
        rules: the rules.
        users: the salts and hashes of the static users' passwords, by name.
        token_signer: the number of the key that signs tokens.
        concurrency: how many executions are reserved for the function; 0 for none.
        listener_arn: the ARN of the load balancer's listener.
        internal: whether the load balancer is internal. A change replaces it.
        code_bucket: the name of the bucket that gets the function's code.
        access_log_bucket: the name of the bucket that gets S3's access logs.
        log_retention_days: how long CloudWatch keeps the log, in days.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    account_id: pulumi.Input[str]
    registry: pulumi.Input[str]
    rules: Sequence[AccessRule]
    users: pulumi.Input[Mapping[str, Any]] = field(repr=False)
    token_signer: int
    concurrency: int
    listener_arn: pulumi.Input[str]
    internal: bool
    code_bucket: pulumi.Input[str]
    access_log_bucket: pulumi.Input[str]
    log_retention_days: int
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Access(pulumi.ComponentResource):
    """A token service: a Lambda function that issues tokens by rules, and the keys that sign them.

    It is in no VPC: its clients reach it through the load balancer, and it reaches AWS from AWS's own network.

    Creates: PrivateBucket with aws.s3.BucketObjectv2 (the rules and users); aws.cloudwatch.LogGroup; aws.iam.Role with
    aws.iam.RolePolicy; two or three aws.kms.Key; aws.lambda_.Function with aws.s3.BucketObjectv2 (the code) and
    aws.lambda_.Permission; aws.lb.TargetGroup with aws.lb.TargetGroupAttachment; aws.lb.ListenerRule.

    Attributes:
        tokens: how the registry verifies the tokens. It depends on the service: without it, nobody gets one.
        function_name: the function's name.
        log_group_name: the name of the CloudWatch log group.
    """

    tokens: pulumi.Output[TokenSettings]
    function_name: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Access", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        bucket = PrivateBucket(
            f"{name}-access",
            # The next `pulumi up` creates all files again.
            PrivateBucketArgs(keep=False, access_log_bucket=args.access_log_bucket, tags=args.tags),
            opts=self._child,
        )
        configuration = create_object(
            f"{name}-{_CONFIGURATION}",
            bucket=bucket.bucket,
            key=_CONFIGURATION,
            content=self._configuration(),
            opts=self._child,
        )
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-access", retention_in_days=args.log_retention_days, tags=args.tags, opts=self._child
        )
        permissions = pulumi.Output.all(log_group.arn, pulumi.Output.concat(bucket.arn, "/", _CONFIGURATION))
        created = create_role(
            f"{name}-access",
            trust_policy=policies.assume_function_role(),
            policies={"run": permissions.apply(lambda arns: policies.token_service(*arns))},
            tags=args.tags,
            opts=self._child,
        )
        keys = self._keys(created.role.arn)
        public_keys = {number: self._public_key(key) for number, key in keys.items()}
        function = create_function(
            f"{name}-access",
            FunctionArgs(
                package=token_service,
                description="Issues tokens of a private registry",
                code_bucket=args.code_bucket,
                role_arn=with_dependencies(created.role.arn, *created.policies),
                log_group_name=log_group.name,
                environment={
                    "REGISTRY": args.registry,
                    "ISSUER": ISSUER,
                    "STS_HOST": f"sts.{args.location.region}.{args.location.dns_suffix}",
                    "SIGNING_KEY_ARN": keys[args.token_signer].arn,
                    "SIGNING_KEY_ID": public_keys[args.token_signer].apply(key_id),
                    "CONFIG_BUCKET": bucket.bucket,
                    "CONFIG_KEY": configuration.key,
                },
                memory=_MEMORY,
                timeout_seconds=_TIMEOUT_SECONDS,
                concurrency=args.concurrency,
                tags=args.tags,
            ),
            opts=self._child,
        )
        registry = with_dependencies(pulumi.Output.from_input(args.registry), *self._route(function))
        self.tokens = pulumi.Output.all(registry=registry, public_keys=pulumi.Output.all(*public_keys.values())).apply(
            lambda known: TokenSettings(**known)
        )
        self.function_name, self.log_group_name = function.name, log_group.name
        self.register_outputs({"functionName": self.function_name})

    def _configuration(self) -> pulumi.Output[str]:
        """Return the rules and the users, as the token service reads them."""
        rules = [
            {"who": rule.who, "repositories": list(rule.repositories), "actions": list(rule.actions)}
            for rule in self._args.rules
        ]
        content = pulumi.Output.json_dumps({"rules": rules, "users": self._args.users}, indent=2, sort_keys=True)
        return pulumi.Output.secret(content)

    def _keys(self, signer_arn: pulumi.Output[str]) -> dict[int, aws.kms.Key]:
        """Create the key that signs, the one before it, whose last tokens are still valid, and the next one."""
        args = self._args
        policy = pulumi.Output.all(signer_arn, args.account_id).apply(
            lambda known: policies.token_key(known[0], args.location, known[1])
        )
        return {
            number: aws.kms.Key(
                f"{self._prefix}-token-key-{number}",
                description=f"Signs tokens of a private registry, number {number}",
                key_usage="SIGN_VERIFY",
                # The registry verifies RSA faster than elliptic curves, in each request. KMS returns its signatures as
                # a token has them (KMS API Reference, Sign).
                customer_master_key_spec="RSA_2048",
                deletion_window_in_days=_KEY_DELETION_DAYS,
                policy=policy,
                tags=args.tags,
                opts=self._child,
            )
            for number in range(max(1, args.token_signer - 1), args.token_signer + 2)
        }

    def _public_key(self, key: aws.kms.Key) -> pulumi.Output[str]:
        opts = pulumi.InvokeOutputOptions(parent=self)
        return aws.kms.get_public_key_output(key_id=key.arn, opts=opts).public_key_pem

    def _route(self, function: aws.lambda_.Function) -> Sequence[pulumi.Resource]:
        """Let the load balancer call the function. Return what must exist before a client needs a token."""
        args = self._args
        target_group = aws.lb.TargetGroup(
            f"{self._prefix}-fn",
            target_type="lambda",
            lambda_multi_value_headers_enabled=True,
            tags=args.tags,
            # A target group belongs to one load balancer.
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=args.internal),
        )
        permission = aws.lambda_.Permission(
            f"{self._prefix}-access",
            action="lambda:InvokeFunction",
            function=function.name,
            principal="elasticloadbalancing.amazonaws.com",
            source_arn=target_group.arn,
            opts=self._child,
        )
        target = aws.lb.TargetGroupAttachment(
            f"{self._prefix}-access",
            target_group_arn=target_group.arn,
            target_id=with_dependencies(function.arn, permission),
            opts=self._child,
        )
        rule = aws.lb.ListenerRule(
            f"{self._prefix}-access",
            listener_arn=args.listener_arn,
            priority=_RULE_PRIORITY,
            conditions=[{"path_pattern": {"values": [_PATHS]}}],
            actions=[{"type": "forward", "target_group_arn": target_group.arn}],
            tags={**args.tags, policies.DECLARED_RULE_TAG: "true"},
            opts=self._child,
        )
        return target, rule
