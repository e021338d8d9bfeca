"""The ARNs of a registry's resources, read from what the program configures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.evaluation.aws_provider import ACCOUNT
from sandbox.evaluation.declared import Declaration, Resource
from tests.unit.helpers import boot_script, container, environment

_FUNCTION, _STATE_MACHINE = "aws:lambda/function:Function", "aws:sfn/stateMachine:StateMachine"


@dataclass(frozen=True)
class Stack:
    """One registry. IDs that AWS chooses, such as that of a container instance, are examples."""

    declaration: Declaration

    @property
    def cluster(self) -> str:
        return self.declaration.one("aws:ecs/cluster:Cluster").outputs["arn"]

    @property
    def container_instance(self) -> str:
        return self.cluster.replace(":cluster/", ":container-instance/") + "/0123"

    @property
    def ec2_instance(self) -> str:
        return self.arn("ec2", "instance/i-0123")

    @property
    def auto_scaling_group(self) -> str:
        return self.declaration.one("aws:autoscaling/group:Group").outputs["arn"]

    @property
    def schedule_groups(self) -> dict[str, str]:
        """The ARNs of the schedule groups "patching", "collection" and "retention", if the stack has them."""
        groups = self._by_name("aws:scheduler/scheduleGroup:ScheduleGroup")
        return {name: group.outputs["arn"] for name, group in groups.items()}

    @property
    def listener(self) -> str:
        return self.declaration.one("aws:lb/listener:Listener").outputs["arn"]

    @property
    def collection_task(self) -> str:
        """The ARN of the task definition of the garbage collection."""
        return self._by_name("aws:ecs/taskDefinition:TaskDefinition")["collection"].outputs["arn"]

    @property
    def state_machine(self) -> str:
        """The ARN of the state machine of the garbage collection."""
        return self._by_name(_STATE_MACHINE)["collection"].outputs["arn"]

    @property
    def watcher(self) -> str:
        """The ARN of the state machine that watches garbage collections."""
        return self._by_name(_STATE_MACHINE)["collection-watcher"].outputs["arn"]

    @property
    def token_service(self) -> dict[str, str]:
        """The environment of the function that issues tokens; empty without one."""
        return self._variables("access")

    @property
    def retention_variables(self) -> dict[str, str]:
        """The environment of the function that applies the retention rules; empty without one."""
        return self._variables("retention")

    @property
    def retention_function(self) -> str:
        """The ARN of the function that applies the retention rules."""
        return self._by_name(_FUNCTION)["retention"].outputs["arn"]

    def function_log_stream(self, name: str) -> str:
        """A log stream of the function "access" or "retention"."""
        group = self._by_name(_FUNCTION)[name].inputs["loggingConfig"]["logGroup"]
        return self.arn("logs", f"log-group:{group}:log-stream:2030/01/02/0123")

    def _variables(self, name: str) -> dict[str, str]:
        function = self._by_name(_FUNCTION).get(name)
        return function.inputs["environment"]["variables"] if function else {}

    @property
    def token_configuration(self) -> str:
        """The object with the token service's rules and users."""
        return f"{self.bucket(self.token_service['CONFIG_BUCKET'])}/{self.token_service['CONFIG_KEY']}"

    @property
    def token_keys(self) -> list[str]:
        """The keys that sign tokens, now and after the next rotation."""
        return [key.outputs["arn"] for key in self.declaration.all("aws:kms/key:Key")]

    @property
    def auto_scaling_group_tags(self) -> dict[str, str]:
        tags = self.declaration.one("aws:autoscaling/group:Group").inputs["tags"]
        return {tag["key"]: tag["value"] for tag in tags}

    @property
    def roles(self) -> dict[str, str]:
        """The ARNs of the roles, by names such as "instance" and "collection-watcher"."""
        return {name: role.outputs["arn"] for name, role in self._by_name("aws:iam/role:Role").items()}

    @property
    def repository(self) -> str | None:
        """The image's repository in ECR; None for an image from another registry."""
        name = container(self.declaration)["image"]
        image = re.fullmatch(r"(\d+)\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:]+):.*", name)
        return f"arn:{self.partition}:ecr:{image[2]}:{image[1]}:repository/{image[3]}" if image else None

    @property
    def images(self) -> str:
        """The bucket in the registry's configuration."""
        return self.bucket(environment(self.declaration)["REGISTRY_STORAGE_S3_BUCKET"])

    @property
    def replicated(self) -> dict[str, str]:
        """The replica bucket of each bucket that has one."""
        rules = self.declaration.all("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
        return {self.bucket(each.inputs["bucket"]): each.inputs["rules"][0]["destination"]["bucket"] for each in rules}

    @property
    def bootstrap(self) -> str:
        """The bucket in the boot script."""
        (name,) = set(re.findall(r"^BUCKET=(\S+)$", boot_script(self.declaration), re.MULTILINE))
        return self.bucket(name)

    @property
    def log_stream(self) -> str:
        options = container(self.declaration)["logConfiguration"]["options"]
        stream = f"{options['awslogs-stream-prefix']}/registry/0123"
        return self.arn("logs", f"log-group:{options['awslogs-group']}:log-stream:{stream}")

    @property
    def parameters(self) -> list[str]:
        """The SSM parameters with the container's secrets."""
        return [secret["valueFrom"] for secret in container(self.declaration)["secrets"]]

    @property
    def logs(self) -> str:
        """The bucket for the load balancer's and all other logs."""
        return self.load_balancer_logs.partition("/")[0]

    @property
    def load_balancer_logs(self) -> str:
        """The bucket and prefix of the load balancer's logs."""
        target = self.declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs["accessLogs"]
        return f"{self.bucket(target['bucket'])}/{target['prefix']}"

    @property
    def server_access_logs(self) -> dict[str, str]:
        """The bucket and prefix of S3's server access logs, by the bucket that they are about."""
        logged = [logging.inputs for logging in self.declaration.all("aws:s3/bucketLogging:BucketLogging")]
        return {
            self.bucket(each["bucket"]): f"{self.bucket(each['targetBucket'])}/{each['targetPrefix']}"
            for each in logged
        }

    @property
    def flow_logs(self) -> list[str]:
        """The buckets for flow logs."""
        return [flow_log.inputs["logDestination"] for flow_log in self.declaration.all("aws:ec2/flowLog:FlowLog")]

    @property
    def endpoints(self) -> set[str]:
        """The services with a VPC endpoint."""
        endpoints = self.declaration.all("aws:ec2/vpcEndpoint:VpcEndpoint")
        return {endpoint.inputs["serviceName"].partition(f".{self.region}.")[2] for endpoint in endpoints}

    @property
    def client_ranges(self) -> list[str]:
        """The IPv4 ranges from which clients may connect to a public registry; those of an internal one are private."""
        if self.declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs["internal"]:
            return ["0.0.0.0/0"]
        clients = self.declaration.one("aws:ec2/managedPrefixList:ManagedPrefixList")
        return [entry["cidr"] for entry in clients.inputs["entries"]]

    @property
    def partition(self) -> str:
        return self.cluster.split(":")[1]

    @property
    def region(self) -> str:
        return self.cluster.split(":")[3]

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the stack's region and account."""
        return f"arn:{self.partition}:{service}:{self.region}:{ACCOUNT}:{resource}"

    def bucket(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"

    def admin(self, account: str) -> str:
        """An administrator role of an account."""
        return f"arn:{self.partition}:iam::{account}:role/admin"

    def _by_name(self, type_: str) -> dict[str, Resource]:
        """The resources of a type, by their names without the registry's."""
        registry = self.declaration.one("private-registry:index:PrivateRegistry").name
        return {each.name.removeprefix(f"{registry}-"): each for each in self.declaration.all(type_)}
