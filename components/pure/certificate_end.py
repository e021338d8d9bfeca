"""When a certificate ends, as CloudWatch can compute it."""

from datetime import datetime


def server_certificate_name(arn: str) -> str | None:
    """Return the name of a server certificate in IAM. None for a certificate in ACM."""
    _, found, path_and_name = arn.partition(":server-certificate/")
    return path_and_name.rpartition("/")[2] if found else None


def days_left(end: str, metric: str) -> str:
    """Return the number of days until a time, in CloudWatch's metric math.

    Source: Amazon CloudWatch User Guide, "Using math expressions with CloudWatch metrics", EPOCH.

    Args:
        end: the time, RFC 3339.
        metric: the ID of a metric, whose periods give the present time.
    """
    seconds = int(datetime.fromisoformat(end.replace("Z", "+00:00")).timestamp())
    return f"({seconds} - EPOCH({metric})) / 86400"
