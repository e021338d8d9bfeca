"""What Amazon ECS, its instances and the load balancer do in AWS."""
