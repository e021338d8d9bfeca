"""Amazon ECS on this machine: container instances, the ECS agent, tasks and the load balancer."""
