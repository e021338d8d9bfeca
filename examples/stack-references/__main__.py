"""A service that pulls its image from the registry of another stack."""

import base64
import json

import pulumi
import pulumi_aws as aws
from registry_stack import registry

config = pulumi.Config()
images = registry(config)
user = config.require("user")
password = images.passwords.apply(lambda known: known[user])
image = pulumi.Output.concat(images.address, "/", config.require("image"))

# The login for Amazon ECS: see its Developer Guide, "Using non-AWS container images in Amazon ECS".
secret = aws.secretsmanager.Secret("registry-login")
version = aws.secretsmanager.SecretVersion(
    "registry-login",
    secret_id=secret.id,
    secret_string=pulumi.Output.json_dumps({"username": user, "password": password}),
)
role = aws.iam.Role(
    "execution",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                }
            ],
        }
    ),
)
aws.iam.RolePolicy(
    "read-login",
    role=role.name,
    policy=secret.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}],
            }
        )
    ),
)
service = aws.ecs.TaskDefinition(
    "service",
    family="service",
    execution_role_arn=role.arn,
    container_definitions=pulumi.Output.all(image, secret.arn).apply(
        lambda known: json.dumps(
            [
                {
                    "name": "service",
                    "image": known[0],
                    "memory": 256,
                    "essential": True,
                    "repositoryCredentials": {"credentialsParameter": known[1]},
                }
            ]
        )
    ),
    opts=pulumi.ResourceOptions(depends_on=[version]),
)

auth = password.apply(lambda known: base64.b64encode(f"{user}:{known}".encode()).decode())

pulumi.export("image", image)
# The login for Kubernetes: the .dockerconfigjson of an image pull secret.
pulumi.export(
    "dockerConfigJson",
    pulumi.Output.all(images.address, auth).apply(lambda known: json.dumps({"auths": {known[0]: {"auth": known[1]}}})),
)
