"""How an instance refresh replaces the instances of the Auto Scaling group."""

import json

# All new instances are launched first, so each task moves only once.
MIN_HEALTHY_PERCENTAGE, MAX_HEALTHY_PERCENTAGE = 100, 200
# From the completion of the launch hook to the registration of the container instance. The ECS agent starts when
# cloud-init has ended (amazon-ecs-agent#4792) and registers within a second (the log in amazon-ecs-agent#351). If it
# takes longer, no task is lost: managed draining keeps an old instance until its tasks run on others.
WARM_UP_SECONDS = 60
SCALE_IN_PROTECTED_INSTANCES = "Refresh"


def start_request(group_name: str) -> str:
    """Return the parameters of StartInstanceRefresh, with the present launch template, as JSON.

    With an AMI from an SSM parameter, AWS accepts neither a desired configuration nor skip matching (EC2 Auto Scaling
    User Guide, "Use AWS Systems Manager parameters instead of AMI IDs in launch templates", Limitations).
    """
    return json.dumps(
        {
            "AutoScalingGroupName": group_name,
            "Strategy": "Rolling",
            "Preferences": {
                "MinHealthyPercentage": MIN_HEALTHY_PERCENTAGE,
                "MaxHealthyPercentage": MAX_HEALTHY_PERCENTAGE,
                "InstanceWarmup": WARM_UP_SECONDS,
                "ScaleInProtectedInstances": SCALE_IN_PROTECTED_INSTANCES,
            },
        }
    )
