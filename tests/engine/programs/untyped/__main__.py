"""A registry with the properties in the configuration, passed as by a language without types."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_random as random

config = pulumi.Config()
properties = json.loads(config.get("properties") or "{}")
properties |= {name: pulumi.Output.secret(value) for name, value in json.loads(config.get("secrets") or "{}").items()}
properties |= {name: random.RandomPet(name).id for name in json.loads(config.get("unknown") or "[]")}
region = config.get("region")
providers: list[pulumi.ProviderResource] = [aws.Provider("regional", region=region)] if region else []

pulumi.ComponentResource(
    "private-registry:index:PrivateRegistry",
    "images",
    properties,
    pulumi.ResourceOptions(providers=providers),
    remote=True,
)
