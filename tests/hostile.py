"""Generators of log lines, from plain ones to the worst that a client, a peer or a broken disk can write.

Every text a stranger chooses (an address, a HELO name, a reply) may imitate what the MTA itself writes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

AGENTS = (
    "postfix/smtp", "postfix/smtpd", "postfix-out/smtp", "postfix/submission/smtpd", "postfix/lmtp", "postfix/local",
    "postfix/pipe", "postfix/error", "postfix/qmgr", "postfix/cleanup", "postfix/postscreen", "postfix", "smtpd",
)  # fmt: skip
STRANGERS = ("sshd", "dovecot", "kernel", "amavis", "postgrey", "systemd")
BSD = "Nov 24 05:37:24"
ISO = "2026-11-24T05:37:24.123456+01:00"
# A head for each frame of framing.SYSLOG, by its name.
HEADS = {
    "bsd": BSD + " mx1 {agent}[4711]: ",
    "iso": ISO + " mx1 {agent}[4711]: ",
    "priority-bsd": "<22>" + BSD + " mx1 {agent}[4711]: ",
    "priority-iso": "<22>" + ISO + " mx1 {agent}[4711]: ",
    "rfc5424": "<22>1 " + ISO + " mx1 {agent} 4711 - - ",
    "facility-bsd": BSD + " mx1 mail.info {agent}[4711]: ",
    "facility-iso": ISO + " mx1 mail.info {agent}[4711]: ",
    "bsd-facility-bsd": BSD + " <mail.info> mx1 {agent}[4711]: ",
    "bsd-facility-iso": ISO + " <mail.info> mx1 {agent}[4711]: ",
    "solaris-bsd": BSD + " mx1 {agent}[4711]: [ID 197553 mail.info] ",
    "solaris-iso": ISO + " mx1 {agent}[4711]: [ID 197553 mail.info] ",
}
# Other ways to write the same heads.
VARIANTS = (
    "Nov  4 05:37:24 mx1 {agent}[4711]: ",
    "Nov 04 05:37:24.123456 mx1 {agent}[4711]: ",
    "Nov 24 05:37:24 mx1 {agent}: ",
    "Feb 29 23:59:59 mx1.example.com {agent}[1]: ",
    "2026-11-24T05:37:24+0100 mx1 {agent}[4711]: ",
    "2026-11-24T05:37:24Z mx1 {agent}[4711]: ",
    "2026-11-24T05:37:24,123 mx1 {agent}[4711]: ",
    "2026-10-25T02:30:00 mx1 {agent}[4711]: ",
    "2026-03-29T02:30:00 mx1 {agent}[4711]: ",
    "<22>1 2026-11-24T05:37:24.1Z mx1 {agent} 4711 mail [x@1 a=\"b\"][y@2] \ufeff",
)  # fmt: skip
IMITATIONS = (
    "), status=sent (250 2.0.0 Ok: queued as ABCDEF12",
    ", status=bounced (550 5.1.1 x)",
    ">, relay=evil.example[203.0.113.9]:25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)",
    ", relay=evil.example[203.0.113.9]:25",
    ", dsn=5.0.0",
    ": to=<x@example.net>, relay=none, status=sent (250 ok)",
    "; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>",
    "; from=<a@b.example>, to=<c@d.example>, proto=ESMTP, helo=<e>",
    " (in reply to RCPT TO command)",
    " (in reply to end of DATA command))",
    "host mx.evil.example[203.0.113.9] said: 250 2.0.0 fine",
    " said: 550 no",
    " refused to talk to me: 554 no",
    "delivery temporarily suspended: ",
    "connect to mx.evil.example[203.0.113.9]:25: Connection refused",
    "NOQUEUE: reject: RCPT from x.example[203.0.113.9]: 550 5.1.1 x; from=<a@b> to=<c@d> proto=SMTP helo=<x>",
    "warning: x[203.0.113.9]: SASL LOGIN authentication failed: x",
    "message repeated 2 times: [ x]",
    "ABCDEF12: removed",
    " from local; from=<a@b.example> to=<c@d.example>: 5.7.1 x",
    "]: ",
    "[ID 1 mail.info] ",
)
# Texts of Postfix's own where no peer has spoken.
OWN_TEXTS = (
    "connect to mx.example.org[198.51.100.25]:25: Connection timed out",
    "connect to mx.example.org[private/x]: No such file or directory",
    "lost connection with mx.example.org[2001:db8::5] while receiving the initial server greeting",
    "lost connection with mx.example.org[private/x] while sending RCPT TO",
    "conversation with mx.example.org[192.0.2.1] timed out while sending end of data -- message may be sent more than"
    " once",
    "Host or domain name not found. Name service error for name=example.com type=MX: Host not found, try again",
    'unknown user: "frank"',
    "delivered to maildir",
    "forwarded as 9C1D2E3F40",
    "silently thrown away",
    "TLS is required, but was not offered by host mx.example.org[192.0.2.1]",
    "Server certificate not trusted",
    "SASL authentication failed; server mx.example.org[192.0.2.1] said: 535 5.7.8 no",
    "SASL authentication failed; cannot authenticate to server mx.example.org[192.0.2.1]: no mechanism available",
)
CONTINUATIONS = (*("",) * 3, " 550-5.7.26 more 550 5.7.26 end", "??550-x??550 5.7.1 y", " 450 4.2.0 end", "  ", " \t")
FIELDS = ("tls=may:none", "tls=dane", "conn_use=2", "new_key=x=y", "x=", "_=1", "Key=1", "delay=", "dsn=5.0.0")
OTHERS = (
    "{id}: from=<{address}>, size=602, nrcpt=1 (queue active)",
    "{id}: client={peer}, sasl_method=PLAIN",
    "{id}: message-id=<{address}>",
    "{id}: message-id={text}",
    "{id}: removed",
    "{id}: removed (x)",
    "{id}: uid=33 from=<{address}>",
    "{id}: from=<{address}>, status=expired, returned to sender",
    "{id}: host {peer} said: {text} (in reply to RCPT TO command)",
    "{id}: host {peer} refused to talk to me: 421 {text}",
    "{id}: skipped, still being delivered",
    "{id}: requeued",
    "{id}: filter: RCPT from {peer}: {text}",
    "{id}: warning: header Subject: {text} from {peer}; from=<{address}>",
    "{id}: lost connection with {peer} while {text}",
    "warning: {peer}: SASL LOGIN authentication failed: {text}",
    "warning: hostname {text} does not resolve to address 192.0.2.1",
    "warning: {text}",
    "fatal: {text}",
    "panic: {text}",
    "error: {text}",
    "lost connection after RCPT from {peer}",
    "timeout after DATA (12 bytes) from {peer}",
    "too many errors after RCPT from {peer}",
    "connect from {peer}",
    "disconnect from {peer} ehlo=1",
    "statistics: {text}",
    "PREGREET 5 after 0 from {peer}:1: {text}",
    "SSL_accept error from {peer}: {text}",
    "Anonymous TLS connection established from {peer}: TLSv1.3",
    "connect to {peer}:25: Connection refused",
    "proxy-accept: {text}",
    "{text}",
)
ALL_HEADS = (*HEADS.values(), *VARIANTS)
_PLAIN = ("user", "unknown", "a.b", "450", "550-", "5.1.1", "#4.2.0", "<x@y.example>", "=", "x=1", "ok", "no")
_SIGNS = ('"', "\\", "<", ">", "(", ")", "[", "]", ",", ";", ":", ": ", "  ", "??", "'", "@")
_NASTY = ("ü", "é…", "ﬂ", "İ", "ß", "日本", "\u00a0", "\u2028", "\x85", "\x0b", "\x1c", "\t", "\0", "\ufffd", "😀")
_PIECE = st.one_of(*(st.sampled_from(texts) for texts in (_PLAIN, _PLAIN, _SIGNS, IMITATIONS, _NASTY)))
_LOCAL = st.sampled_from(("anna", "a.b+c", "x=y", "ünal", "o'hara", "postmaster", "1"))
_DOMAIN = st.sampled_from(("example.com", "EXAMPLE.Org", "bücher.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"))
_HOST = st.sampled_from(("mx.example.net", "unknown", "MX-1.example.org", "bücher.example", ""))
_IP = st.sampled_from(("192.0.2.25", "2001:db8::25", "unknown", "::ffff:192.0.2.1", "private/lmtp", "203.0.113.999"))
_CODE = st.sampled_from((
    "250 ", "250", "250 2.0.0 ", "421 4.7.0 ", "450-4.2.0 ", "550 5.1.1 ", "550-", "550-5.7.26 ", "554", "354 ",
    "5.7.1 ", "#5.1.0 ", "600 ", "55 ", "250-2.0.0",
))  # fmt: skip
_NUMBER = st.sampled_from(("0", "0.03", "1.4", "75", "86400", "0.1"))
_DSN = st.sampled_from(("2.0.0", "4.4.1", "5.7.26"))
_QUEUE_ID = st.sampled_from((
    *("3F2A1C0E5B", "4jYWn33NqBz2Kl", "ABCDEF", "NOQUEUE") * 4, "ABC12", "", "3F2A-1C0E", "A" * 40, "A" * 41,
))  # fmt: skip
_STATUS = st.sampled_from(
    ("sent", "sent", "deferred", "bounced", "SOFTBOUNCE", "expired", "undeliverable", "new-word", "")
)
_ACTION = st.sampled_from((
    "reject", "reject", "reject_warning", "hold", "discard", "milter-reject", "proxy-reject", "milter-hold", "filter",
))  # fmt: skip
_STAGE = st.sampled_from(("CONNECT", "RCPT", "MAIL", "END-OF-MESSAGE", "DATA content", "EHLO", "AUTH", "NEW"))
_CONTENT = st.sampled_from(("header", "body", "mime header", "nested-header", "milter"))
_BYTE = st.one_of(
    st.sampled_from(b' ,;:<>()[]="\\@-.0159aAzZ\r\t\0\x80\xff\xc3\xa9'),
    st.integers(0, 255).filter(lambda n: n != 10),
)


def tries(number: int) -> settings:
    """So many examples; with HOSTILE=20 in the environment twenty times as many."""
    return settings(max_examples=number * int(os.environ.get("HOSTILE", "1")))


@st.composite
def words(draw: DrawFn) -> str:
    """A few words, now and then signs that matter to a parser, or an imitation."""
    pieces = draw(st.lists(_PIECE, max_size=5))
    return draw(st.sampled_from((" ", ""))).join(pieces)


@st.composite
def addresses(draw: DrawFn) -> str:
    """What stands between the angle brackets of an address."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return ""
    if kind == 1:
        return draw(words())
    if kind <= 4:
        text = draw(words()).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"@{draw(_DOMAIN)}'
    return draw(_LOCAL) + (f"@{draw(_DOMAIN)}" if kind > 5 else "")


@st.composite
def peers(draw: DrawFn) -> str:
    """``host[ip]`` as Postfix writes it, and some that are not well-formed."""
    return f"{draw(_HOST)}[{draw(_IP)}]"


@st.composite
def replies(draw: DrawFn) -> str:
    """What a peer said, or an MTA's own error text."""
    kind = draw(st.integers(0, 3))
    if kind < 2:
        return draw(_CODE) + draw(words()) + draw(st.sampled_from(CONTINUATIONS))
    return draw(st.sampled_from(OWN_TEXTS)) if kind == 2 else draw(words())


@st.composite
def results(draw: DrawFn) -> str:
    """What stands in the brackets behind ``status=``."""
    before = draw(st.sampled_from(("", "", "delivery temporarily suspended: ")))
    who = draw(st.sampled_from(("", "host {} said: ", "host {} refused to talk to me: "))).format(draw(peers()))
    command = draw(st.sampled_from((None, "RCPT TO", "MAIL FROM", "end of DATA", "XFORWARD name/address", "SEND", "")))
    return before + who + draw(replies()) + ("" if command is None else f" (in reply to {command} command)")


@st.composite
def deliveries(draw: DrawFn) -> str:
    """A delivery record with its fields in any order, unknown ones among them."""
    fields = [f"orig_to=<{draw(addresses())}>"] if draw(st.integers(0, 2)) == 0 else []
    relay = draw(st.sampled_from(("none", "local", "dovecot", "{}", "{}:25"))).format(draw(peers()))
    known = [f"relay={relay}", f"delay={draw(_NUMBER)}", f"dsn={draw(_DSN)}"]
    known.append("delays=" + "/".join(draw(st.lists(_NUMBER, min_size=4, max_size=4))))
    extra = draw(st.lists(st.sampled_from(FIELDS), max_size=2))
    fields += draw(st.permutations(known + extra)) if draw(st.booleans()) else known[: draw(st.integers(0, 4))]
    end = draw(st.sampled_from((")", ")", ")", "", "))")))
    start = f"{draw(_QUEUE_ID)}: to=<{draw(addresses())}>"
    return ", ".join([start, *fields]) + f", status={draw(_STATUS)} ({draw(results())}{end}"


@st.composite
def tails(draw: DrawFn) -> str:
    """What smtpd and postscreen write behind a reply."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(("; proto=SMTP", "", ";", "; from=<x@y.example> proto=SMTP helo=<z>")))
    comma = draw(st.sampled_from(("", "", ",")))
    after = draw(st.sampled_from(("", "", " sasl_method=PLAIN sasl_username=x", " x")))
    pair = f"; from=<{draw(addresses())}>{comma} to=<{draw(addresses())}>{comma}"
    return f"{pair} proto=ESMTP{comma} helo=<{draw(words())}>{after}"


@st.composite
def refusals(draw: DrawFn) -> str:
    """What smtpd, postscreen and cleanup write when they refuse, hold, discard or only warn."""
    head = f"{draw(_QUEUE_ID)}: {draw(_ACTION)}: "
    if draw(st.integers(0, 2)):
        port = draw(st.sampled_from(("", ":41000")))
        return head + f"{draw(_STAGE)} from {draw(peers())}{port}: {draw(replies())}{draw(tails())}"
    origin = draw(st.one_of(peers(), st.just("local")))
    return head + f"{draw(_CONTENT)} {draw(words())} from {origin}{draw(tails())}"


@st.composite
def others(draw: DrawFn) -> str:
    """Lines that are no reply: facts about messages, notices, lines left alone, nonsense."""
    form = draw(st.sampled_from(OTHERS))
    return form.format(id=draw(_QUEUE_ID), address=draw(addresses()), peer=draw(peers()), text=draw(words()))


@st.composite
def payloads(draw: DrawFn) -> str:
    """Anything that may stand behind a syslog head; sometimes cut short, sometimes folded."""
    text = draw(st.one_of(deliveries(), refusals(), others()))
    fate = draw(st.integers(0, 9))
    if fate == 0:
        return text[: draw(st.integers(0, len(text)))]
    if fate == 1:
        return f"message repeated {draw(st.integers(1, 3))} times: [ {text}" + draw(st.sampled_from(("]", "")))
    return text


@st.composite
def lines(draw: DrawFn, heads: Sequence[str] = ALL_HEADS) -> bytes:
    """A framed line; mostly of Postfix, sometimes of another program."""
    agent = draw(st.sampled_from(STRANGERS if draw(st.integers(0, 9)) == 0 else AGENTS))
    text = draw(st.sampled_from(heads)).format(agent=agent) + draw(payloads())
    return text.encode()


@st.composite
def logs(draw: DrawFn, heads: Sequence[str] = ALL_HEADS, most: int = 12) -> bytes:
    """Some lines of one or several frames with either line end; the last one perhaps with none."""
    end = st.sampled_from((b"\n", b"\n", b"\n", b"\r\n"))
    whole = b"".join(draw(lines(heads)) + draw(end) for _ in range(draw(st.integers(0, most))))
    return whole + (draw(lines(heads)) if draw(st.integers(0, 3)) == 0 else b"")


@st.composite
def mutations(draw: DrawFn, whole: Sequence[bytes], most: int = 3) -> bytes:
    """One of some lines after a few random edits of its bytes; it stays one line."""
    line = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, len(line)))
        kind = draw(st.integers(0, 5))
        put = bytes([draw(_BYTE)])
        if kind == 5:
            line = line[:at] if draw(st.booleans()) else line[at:]
            continue
        length = draw(st.integers(1, 20))
        after = (
            line[at:],
            line[at + 1 :],
            put + line[at:],
            put + line[at + 1 :],
            line[at : at + length] + line[at:],
        )
        line = line[:at] + after[kind]
    return line
