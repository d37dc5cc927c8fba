"""Closed vocabularies in words: parties, conflicts, and what each class of reply does to a message."""

from __future__ import annotations

from logscan.codes import Conflict, Event, Party, Status

# For mail that we send; for a refusal of ours see ``acts``.
PARTIES = {
    Party.US: "the sending side",
    Party.RECIPIENT: "the owner of the mailbox",
    Party.PEER: "the administrator of the receiving side",
    Party.NETWORK: "whoever runs the DNS or the network in between",
    Party.NOBODY: "nobody: time alone",
}
_PARTIES_OF_REFUSAL = {
    Party.US: "you, who run the refusing server",
    Party.PEER: "the client that was refused",
    Party.RECIPIENT: "your user, the owner of the mailbox",
}
CONFLICTS = {
    Conflict.CLASS_MISMATCH: "the reply code and the enhanced status code belong to different classes; the first digit "
    "of the reply code counts",
    Conflict.SOFTBOUNCE: "the peer refused for good, but the MTA keeps the message (soft_bounce)",
    Conflict.GREETING_5XX: "the peer refused for good in its greeting, but the MTA tries again, another host first",
    Conflict.EXPIRED_TRANSIENT: "the message expired in the queue; the deferrals before it hold the cause",
    Conflict.WRAPPED_REPLY: "the MTA put codes of its own around the reply of the remote host",
}
RETRIES = {
    Status.POSITIVE: "not needed",
    Status.TRANSIENT: "yes, by itself",
    Status.PERMANENT: "no, something must change first",
}
# What codes of one class have in common for the queue.
SAME_CLASS = {
    Status.POSITIVE: "let the session go on",
    Status.TRANSIENT: "leave the message in the queue of the sender: for the next attempt it makes no difference which",
    Status.PERMANENT: "end the attempt for good: the sender gets the message back, whichever it was",
}


def acts(party: str | None, event: str | None) -> str:
    """Who has to act, in words."""
    if party is None:
        return ""
    if event == Event.REJECTION:
        return _PARTIES_OF_REFUSAL.get(Party(party), PARTIES[Party(party)])
    return PARTIES[Party(party)]


def first_sentence(text: str) -> str:
    """A text up to its first full stop or colon."""
    for end in (". ", ": "):
        text = text.split(end, maxsplit=1)[0]
    return text.rstrip(".")
