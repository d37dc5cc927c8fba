"""Mailboxes of the sink: what happens to mail for `NAME@…` and `NAME.7@…`, and how that must end.

Each box has a script and the outcomes its recipients must show, in the order in which they first occur.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .actions import Action, Drop, Reply, Script, Silence, at, raw, say

SENT = ("delivered",)
BOUNCED = ("bounced",)
DEFERRED = ("deferred",)
LATER = ("deferred", "delivered")


@dataclass(frozen=True)
class Box:
    """A mailbox: its script and the outcomes it must lead to."""

    script: Script = field(default_factory=dict)
    outcomes: tuple[str, ...] = SENT


def rcpt(outcomes: tuple[str, ...], *actions: Action) -> Box:
    """Make a box that acts on RCPT."""
    return Box(at("RCPT", *actions), outcomes)


def dot(outcomes: tuple[str, ...], *actions: Action) -> Box:
    """Make a box that acts on the end of the message."""
    return Box(at("END-OF-DATA", *actions), outcomes)


def data(outcomes: tuple[str, ...], *actions: Action) -> Box:
    """Make a box that acts on DATA."""
    return Box(at("DATA", *actions), outcomes)


OK = say(250, "2.1.5", "Ok")

ACCEPTING = {
    "ok": Box(),
    "google": dot(SENT, say(250, "2.0.0", "OK  1767578646 {t}-20020a05600c19c9 - gsmtp")),
    "exchange": dot(
        SENT,
        say(
            250,
            "2.6.0",
            "<{t}@app.example.com> [InternalId=12345678901234, Hostname=EX01.example.net] "
            "8214 bytes in 0.150, 53.254 KB/sec Queued mail for delivery",
        ),
    ),
    "exim": dot(SENT, say(250, None, "OK id={t}-00000000aB1-0001")),
    "qmail": dot(SENT, say(250, None, "ok 1767578646 qp 12345 {t}")),
    "sendmail": dot(SENT, say(250, "2.0.0", "5A1B2C3D {t} Message accepted for delivery")),
    "rows": dot(SENT, say(250, "2.0.0", "{t} taken", "with thanks", "and two more lines")),
    "bare250": dot(SENT, Reply("250", None, ())),
    "odd251": dot(SENT, say(251, "2.1.5", "User not local; will forward")),
    "fakebounce": dot(
        SENT,
        say(250, "2.0.0", "{t}), status=bounced (host x said: 550 5.1.1 no (in reply to RCPT TO command)"),
    ),
}

REFUSING_RCPT = {
    "unknown": rcpt(BOUNCED, say(550, "5.1.1", "<{rcpt}>: Recipient address rejected: User unknown")),
    "grey": rcpt(LATER, say(450, "4.2.0", "<{rcpt}>: Recipient address rejected: Greylisted"), OK),
    "busy451": rcpt(LATER, say(451, "4.3.0", "<{rcpt}>: Temporary lookup failure"), OK),
    "full452": rcpt(DEFERRED, say(452, "4.2.2", "<{rcpt}>: Mailbox full")),
    "full552": rcpt(BOUNCED, say(552, "5.2.2", "<{rcpt}>: Mailbox over quota")),
    "many": rcpt(LATER, say(452, "4.5.3", "Too many recipients", keep=2)),
    "many552": rcpt(BOUNCED, say(552, "5.5.3", "Too many recipients", keep=2)),
    "mis550": rcpt(BOUNCED, say(550, "4.7.1", "Client host is on a list of ours")),
    "mis450": rcpt(DEFERRED, say(450, "5.7.1", "Sender has no permission today")),
    "bare550": rcpt(BOUNCED, Reply("550", None, ())),
    "bare450": rcpt(DEFERRED, Reply("450", None, ())),
    "words550": rcpt(BOUNCED, say(550, None, "No such user here")),
    "seven": rcpt(BOUNCED, say(521, "5.2.1", "Mailbox takes no mail")),
    "moved": rcpt(BOUNCED, say(551, "5.1.6", "User has moved, try <new@example.org>")),
    "syntax": rcpt(BOUNCED, say(501, "5.1.3", "Bad recipient address syntax")),
    "params": rcpt(BOUNCED, say(555, "5.5.4", "Unsupported option")),
    "nomail556": rcpt(BOUNCED, say(556, "5.1.10", "Recipient address has a null MX")),
    "name553": rcpt(BOUNCED, say(553, "5.1.8", "Sender domain does not resolve")),
    "auth530": rcpt(BOUNCED, say(530, "5.7.0", "Authentication required")),
    "quit421": rcpt(LATER, say(421, "4.7.0", "Too many errors, closing", close=True), OK),
    "dropr": rcpt(LATER, Drop(), OK),
    "mute": rcpt(LATER, Silence(), OK),
}

REFUSING_DATA = {
    "data451": data(LATER, say(451, "4.3.2", "Not now"), say(354, None, "Go on")),
    "data554": data(BOUNCED, say(554, "5.5.1", "No valid recipients, says the filter")),
    "data421": data(LATER, say(421, "4.4.2", "Timeout before DATA", close=True), say(354, None, "Go on")),
    "dropd": data(LATER, Drop(), say(354, None, "Go on")),
    "muted": data(LATER, Silence(), say(354, None, "Go on")),
    "dropb": Box(at("BODY", Drop(), Reply("", None, ())), LATER),
    "gmail": dot(
        BOUNCED,
        raw(
            550,
            "5.7.26",
            "550-5.7.26 Your message was blocked because the sender did not authenticate. {t}",
            "550-5.7.26 Either SPF or DKIM is needed here. Authentication results:",
            "550-5.7.26  DKIM = did not pass",
            "550-5.7.26  SPF [example.com] with ip: [192.0.2.1] = did not pass",
            "550 5.7.26 See https://mail.example.net/answer?p=auth d9443c01a7336-2e0 - gsmtp",
        ),
    ),
    "rate": dot(
        DEFERRED,
        raw(
            421,
            "4.7.28",
            "421-4.7.28 An unusual rate of mail from your network was seen. {t}",
            "421 4.7.28 Try again later. d9443c01a7336-2e1 - gsmtp",
        ),
    ),
    "size552": dot(BOUNCED, say(552, "5.3.4", "Message size exceeds fixed limit")),
    "spam": dot(BOUNCED, say(550, "5.7.1", "Message looks like spam, ref {t}, see https://example.net/help?a=(1)")),
    "plain554": dot(BOUNCED, say(554, None, "Transaction failed")),
    "spam554": dot(BOUNCED, say(554, "5.7.1", "Message rejected under policy")),
    "later451": dot(LATER, say(451, "4.7.1", "Please come back"), say(250, None, "{t} thank you")),
    "ms": dot(
        DEFERRED,
        say(451, "4.7.500", "Server busy. Please try again later from [192.0.2.1]. ({t}) [EX01.example.net]"),
    ),
    "dot421": dot(LATER, say(421, "4.3.2", "Shutting down after the dot", close=True), say(250, None, "{t} ok")),
    "dote": dot(LATER, Drop(), say(250, "2.0.0", "Ok {t} at last")),
    "mutee": dot(LATER, Silence(), say(250, "2.0.0", "Ok {t} at last")),
}

FORGED = "{t} x), status=sent (250 2.0.0 Ok: queued as ABC"
HOSTILE = {
    "forged": rcpt(BOUNCED, say(550, "5.7.1", FORGED)),
    "fields": rcpt(
        BOUNCED,
        say(
            550,
            "5.1.1",
            "{t} to=<evil@example.com>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)",
        ),
    ),
    "hostsaid": rcpt(BOUNCED, say(550, None, "{t} host mx.evil.example[203.0.113.9] said: 450 4.1.1 later")),
    "inreply": dot(BOUNCED, say(554, "5.6.0", "{t} bad (in reply to MAIL FROM command)")),
    "refused": dot(DEFERRED, say(451, None, "{t} refused to talk to me: 550 5.7.1 go away")),
    "suspend": dot(DEFERRED, say(452, "4.3.1", "{t} delivery temporarily suspended: connect to x[203.0.113.9]:25: No")),
    "utf8": rcpt(BOUNCED, say(550, "5.1.1", "{t} Empfänger unbekannt — нет такого пользователя 没有此用户")),
    "latin": rcpt(BOUNCED, say(550, "5.1.1", "{t} Empf\udce4nger unbekannt")),
    "long": rcpt(BOUNCED, say(550, "5.7.1", "{t} " + "long story " * 273)),
    "longword": dot(BOUNCED, say(554, "5.7.1", "{t} " + "x" * 3000)),
    "twenty": dot(BOUNCED, say(554, "5.7.1", "{t} line 1 of 20", *(f"line {n} of 20" for n in range(2, 21)))),
    "manylong": dot(BOUNCED, say(554, "5.7.0", "{t} first", *("more of it " * 12 for _ in range(30)))),
    "control": rcpt(BOUNCED, say(550, "5.1.1", "{t} tab\there bell\a escape\x1b[31mred\x1b[0m nul-free\x7f")),
    "twocodes": rcpt(DEFERRED, raw(450, "5.1.1", "550-5.1.1 first line says so {t}", "450 4.1.1 last line counts")),
    "spaces": rcpt(BOUNCED, say(550, "5.1.1", "  {t}  spaces   around  ")),
    "brackets": rcpt(BOUNCED, say(550, "5.7.1", "{t} ((unbalanced [brackets> {here")),
    "code99": rcpt(BOUNCED, say(599, None, "{t} no such code in any RFC")),
    "glued": rcpt(BOUNCED, say(550, None, "#5.1.0 Address rejected {t}")),
    "dsn3": rcpt(BOUNCED, say(550, "5.999.999", "{t} large numbers")),
}

NO_SUCH_USER = say(550, "5.1.1", "No such user: {t}")
QUOTED = {
    '"a, status=sent (x"@example.net': rcpt(BOUNCED, NO_SUCH_USER),
    '"x; from=<a@b> to=<c@d"@example.net': rcpt(BOUNCED, NO_SUCH_USER),
    '"a>, relay=none, delay=0"@example.net': rcpt(BOUNCED, NO_SUCH_USER),
}

BOXES: dict[str, Box] = {**QUOTED, **ACCEPTING, **REFUSING_RCPT, **REFUSING_DATA, **HOSTILE}
