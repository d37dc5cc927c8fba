"""The same kinds of lines through a real rsyslogd: ISO 8601, RFC 5424, and "message repeated"."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from . import packages
from .boxes import BOUNCED, DEFERRED, LATER, SENT
from .client import Feeder, letter, talk
from .postfix import Instance

SMTP = "postfix/smtp"
PORT = 5514

INSTANCE = Instance(
    "sys",
    "192.0.2.7",
    {
        "mydestination": "example.com",
        "local_recipient_maps": "inline:{anna=x}",
        "local_transport": "discard:taken",
        "smtpd_hard_error_limit": "50",
        "smtpd_soft_error_limit": "50",
    },
    syslog=True,
)

WANTED = {
    "ok.80@example.net": SENT, "unknown.80@example.net": BOUNCED,
    "gmail.80@example.net": BOUNCED, "grey.80@example.net": LATER,
    "utf8.80@example.net": BOUNCED, "forged.80@example.net": BOUNCED, "ann@closed.example": DEFERRED,
    "b@pair450.example": SENT, "b@nowhere.example": BOUNCED,
}  # fmt: skip

RECEIVER = """
module(load="imuxsock")
action(type="omfile" file="{logs}/rsyslog-iso.log" template="RSYSLOG_FileFormat")
action(type="omfile" file="{logs}/rsyslog-5424.log" template="RSYSLOG_SyslogProtocol23Format")
action(
  type="omfwd" target="127.0.0.1" port="{port}" protocol="udp" template="RSYSLOG_TraditionalForwardFormat"
)
"""

REDUCER = """
$RepeatedMsgReduction on
module(load="imudp")
input(type="imudp" port="{port}" address="127.0.0.1")
action(type="omfile" file="{logs}/rsyslog-repeated.log" template="RSYSLOG_TraditionalFileFormat")
"""


@contextmanager
def rsyslog(logs: Path, scratch: Path) -> Iterator[None]:
    """Run two daemons: one takes `/dev/log` and passes all on, the other puts repeated messages together."""
    running = []
    for name, text in (("reducer", REDUCER), ("receiver", RECEIVER)):
        config = scratch / f"{name}.conf"
        config.write_text(text.format(logs=logs, port=PORT))
        running.append(Popen([packages.RSYSLOG, "-n", "-i", scratch / f"{name}.pid", "-f", config]))
    try:
        yield
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(10)


async def play(feeder: Feeder) -> None:
    """Send a little of everything, and make smtpd say the same thing again and again."""
    await asyncio.gather(*(feeder.send({address: (SMTP, end)}) for address, end in WANTED.items()))
    hello, sender = "EHLO again.client.example", "MAIL FROM:<a@sender.example>"
    ghost, relay = "RCPT TO:<ghost@example.com>", "RCPT TO:<b@elsewhere.example>"
    await talk(feeder, "198.18.8.1", hello, sender, *[ghost] * 5, relay, ghost, ghost, "QUIT")
    message = letter("<again@sender.example>")
    await talk(feeder, "198.18.8.2", hello, sender, *[relay] * 3, "RCPT TO:<anna@example.com>", message, "QUIT")
    await talk(feeder, "198.18.8.3", hello, sender, *[ghost] * 12, "QUIT")
