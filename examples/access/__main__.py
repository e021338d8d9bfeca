"""A registry with rules: pipelines and people log in by their AWS identity, a cluster by a password."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from private_registry import AccessRule, PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
account_id = aws.get_caller_identity().account_id
iam = f"arn:aws:iam::{account_id}"


def pipeline_role(name: str, issuer: str, audience: str, subject: str) -> aws.iam.Role:
    """Create a role for the pipelines of one branch of one repository. They need no stored credentials.

    Args:
        name: the role's name.
        issuer: the host of the identity provider, which exists in the account: it has only one for each issuer.
        audience: for whom the pipeline's token is.
        subject: whose token it is.
    """
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"{iam}:oidc-provider/{issuer}"},
        "Condition": {"StringEquals": {f"{issuer}:aud": audience, f"{issuer}:sub": subject}},
    }
    trust_policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return aws.iam.Role(name, name=name, assume_role_policy=trust_policy)


github = pipeline_role(
    "github-team-app",
    issuer="token.actions.githubusercontent.com",
    audience="sts.amazonaws.com",
    subject="repo:team@1234567/app@7654321:ref:refs/heads/main",  # with the IDs of the organization and the repository
)
gitlab = pipeline_role(
    "gitlab-team-app",
    issuer="gitlab.com",
    audience="https://gitlab.com",
    subject="project_path:team/app:ref_type:branch:ref:main",
)
cluster_password = random.RandomPassword("cluster", length=32, special=False).result

registry = PrivateRegistry(
    "registry",
    PrivateRegistryArgs(
        image="registry:3",
        domain=config.require("domain"),
        hosted_zone=config.get("hostedZone"),
        nat_gateways="single",
        deletes=True,
        # Kubelets cannot sign requests.
        users={"cluster": cluster_password},
        access=[
            # One team, one prefix: each pipeline pushes only what it builds.
            AccessRule(who=github.arn, repositories=["team/app", "team/app/*"], actions=["pull", "push"]),
            AccessRule(who=gitlab.arn, repositories=["team/*"], actions=["pull", "push"]),
            # People, by a permission set of IAM Identity Center. Its roles end with random characters.
            AccessRule(who=f"{iam}:role/AWSReservedSSO_Developer_*", repositories=["*"], actions=["pull", "catalog"]),
            # Nobody has this role until an incident.
            AccessRule(
                who=f"{iam}:role/break-glass", repositories=["*"], actions=["pull", "push", "delete", "catalog"]
            ),
            AccessRule(who="user:cluster", repositories=["*"], actions=["pull"]),
            AccessRule(who="*", repositories=["public/*"], actions=["pull"]),
        ],
        force_destroy=True,
    ),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("clusterPassword", pulumi.Output.secret(cluster_password))
pulumi.export("githubRole", github.arn)
pulumi.export("gitlabRole", gitlab.arn)
