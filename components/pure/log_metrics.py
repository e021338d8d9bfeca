"""The metrics that CloudWatch counts in the registry's log.

The patterns match the lines of both major versions. Source of the syntax: CloudWatch Logs User Guide, "Filter pattern
syntax". A key with a period needs brackets and single quotes, and `*` stands for text only at the beginning or the end
of a string.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LogMetric:
    """A metric that counts lines of the log.

    Attributes:
        name: the metric's name.
        pattern: the filter pattern of the lines that it counts.
    """

    name: str
    pattern: str


LOG_METRICS = (
    # Each request that failed because of S3 counts once. "s3aws" is the name of the registry's S3 driver, which it puts
    # before errors. While it writes a layer, it passes on the errors of the AWS SDK as they are (distribution,
    # registry/storage/driver/s3-aws/s3.go, writer): "CODE: MESSAGE", then "status code: N" or "caused by: ERROR".
    LogMetric(
        name="S3Errors",
        pattern="""{ $.['http.response.status'] >= 500 && ($.['err.detail'] = "s3aws: *" ||"""
        """ $.['err.detail'] = "*status code: *" || $.['err.detail'] = "*caused by: *") }""",
    ),
    # A part of a push (POST, PATCH or PUT) that the registry could not complete. For a client that disconnects, it logs
    # a status of 500 too. If registry:2 loses a part of a layer, it notices at the end: 404, "blob upload invalid".
    LogMetric(
        name="UploadFailures",
        pattern="""{ $.['err.code'] = "blob upload invalid" ||"""
        """ ($.['http.request.method'] = "P*" && $.['http.response.status'] >= 500 &&"""
        """ ($.['err.detail'] NOT EXISTS || $.['err.detail'] != "client disconnected")) }""",
    ),
    # A wrong password or an unknown user. A request without a login is not among them: health checks send none, and
    # clients none at first.
    LogMetric(
        name="RefusedLogins",
        pattern="""{ $.msg = "error authorizing context: *" && $.msg = "*: authentication failure" }""",
    ),
    # A push ends with its manifest, that of an image for several platforms with several.
    LogMetric(
        name="Pushes",
        pattern="""{ $.['http.request.method'] = "PUT" && $.['http.request.uri'] = "*/manifests/*" &&"""
        """ $.['http.response.status'] = 201 }""",
    ),
    # A pull gets a manifest, that of an image for several platforms two.
    LogMetric(
        name="Pulls",
        pattern="""{ $.['http.request.method'] = "GET" && $.['http.request.uri'] = "*/manifests/*" &&"""
        """ $.['http.response.status'] = 200 }""",
    ),
)


def log_metrics_namespace(log_group: str) -> str:
    """Return the namespace of the metrics of a log group. The log group's name is unique in the account and region."""
    return f"PrivateRegistry/{log_group}"
