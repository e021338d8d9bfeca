"""What a run of the sandbox observes, by the names of CloudWatch's metrics."""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.pure.container import MEMORY_RESERVATION
from components.pure.log_metrics import LOG_METRICS, log_metrics_namespace
from components.pure.log_queries import REQUEST_SECONDS
from sandbox.aws.filter_pattern import matches
from sandbox.aws.logs_insights import run
from sandbox.local import Sandbox
from sandbox.machine.process_tree import cpu_seconds
from tests.sandbox.faulty_s3 import FaultyS3
from tests.sandbox.helpers import registry_process

Observation = tuple[float, float]
"""A time in seconds since 1970, and a value."""
Observations = Mapping[tuple[str, str], Sequence[Observation]]
"""By a metric's namespace and name."""

_INTERVAL_SECONDS = 1
_IMAGES_EVERY = 5  # samples
_PROCESSORS = 2  # of a t3.small
_BALANCER, _S3 = "AWS/ApplicationELB", "AWS/S3"
# By the metric: counters of the load balancer whose difference it is.
_COUNTERS = {
    "RequestCount": ("requests", None),
    "HTTPCode_Target_4XX_Count": ("targets 4xx", None),
    "HTTPCode_Target_5XX_Count": ("targets 5xx", None),
    "HTTPCode_ELB_4XX_Count": ("listener 4xx", "targets 4xx"),
    "HTTPCode_ELB_5XX_Count": ("listener 5xx", "targets 5xx"),
}


class Sampler:
    """Reads counters, and the size of the images.

    Attributes:
        observations: what was read so far.
    """

    def __init__(self, running: Sandbox) -> None:
        self.observations: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        self._running = running
        self._registries = [registry_process(container) for container in running.containers]
        self._time, self._counts, self._cpu = time.time(), self._balancer_counts(), self._cpu_seconds()

    def sample(self) -> None:
        now, counts, cpu = time.time(), self._balancer_counts(), self._cpu_seconds()
        for metric, (counter, less) in _COUNTERS.items():
            passed = counts[counter] - self._counts[counter]
            passed -= counts[less] - self._counts[less] if less else 0
            self.observations[_BALANCER, metric].append((now, passed))
        healthy = self._running.balancer.healthy_targets()
        self.observations[_BALANCER, "HealthyHostCount"].append((now, healthy))
        self.observations[_BALANCER, "UnHealthyHostCount"].append((now, len(self._registries) - healthy))
        self.observations["AWS/AutoScaling", "GroupInServiceInstances"].append((now, len(self._running.instances)))
        for pid, before, after in zip(self._registries, self._cpu, cpu, strict=True):
            share = (after - before) / (now - self._time) / _PROCESSORS
            self.observations["AWS/EC2", "CPUUtilization"].append((now, 100 * share))
            memory = 100 * _resident_mib(pid) / MEMORY_RESERVATION
            self.observations["AWS/ECS", "MemoryUtilization"].append((now, memory))
        self._time, self._counts, self._cpu = now, counts, cpu

    def measure_images(self) -> None:
        bucket = self._running.stack.declaration.exports["bucketName"]
        pages = self._running.stack.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
        size = sum(item["Size"] for page in pages for item in page.get("Contents", []))
        self.observations[_S3, "BucketSizeBytes"].append((time.time(), size))

    def _balancer_counts(self) -> Mapping[str, int]:
        balancer = self._running.balancer
        return {**balancer.answers(), "requests": balancer.requests_received()}

    def _cpu_seconds(self) -> list[float]:
        return [cpu_seconds([pid]) for pid in self._registries]


@contextmanager
def sampling(running: Sandbox) -> Iterator[Sampler]:
    """Sample every second until the end of the block."""
    sampler, stop = Sampler(running), threading.Event()

    def repeat() -> None:
        for number in itertools.count():
            if stop.wait(_INTERVAL_SECONDS):
                return
            sampler.sample()
            if number % _IMAGES_EVERY == 0:
                sampler.measure_images()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield sampler
    finally:
        stop.set()
        thread.join()


def observations_of_s3(s3: FaultyS3) -> Observations:
    """Return the metrics that S3 reports about requests."""
    return {
        (_S3, "AllRequests"): [(when, 1) for when, _, _ in s3.answers],
        (_S3, "4xxErrors"): [(when, 400 <= status < 500) for when, status, _ in s3.answers],
        (_S3, "5xxErrors"): [(when, status >= 500) for when, status, _ in s3.answers],
        (_S3, "FirstByteLatency"): [(when, 1000 * seconds) for when, _, seconds in s3.answers],
    }


def observations_of_log(lines: Sequence[str], log_group: str) -> Observations:
    """Return the metrics that CloudWatch counts in the log, and the latency of requests, which the log has too."""
    durations = f"filter ispresent(http.response.duration)\n| {REQUEST_SECONDS}"
    counted = {
        (log_metrics_namespace(log_group), metric.name): [
            (_time(row), 1) for row in run("limit 1000000", [line for line in lines if matches(metric.pattern, line)])
        ]
        for metric in LOG_METRICS
    }
    latencies = [(_time(row), row["seconds"]) for row in run(durations, lines)]
    return {**counted, (_BALANCER, "TargetResponseTime"): latencies}


def _time(row: Mapping[str, Any]) -> float:
    return row["@timestamp"].timestamp()


def _resident_mib(pid: int) -> float:
    """Return the resident memory of a process (proc(5), VmRSS)."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
