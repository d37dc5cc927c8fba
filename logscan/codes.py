"""The vocabularies of the events table, and reply codes and enhanced status codes as values.

Everything here is closed: a word that is not in an enumeration cannot enter a table. What the words mean to
an administrator (definition, remedy) is data in ``patterns/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """What kind of SMTP reply an event reports."""

    DELIVERY = "delivery"
    REJECTION = "rejection"
    SESSION = "session"


class Direction(StrEnum):
    """Which way the mail was going."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    LOCAL = "local"


class SmtpCommand(StrEnum):
    """The command a reply answers (RFC 5321 section 4.1); HELO and LHLO count as EHLO, BDAT as DATA."""

    CONNECT = "CONNECT"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END_OF_DATA = "END-OF-DATA"
    OTHER = "OTHER"


class ReplyClass(StrEnum):
    """The first digit of a reply code (RFC 5321 section 4.2.1)."""

    POSITIVE_COMPLETION = "positive_completion"
    POSITIVE_INTERMEDIATE = "positive_intermediate"
    TRANSIENT_NEGATIVE = "transient_negative"
    PERMANENT_NEGATIVE = "permanent_negative"


class Outcome(StrEnum):
    """What the MTA did with the message or the client."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    SOFTBOUNCED = "softbounced"
    REJECTED = "rejected"
    DISCARDED = "discarded"
    HELD = "held"
    EXPANDED = "expanded"
    OTHER = "other"


class Status(StrEnum):
    """What events are grouped by."""

    POSITIVE = "positive"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """The evidence that decided the reason."""

    RULE = "rule"
    WORDS = "words"
    REPLY_CODE = "reply_code"
    ENHANCED_CODE = "enhanced_code"
    DSN = "dsn"
    OUTCOME = "outcome"


class Party(StrEnum):
    """Who has to act so that the mail gets through."""

    US = "us"
    RECIPIENT = "recipient"
    PEER = "peer"
    NETWORK = "network"
    NOBODY = "nobody"


class Conflict(StrEnum):
    """How two pieces of evidence about one reply disagree."""

    CLASS_MISMATCH = "class_mismatch"
    SOFTBOUNCE = "softbounce"
    GREETING_5XX = "greeting_5xx"
    EXPIRED_TRANSIENT = "expired_transient"
    WRAPPED_REPLY = "wrapped_reply"


class Reason(StrEnum):
    """Why a message was refused, delayed or bounced, in a postmaster's terms (``patterns/reasons.toml``)."""

    USER_UNKNOWN = "user_unknown"
    USER_DISABLED = "user_disabled"
    USER_MOVED = "user_moved"
    MAILBOX_FULL = "mailbox_full"
    ADDRESS_SYNTAX = "address_syntax"
    RECIPIENT_RESTRICTED = "recipient_restricted"
    DOMAIN_UNKNOWN = "domain_unknown"
    NO_MAIL_DOMAIN = "no_mail_domain"
    DNS_FAILURE = "dns_failure"
    NETWORK_ERROR = "network_error"
    ROUTING_LOOP = "routing_loop"
    EXPIRED = "expired"
    RELAY_DENIED = "relay_denied"
    SMTP_AUTH = "smtp_auth"
    SENDER_REJECTED = "sender_rejected"
    SENDER_AUTH = "sender_auth"
    CLIENT_IDENTITY = "client_identity"
    IP_BLOCKLISTED = "ip_blocklisted"
    DOMAIN_BLOCKLISTED = "domain_blocklisted"
    POOR_REPUTATION = "poor_reputation"
    SPAM_CONTENT = "spam_content"
    VIRUS = "virus"
    PROHIBITED_CONTENT = "prohibited_content"
    POLICY = "policy"
    MESSAGE_MALFORMED = "message_malformed"
    MESSAGE_TOO_BIG = "message_too_big"
    GREYLISTED = "greylisted"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    TLS_FAILURE = "tls_failure"
    SYSTEM_FULL = "system_full"
    SERVER_ERROR = "server_error"
    PROTOCOL_ERROR = "protocol_error"
    LOCAL_ERROR = "local_error"
    UNDEFINED = "undefined"
    DELIVERED = "delivered"


_CLASS_OF_DIGIT = {
    "2": ReplyClass.POSITIVE_COMPLETION,
    "3": ReplyClass.POSITIVE_INTERMEDIATE,
    "4": ReplyClass.TRANSIENT_NEGATIVE,
    "5": ReplyClass.PERMANENT_NEGATIVE,
}
STATUS_OF_DIGIT = {
    "2": Status.POSITIVE,
    "3": Status.POSITIVE,
    "4": Status.TRANSIENT,
    "5": Status.PERMANENT,
}
# RFC 3463 section 2: class "." subject "." detail, subject and detail up to three digits.
ENHANCED = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"
_ENHANCED_RE = re.compile(rf"(?:{ENHANCED})\Z")


@dataclass(frozen=True, order=True, slots=True)
class ReplyCode:
    """The three digits of an SMTP reply (RFC 5321 section 4.2)."""

    value: int

    def __post_init__(self) -> None:
        if not 200 <= self.value <= 599:
            raise ValueError(f"{self.value} is no SMTP reply code: those run from 200 to 599")

    def __str__(self) -> str:
        return str(self.value)

    @property
    def reply_class(self) -> ReplyClass:
        """The class its first digit names (RFC 5321 section 4.2.1)."""
        return _CLASS_OF_DIGIT[str(self)[0]]

    @property
    def status(self) -> Status:
        """Positive, transient or permanent, by the first digit."""
        return STATUS_OF_DIGIT[str(self)[0]]


@dataclass(frozen=True, order=True, slots=True)
class EnhancedStatusCode:
    """An enhanced mail system status code, class.subject.detail (RFC 3463 section 2)."""

    klass: int
    subject: int
    detail: int

    @classmethod
    def parse(cls, text: str) -> EnhancedStatusCode:
        """Read ``X.Y.Z``; raises ValueError for anything else."""
        if not _ENHANCED_RE.match(text):
            raise ValueError(f"{text!r} is no enhanced status code: those look like 4.7.28 (RFC 3463)")
        klass, subject, detail = (int(part) for part in text.split("."))
        return cls(klass, subject, detail)

    def __str__(self) -> str:
        return f"{self.klass}.{self.subject}.{self.detail}"

    @property
    def generic(self) -> str:
        """The code with its class left open, as the IANA registry lists it: ``X.7.28``."""
        return f"X.{self.subject}.{self.detail}"

    @property
    def status(self) -> Status:
        """Positive, transient or permanent, by the class."""
        return STATUS_OF_DIGIT[str(self.klass)]
