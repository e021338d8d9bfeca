"""Saved queries of a log."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .pure.log_queries import LogQuery


@dataclass(frozen=True, kw_only=True)
class LogQueriesArgs:
    """Arguments of `LogQueries`.

    Attributes:
        log_group_name: the name of the log group.
        queries: the queries.
    """

    log_group_name: pulumi.Input[str]
    queries: Sequence[LogQuery]


class LogQueries(pulumi.ComponentResource):
    """Queries, saved in CloudWatch Logs Insights in a folder named after the log group.

    Creates: an aws.cloudwatch.QueryDefinition for each query.
    """

    def __init__(self, name: str, args: LogQueriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:LogQueries", name, {}, opts)
        # Slashes make folders ("Saving and re-running queries"). The provider refuses a name that begins with one.
        folder = pulumi.Output.from_input(args.log_group_name).apply(lambda group: group.removeprefix("/"))
        for query in args.queries:
            aws.cloudwatch.QueryDefinition(
                f"{name}-{query.name.replace(' ', '-')}",
                name=pulumi.Output.concat(folder, "/", query.name),  # the log group's name is unique
                log_group_names=[args.log_group_name],
                query_string=query.text,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
