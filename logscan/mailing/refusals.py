"""What a mail server that refuses our own report means, and what to do: as logscan explains any reply."""

from __future__ import annotations

from collections.abc import Mapping

from logscan.errors import LogscanError
from logscan.render.escape import safe

_LATER = (
    "Run it again later, or send by way of the MTA of this machine, which tries again by itself (--mail-via sendmail)."
)


def advice(code: int, text: bytes | str) -> str:
    """A reply, its reason, and the remedy, in one line."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    reply = " ".join(f"{code} {said}".split())
    title, remedy = _meaning(reply)
    later = _LATER if 400 <= code < 500 else ""
    return " ".join(filter(None, (f"{safe(reply, 400)}{f' ({title})' if title else ''}.", remedy, later)))


def refused(recipients: Mapping[str, tuple[int, bytes]]) -> str:
    """Every recipient with the reply; equal advice is given once."""
    return " ".join(f"{address}: {advice(*reply)}" for address, reply in recipients.items())


def _meaning(reply: str) -> tuple[str, str]:
    from logscan.explaining import explain

    try:
        found = explain(reply).reply
    except LogscanError:  # a code or a text that tells nothing
        return "", ""
    return (found.title, " ".join(found.remedy.split())) if found else ("", "")
