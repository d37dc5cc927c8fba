"""Reads a raw Postfix log as plainly as possible, so that the truth does not depend on logscan's patterns.

Only the start of a line is looked at, which no peer can forge, and fixed strings that the run is known to
have said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .records import TOKEN, Refused

HEAD = re.compile(r"\w{3} \d\d \d\d:\d\d:\d\d (?P<host>\S+) (?P<tag>\S+?)\[\d+\]: (?P<payload>.*)")
QUEUE_ID = re.compile(r"([0-9A-Za-z]+): ")
REFUSAL = re.compile(r"(?:(?:NOQUEUE|(?!warning)[0-9A-Za-z]{6,}): )?(?:milter-|proxy-)?(reject|hold|discard): ")
WARNING = re.compile(r"(?:NOQUEUE|[0-9A-Za-z]{6,}): reject_warning: ")
NUMBERS = r", delay=([\d.]+), delays=([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+), dsn=([245]\.\d+\.\d+), status="
RECORD = NUMBERS + r"([A-Za-z-]+) \("  # no address in the run holds this
GIVEN_UP = r"^from=<.*>, status=((?:force-)?expired), returned to sender$"
# Parts of lines that only certain scenarios bring about; without them the tests would prove less.
FORMS = (
    "(delivery temporarily suspended: connect to ", "(delivery temporarily suspended: host ",
    " refused to talk to me: 421", " refused to start TLS: 454", "SASL authentication failed; server ",
    "timed out while sending end of data -- message may be sent more than once", ": Connection timed out)",
    "lost connection with ", "Name service error for name=", "loops back to myself", "(forwarded as ",
    "conn_use=", "orig_to=<", "relay=out.example.com[private/sink]", "[2001:db8::25]:25", "status=SOFTBOUNCE",
    "status=force-expired, returned to sender", "status=undeliverable", "status=deliverable",
    "reject_warning: ", "milter-hold: ", "milter-discard: ", "proxy-reject: ", ": too many connections",
    "reject: BDAT from ", "reject: header ", "reject: body ", "hold: body ", "sasl_username=", "from=<>",
)  # fmt: skip
OUTCOMES = {
    "sent": "delivered",
    "deferred": "deferred",
    "bounced": "bounced",
    "SOFTBOUNCE": "softbounced",
    "deliverable": "other",
    "undeliverable": "other",
    "expired": "expired",
    "force-expired": "expired",
}
STAGES = {"END-OF-MESSAGE": "END-OF-DATA", "HELO": "EHLO", "BDAT": "DATA", "VRFY": "OTHER"}
CONTENT = ("header", "body")


@dataclass(frozen=True)
class Line:
    """One line of the log."""

    offset: int
    host: str
    tag: str
    payload: str

    @property
    def queue_id(self) -> str:
        """Return the queue id at the start of the line, or an empty string."""
        found = QUEUE_ID.match(self.payload)
        return found[1] if found and found[1] != "NOQUEUE" else ""

    @property
    def rest(self) -> str:
        """Return the payload after the queue id."""
        return self.payload.removeprefix(f"{self.queue_id}: ")

    @property
    def tokens(self) -> set[str]:
        """Return the tokens of the sink in this line."""
        return set(TOKEN.findall(self.payload))

    def is_delivery_to(self, recipient: str) -> bool:
        """Tell whether this is a delivery record for a recipient."""
        return self.rest.startswith((f"to=<{recipient}>, relay=", f"to=<{recipient}>, orig_to=<"))

    @property
    def outcome(self) -> str:
        """Return what a record says after its dsn, or the queue manager at the end of its line."""
        record = self.rest.startswith("to=<")
        found = re.search(RECORD if record else GIVEN_UP, self.rest)
        if found and self.rest[found.end() :].startswith("forwarded as "):
            return "expanded"
        return OUTCOMES[found[found.lastindex or 0]] if found else ""

    @property
    def numbers(self) -> tuple[float, float, float, float, float, str]:
        """Return the delay, its four parts, and the dsn of a record."""
        found = re.search(NUMBERS, self.rest)
        assert found, self
        total, *parts, dsn = found.groups()
        before, waiting, connecting, sending = map(float, parts)
        return float(total), before, waiting, connecting, sending, dsn


def read(log: Path) -> list[Line]:
    """Read a log with traditional time stamps."""
    lines, offset = [], 0
    for raw in log.read_bytes().splitlines(keepends=True):
        head = HEAD.fullmatch(raw.decode("utf-8").rstrip("\n"))
        assert head, raw
        lines.append(Line(offset, head["host"], head["tag"], head["payload"]))
        offset += len(raw)
    return lines


def deliveries(lines: list[Line]) -> list[Line]:
    """Return the delivery records: `QUEUEID: to=<`."""
    return [line for line in lines if line.queue_id and line.rest.startswith("to=<")]


def expiries(lines: list[Line]) -> list[Line]:
    """Return the lines with which the queue manager gives a message up."""
    return [line for line in lines if line.tag.endswith("/qmgr") and line.outcome == "expired"]


def refusals(lines: list[Line]) -> list[Line]:
    """Return the lines in which this host refuses, holds or discards what a client brought."""
    return [line for line in lines if REFUSAL.match(line.payload)]


def says_suspended(line: Line) -> bool:
    """Tell whether a record repeats an earlier reply because the destination is suspended."""
    return line.tag.endswith("/error") and " (delivery temporarily suspended: " in line.payload


def stage(line: Line) -> str:
    """Return the phase of a refusal; the checks of header and body are made at the end of the message."""
    found = REFUSAL.match(line.payload)
    assert found
    word = line.payload[found.end() :].partition(" ")[0].rstrip(":")
    return "END-OF-DATA" if word in CONTENT else STAGES.get(word, word)


def tells(line: Line, refused: Refused) -> bool:
    """Tell whether a refusal line is about what one client heard: same host, client, phase and text."""
    if line.host != refused.instance or stage(line) != refused.phase:
        return False
    if "proxy-reject: " in line.payload[:30]:
        return refused.recipient is not None and f" to=<{refused.recipient}> " in line.payload
    if f"[{refused.client}]" not in line.payload:
        return False
    text = re.sub(r"[\r\n]+(?:[245]\d\d[- ])?", "??" + refused.code + " ", refused.text)
    if f": {refused.code} {text}; " in line.payload:
        return True
    content = line.payload.endswith(f": {text}")
    milter = "END-OF-MESSAGE" in line.payload and f": {text}; " in line.payload
    return "/cleanup" in line.tag and (content or milter)
