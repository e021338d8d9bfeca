"""The program of a stack: a registry as the stack's configuration describes it."""

import pulumi

import settings
from components import PrivateRegistry

registry = PrivateRegistry("registry", settings.load())

pulumi.export("RegistryELBDns", registry.load_balancer_dns)
pulumi.export("registryAddress", registry.address)
pulumi.export("registryUrl", pulumi.Output.concat("https://", registry.address))
pulumi.export("loginCommand", pulumi.Output.concat("docker login ", registry.address))
pulumi.export("bucketName", registry.bucket_name)
pulumi.export("clusterName", registry.cluster_name)
pulumi.export("serviceName", registry.service_name)
pulumi.export("acceptsPushes", registry.accepts_pushes)
if registry.replica_bucket_name is not None:
    pulumi.export("replicaBucketName", registry.replica_bucket_name)
if registry.retention_function_name is not None:
    pulumi.export("retentionFunctionName", registry.retention_function_name)
if registry.ca_certificate is not None:
    pulumi.export("caCertificate", registry.ca_certificate)
if registry.alarm_topic_arn is not None:
    pulumi.export("alarmTopicArn", registry.alarm_topic_arn)
if registry.garbage_collection_arn is not None:
    pulumi.export("garbageCollectionArn", registry.garbage_collection_arn)
if registry.passwords is not None:
    pulumi.export("passwords", registry.passwords)
