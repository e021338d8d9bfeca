r"""Queries of the logs of the registry, the token service, retention and collections, for CloudWatch Logs Insights.

They read the lines of both major versions. CloudWatch discovers the fields of JSON lines ("Supported logs and
discovered fields"). A name with periods needs no backticks ("Fields that contain special characters").
"""

from dataclasses import dataclass

from .collection_states import PHASES


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """A query of the log.

    Attributes:
        name: the query's name.
        text: the query, one command per line.
    """

    name: str
    text: str


# A manifest was pushed (PUT) or pulled (GET). The path is /v2/REPOSITORY/manifests/TAG, or a digest in the tag's place.
# containerd appends ?ns=HOST.
_MANIFESTS = r"""filter msg = "response completed" and http.request.uri like "/manifests/"
| filter http.request.method in ["GET", "PUT"]
| fields http.request.method as method
| parse http.request.uri /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^?]+)/"""

# The registry writes durations as Go does: 1h2m3.5s, 41.5ms, 20.5µs. Less than a millisecond counts as 0.
REQUEST_SECONDS = r"""parse http.response.duration /^((?<hours>\d+)h)?((?<minutes>\d+)m)?((?<rest>[\d.]+)s)?$/
| parse http.response.duration /^(?<milliseconds>[\d.]+)ms$/
| fields coalesce(hours, 0) * 3600 + coalesce(minutes, 0) * 60 + coalesce(rest, 0) as whole
| fields whole + coalesce(milliseconds, 0) * 0.001 as seconds"""

# registry:2 logs no user when a request succeeds.
_USER = 'coalesce(auth.user.name, "-") as user, http.request.remoteaddr as address'

LOG_QUERIES = (
    LogQuery(
        name="who pushed and pulled what",
        text=f"""{_MANIFESTS}
| fields {_USER}
| stats count(*) as requests, max(@timestamp) as latest by user, address, method, repository, reference
| sort latest desc
| limit 1000""",
    ),
    LogQuery(
        name="refused logins by address",
        text="""filter msg like "error authorizing context: " and msg like ": authentication failure"
| fields http.request.remoteaddr as address
| stats count(*) as refused, min(@timestamp) as first, max(@timestamp) as latest by address
| sort refused desc
| limit 100""",
    ),
    LogQuery(
        name="slowest requests",
        text=f"""filter ispresent(http.response.duration)
| {REQUEST_SECONDS}
| fields @timestamp, http.request.method as method, http.request.uri as uri, http.response.status as status
| fields {_USER}
| sort seconds desc
| limit 100""",
    ),
    # The registry logs no size. What a layer takes to upload is close to it for clients with equal connections.
    LogQuery(
        name="longest uploads of layers",
        text=rf"""filter http.request.method = "PATCH" and http.response.status = 202
| {REQUEST_SECONDS}
| parse http.request.uri /^\/v2\/(?<repository>.+)\/blobs\/uploads\//
| fields @timestamp, {_USER}
| sort seconds desc
| limit 100""",
    ),
    # Without the 404 for each new layer of a push: before the upload, clients ask whether the registry has it.
    LogQuery(
        name="errors by kind",
        text=r"""filter msg = "response completed with error"
| fields http.request.method as method, http.response.status as status, err.code as code
| filter method != "HEAD" or status != 404
| parse err.detail /(?<s3>[A-Z]\w+): [\s\S]*(status code|caused by): /
| stats count(*) as requests, max(@timestamp) as latest by status, method, code, s3
| sort requests desc
| limit 100""",
    ),
)

# Of the token service's log, which has a line for each request for a token (token_service/service.py). Scopes are one
# text, such as "repository:team/app:pull,push repository:base/alpine:pull".
TOKEN_QUERIES = (
    LogQuery(
        name="who got tokens",
        text="""filter event = "token" and outcome = "issued"
| stats count(*) as tokens, max(@timestamp) as latest by caller, address, granted
| sort latest desc
| limit 1000""",
    ),
    # registry:2 does not log who pushed. A token is from at most six minutes before. If it is for pushes to several
    # repositories, which no client asks for, `repository` is the first one.
    LogQuery(
        name="who could push",
        text=r"""filter event = "token" and granted like /:[a-z,]*push/
| parse granted /repository:(?<repository>[^ ]+):[a-z,]*push/
| stats count(*) as tokens, min(@timestamp) as first, max(@timestamp) as latest by repository, caller, address, granted
| sort latest desc
| limit 1000""",
    ),
    LogQuery(
        name="refused tokens",
        text="""filter event = "token" and outcome = "refused"
| stats count(*) as refused, min(@timestamp) as first, max(@timestamp) as latest by reason, caller, address
| sort refused desc
| limit 1000""",
    ),
    # Who needs another rule, or tries what is not for them.
    LogQuery(
        name="tokens with less than asked",
        text="""filter event = "token" and outcome = "issued" and asked != granted
| stats count(*) as tokens, max(@timestamp) as latest by caller, asked, granted
| sort latest desc
| limit 1000""",
    ),
)

# Of the registry's log, which has the output of the tasks of garbage collections, in a stream of its own for each. The
# first line is one of the command's own, the others one of the storage driver (distribution v2.8.3 and v3.1.1,
# registry/storage/garbagecollect.go, vacuum.go). A dry run has no such others.
COLLECTED_QUERIES = (
    LogQuery(
        name="what collections deleted",
        text=r"""parse @message /^(?<kept>\d+) blobs marked, (?<garbage>\d+) blobs/
| parse msg /^(?<deletion>Deleting blob): /
| filter ispresent(kept) or ispresent(deletion)
| stats min(@timestamp) as first, max(kept) as kept, max(garbage) as garbage, count(deletion) as deleted by @logStream
| sort first desc
| limit 1000""",
    ),
)

# Of the log of the state machines of garbage collections. A line has the name of the state that was entered or left.
# The execution of the watcher has the name of its collection, and allows pushes in a state of the same name.
COLLECTION_QUERIES = (
    LogQuery(
        name="phases of collections",
        text=rf"""parse details.name /^(?<phase>{"|".join(PHASES)})/
| filter ispresent(phase)
| parse execution_arn /:(?<collection>[^:]+)$/
| fields toMillis(@timestamp) as millisecond
| stats min(@timestamp) as begin, (max(millisecond) - min(millisecond)) / 1000 as seconds by collection, phase
| sort begin desc
| limit 1000""",
    ),
)

# Of the log of the retention function, whose lines are those of `retention_function.report`.
RETENTION_QUERIES = (
    LogQuery(
        name="images that no rule keeps",
        text="""filter event = "expired"
| fields run, repository, tags.0 as tag, digest, pushed, bytes, deleted
| sort run desc
| limit 10000""",
    ),
)

# For a dashboard: a row per hour, repository and method.
HOURLY_TRAFFIC = f"""{_MANIFESTS}
| stats count(*) as requests by bin(1h) as hour, repository, method
| sort hour desc
| limit 100"""
