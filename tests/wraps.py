"""Puts around plain log lines what journald, Docker, Podman and Kubernetes put around them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from logscan.framing import SYSLOG, Clock, to_utc

CLOCK = Clock("UTC", 2026, 101)
STAMP = "2026-01-05T03:04:05.123456789Z"
ISO_FRAME = next(frame for frame in SYSLOG if frame.name == "iso")
Wrap = Callable[[str], str]


def docker(line: str) -> str:
    """As json-file writes it: Go escapes <, > and &."""
    text = json.dumps(line + "\n", ensure_ascii=False)
    text = text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
    return f'{{"log":{text},"stream":"stdout","time":"{STAMP}"}}'


def entry(line: str, **more: object) -> dict[str, object]:
    """A syslog line with any head as an entry of the journal."""
    for frame in SYSLOG:
        found = re.match(frame.pattern, line)
        if found:
            break
    else:
        raise AssertionError(line)
    time = to_utc(found["_stamp"], frame.stamp, CLOCK) or datetime(2026, 1, 5, tzinfo=UTC)
    micro = int(time.timestamp()) * 1_000_000 + time.microsecond
    return {
        "__CURSOR": "s=5f;i=1a;b=7c;m=1;t=2;x=3",
        "__REALTIME_TIMESTAMP": str(micro),
        "_HOSTNAME": found["reporting_mta"],
        "PRIORITY": "6",
        "SYSLOG_FACILITY": "2",
        "SYSLOG_IDENTIFIER": found["agent"],
        "_PID": "4711",
        "MESSAGE": line[found.end() :],
        "_CMDLINE": 'smtp -t unix -u -o "MESSAGE":"x"',
        **more,
    }


def journal(line: str) -> str:
    """As ``journalctl -o json`` writes it: compact, UTF-8, control characters as a list of bytes."""
    fields = entry(line)
    message = str(fields["MESSAGE"])
    if not message.isprintable():
        fields["MESSAGE"] = list(message.encode("utf-8", "replace"))
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def container(line: str) -> str:
    """An entry that a container's log driver wrote: the message has its own head."""
    return json.dumps(
        {"__REALTIME_TIMESTAMP": "1", "SYSLOG_IDENTIFIER": "x", "CONTAINER_NAME": "mail", "MESSAGE": line}
    )


WRAPS: Mapping[str, Wrap] = {
    "docker": docker,
    "journal": journal,
    "journal of a container": container,
    "shipper": lambda line: json.dumps({"@timestamp": STAMP, "n": 1, "o": {"a": [1.5]}, "message": line}),
    "cri": lambda line: f"{STAMP} stdout F {line}",
    "cri, local time": lambda line: f"2026-01-05T04:04:05.12+01:00 stderr P:x {line}",
    "docker logs -t": lambda line: f"{STAMP} {line}",
    "podman logs -t": lambda line: f"2026-01-05T04:04:05+01:00 {line}",
    "kubectl": lambda line: f"[pod/mail-0/postfix] {line}",
    "compose": lambda line: f"mail-1  | {line}",
    "swarm": lambda line: f"mail.1.x7@node-1    | {line}",
    "compose -t": lambda line: f"mail-1  | {STAMP} {line}",
    "kubectl --prefix --timestamps": lambda line: f"[pod/mail-0/postfix] {STAMP} {line}",
}
