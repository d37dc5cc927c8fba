"""Postfix's own forms: queue ids, delays, TLS and the lines that have nothing to do with a message."""

from datetime import datetime, timedelta
from random import Random

from events import Attempt, Noise, Session

LONG_ALPHABET = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
IN_REPLY_TO = {
    "EHLO": "EHLO",
    "STARTTLS": "STARTTLS",
    "MAIL": "MAIL FROM",
    "RCPT": "RCPT TO",
    "DATA": "DATA",
    "EOD": "end of DATA",
}
KEYS = " key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256"
CIPHERS = (
    "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
    "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)" + KEYS,
    "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
    "TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits)",
)
# Weight, program and text; {client} is host[ip].
NOISE = (
    (
        24,
        "dovecot",
        "imap-login: Login: user=<{user}>, method=PLAIN, rip={ip}, lip=192.0.2.1, mpid={pid}, TLS",
    ),
    (20, "dovecot", "imap({user})<{pid}><k3J/aBcD>: Logged out in={n} out={n}{n}"),
    (
        8,
        "dovecot",
        "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{user}>, rip={ip}, TLS",
    ),
    (
        6,
        "postgrey[812]",
        "action=pass, reason=triplet found, client_name=unknown, client_address={ip}, recipient={user}",
    ),
    (5, "postfix/dnsblog[{pid}]", "addr {ip} listed by domain zen.spamhaus.org as 127.0.0.4"),
    (4, "postfix/smtpd[{pid}]", "SSL_accept error from {client}: lost connection"),
    (
        3,
        "postfix/smtpd[{pid}]",
        "warning: TLS library problem: error:0A000076:SSL routines::no suitable signature "
        "algorithm:../ssl/t1_lib.c:3331:",
    ),
    (3, "postfix/smtpd[{pid}]", "warning: non-SMTP command from {client}: GET / HTTP/1.1"),
    (2, "postfix/smtpd[{pid}]", "improper command pipelining after EHLO from {client}: QUIT\\r\\n"),
    (2, "postfix/smtpd[{pid}]", "too many errors after AUTH from {client}"),
    (2, "postfix/smtpd[{pid}]", "warning: Connection rate limit exceeded: 61 from {client} for service smtp"),
    (2, "postfix/scache[{pid}]", "statistics: address lookup hits=0 miss={n} success=0%"),
    (2, "postfix/scache[{pid}]", "statistics: max simultaneous domains=2 addresses=3 connection=4"),
    (2, "postfix/smtp[{pid}]", "warning: no MX host for nohost.example has a valid address record"),
    (
        2,
        "postfix/smtp[{pid}]",
        "certificate verification failed for mx1.old.example[192.0.2.9]:25: self-signed certificate",
    ),
    (1, "postfix/qmgr[1202]", "warning: mail for example.org is using up 4001 of 6000 active queue entries"),
    (
        1,
        "postfix/cleanup[{pid}]",
        "warning: milter inet:127.0.0.1:11332: can't read SMFIC_EOH reply packet header: Connection reset by peer",
    ),
    (
        1,
        "postfix/trivial-rewrite[{pid}]",
        "warning: do not list domain example.net in BOTH mydestination and virtual_mailbox_domains",
    ),
    (1, "postfix/proxymap[{pid}]", "warning: connect to mysql server 127.0.0.1: Too many connections"),
    (
        1,
        "postfix/smtpd[{pid}]",
        "fatal: proxy:mysql:/etc/postfix/users.cf(0,lock|fold_fix): table lookup problem",
    ),
    (1, "postfix/master[812]", "warning: process /usr/lib/postfix/sbin/smtpd pid {pid} exit status 1"),
    (1, "postfix/tlsproxy[{pid}]", "DISCONNECT [{ip}]:{n}"),
)


def noise(event: Noise, rng: Random) -> tuple[str, str]:
    """Give a program's tag and its text."""
    _, tag, text = rng.choices(NOISE, [entry[0] for entry in NOISE])[0]
    values = {
        "client": f"{event.client.host}[{event.client.ip}]",
        "ip": event.client.ip,
        "user": event.user,
        "pid": str(rng.randrange(2_000, 60_000)),
        "n": str(rng.randrange(100, 9_999)),
    }
    return tag.format_map(values), text.format_map(values)


def base52(number: int, width: int) -> str:
    """Write a number in the alphabet of long queue ids, which has no vowels."""
    digits = ""
    while number or len(digits) < width:
        number, digit = divmod(number, 52)
        digits = LONG_ALPHABET[digit] + digits
    return digits


def seconds(value: float) -> str:
    """Write a delay as Postfix does: two digits that count, at most two of them after the point."""
    if value < 0.005:
        return "0"
    if value < 9.95:
        return f"{value:.2f}".rstrip("0").rstrip(".") if value < 0.995 else f"{value:.2g}"
    return str(int(value + 0.5))


def clock(start: datetime, at: float) -> str:
    """Write a moment as it stands inside the text of anvil's lines."""
    moment = start + timedelta(seconds=int(at))
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"


def said(attempt: Attempt, host: str, ip: str) -> str:
    """Word a refusal by a peer."""
    if attempt.reply.phase == "GREETING":
        return f"host {host}[{ip}] refused to talk to me: {attempt.text}"
    return f"host {host}[{ip}] said: {attempt.text} (in reply to {IN_REPLY_TO[attempt.reply.phase]} command)"


def outcome_text(attempt: Attempt) -> str:
    """Give what stands in the brackets behind the status."""
    text, peer = attempt.text, attempt.peer
    if peer is not None and attempt.outcome not in ("sent", "deliverable") and attempt.reply.phase:
        text = said(attempt, peer.host, peer.ip)
    return f"delivery temporarily suspended: {text}" if attempt.suspended else text


def relay(attempt: Attempt) -> str:
    """Name the peer as the relay field does."""
    peer, reply = attempt.peer, attempt.reply
    if peer is None:
        return "dovecot" if attempt.transport == "pipe" else attempt.transport
    never_connected = ("connect to", "Host or domain", "unable to", "Domain ", "mail for")
    if attempt.suspended or (not reply.phase and reply.template.startswith(never_connected)):
        return "none"
    return f"{peer.host}[{peer.ip}]" + (f":{peer.port}" if peer.port else "")


def commands(session: Session) -> str:
    """Count the commands of a session as the disconnect line does."""
    taken, refused, tls = len(session.messages), len(session.refusals), session.tls
    counts = [("ehlo", 1 + tls, 1 + tls)]
    if tls:
        counts.append(("starttls", 1, 1))
    if session.user or session.ending == "AUTH":
        counts.append(("auth", int(bool(session.user)), 1))
    if taken or refused:
        tried = sum(message.recipients for message in session.messages) + refused
        counts += [("mail", max(taken, 1), max(taken, 1)), ("rcpt", tried - refused, tried)]
    if taken:
        counts.append(("data", taken, taken))
    if session.ending == "quit":
        counts.append(("quit", 1, 1))
    counts.append(("commands", sum(good for _, good, _ in counts), sum(tried for _, _, tried in counts)))
    return " ".join(f"{name}={good}" if good == tried else f"{name}={good}/{tried}" for name, good, tried in counts)
