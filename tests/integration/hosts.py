"""Servers of the sink: which domain leads to which host, and how that host acts as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from .actions import Drop, Host, Reply, Script, Silence, at, say
from .boxes import BOUNCED, DEFERRED, LATER, SENT
from .names import Zone

GENERAL, SECOND, WITHOUT = "192.0.2.25", "192.0.2.26", "192.0.2.27"
CLOSED = "192.0.2.250"  # nobody listens there
DEAF = "192.0.2.251"  # connections to it time out
PLAIN = ("SIZE 52428800", "8BITMIME")
NET = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")


@dataclass(frozen=True)
class Domain:
    """A domain whose only mail host acts in its own way, and how mail to it must end."""

    name: str
    outcomes: tuple[str, ...]
    script: Script
    capabilities: tuple[str, ...] = NET


GREETING_OK = Reply("220", None, ("back again ESMTP {t}",))
MAIL_OK = say(250, "2.1.0", "Ok")
TLS = (*NET, "STARTTLS")

SSH = Reply("SSH", None, ("SSH-2.0-OpenSSH_9.2p1",), raw=True)
EHLO_550 = say(550, "5.7.1", "EHLO refused")
HELO_550 = say(550, "5.7.1", "HELO refused too")


def shut(code: int, enhanced: str | None, text: str) -> Reply:
    """Make a reply that ends the session."""
    return say(code, enhanced, text, close=True)


DOMAINS = (
    Domain("busy.example", LATER, at("CONNECT", say(421, "4.3.2", "Too busy", close=True), GREETING_OK)),
    Domain("busybare.example", DEFERRED, at("CONNECT", Reply("421", None, (), close=True))),
    Domain("closedoor.example", DEFERRED, at("CONNECT", shut(554, "5.7.1", "Go away, [192.0.2.1]"))),
    Domain("nomail.example", DEFERRED, at("CONNECT", shut(521, None, "nomail.example takes no mail"))),
    Domain("tempdoor.example", LATER, at("CONNECT", say(450, "4.7.0", "Later", close=True), GREETING_OK)),
    Domain("garbage.example", DEFERRED, at("CONNECT", SSH)),
    Domain("mute.example", DEFERRED, at("CONNECT", Silence())),
    Domain("hangup.example", LATER, at("CONNECT", Drop(), GREETING_OK)),
    Domain("ehlo421.example", LATER, at("EHLO", shut(421, "4.7.0", "Bad name"), say(250, None, "hi"))),
    Domain("ehlo550.example", BOUNCED, {"EHLO": (EHLO_550,), "HELO": (HELO_550,)}),
    Domain("helo.example", SENT, at("EHLO", say(502, None, "Only HELO here"))),
    Domain("ehlodrop.example", DEFERRED, at("EHLO", Drop())),
    Domain("ehlomute.example", DEFERRED, at("EHLO", Silence())),
    Domain("mail421.example", LATER, at("MAIL", say(421, "4.7.1", "Slow down", close=True), MAIL_OK)),
    Domain("mail451.example", LATER, at("MAIL", say(451, "4.1.8", "Sender domain is unknown"), MAIL_OK)),
    Domain("mail550.example", BOUNCED, at("MAIL", say(550, "5.7.1", "Sender is refused"))),
    Domain("mail530.example", BOUNCED, at("MAIL", say(530, "5.7.0", "Must issue a STARTTLS command first"))),
    Domain("mail552.example", BOUNCED, at("MAIL", say(552, "5.3.4", "Message is too big, says SIZE"))),
    Domain("maildrop.example", LATER, at("MAIL", Drop(), MAIL_OK), PLAIN),
    Domain("mailmute.example", LATER, at("MAIL", Silence(), MAIL_OK), PLAIN),
    Domain("tls.example", SENT, {}, TLS),
    Domain("tls454.example", SENT, at("STARTTLS", say(454, "4.7.0", "TLS not available now")), TLS),
    Domain("tlsneed454.example", DEFERRED, at("STARTTLS", say(454, "4.7.0", "TLS not available now")), TLS),
    Domain("tlsneed.example", DEFERRED, {}),
    Domain("tlsdrop.example", DEFERRED, at("STARTTLS", Drop()), TLS),
    Domain("tlsverify.example", DEFERRED, {}, TLS),
    Domain("auth.example", SENT, {}, (*NET, "AUTH PLAIN LOGIN")),
    Domain("auth535.example", DEFERRED, at("AUTH", say(535, "5.7.8", "Authentication credentials invalid")),
           (*NET, "AUTH PLAIN LOGIN")),
    Domain("auth454.example", DEFERRED, at("AUTH", say(454, "4.7.0", "Temporary authentication failure")),
           (*NET, "AUTH PLAIN LOGIN")),
    Domain("authmech.example", DEFERRED, {}, (*NET, "AUTH GSSAPI")),
    Domain("smallsize.example", BOUNCED, {}, ("SIZE 100",)),
    Domain("noutf8.example", SENT, {}, PLAIN),
)  # fmt: skip

# Two mail hosts each: what the first and the second do, and how it ends.
GREET_421 = at("CONNECT", say(421, "4.3.2", "Down for maintenance", close=True))
GREET_554 = at("CONNECT", say(554, "5.7.1", "No service for you", close=True))
RCPT_450 = at("RCPT", say(450, "4.2.0", "First host is grey"))
RCPT_451 = at("RCPT", say(451, "4.3.0", "Second host is ill"))
RCPT_550 = at("RCPT", say(550, "5.1.1", "Second host knows no such user"))
PAIRS: dict[str, tuple[Script, Script, tuple[str, ...]]] = {
    "pair450.example": (RCPT_450, {}, SENT),
    "pair421.example": (GREET_421, {}, SENT),
    "pair554.example": (GREET_554, RCPT_550, BOUNCED),
    "pairbad.example": (RCPT_450, RCPT_451, DEFERRED),
    "pairdot.example": (at("END-OF-DATA", say(451, "4.3.0", "First host fails after the dot")), {}, SENT),
    "pairdrop.example": (at("CONNECT", Drop()), RCPT_550, BOUNCED),
    "pairmail.example": (at("MAIL", say(450, "4.7.1", "First host dislikes the sender")), RCPT_451, DEFERRED),
}


def all_hosts() -> list[Host]:
    """Return every host of the sink that listens on an Internet address."""
    general = [
        Host("mx.example.net", GENERAL), Host("mx.example.org", SECOND),
        Host("plain.example.org", WITHOUT, capabilities=PLAIN, ports=(25, 2525)),
        Host("mx6.example.net", "2001:db8::25"),
    ]  # fmt: skip
    single = [
        Host(f"mx.{domain.name}", f"192.0.2.{50 + number}", domain.script, domain.capabilities)
        for number, domain in enumerate(DOMAINS)
    ]
    double = [
        Host(f"mx{place}.{name}", f"192.0.2.{149 + 2 * number + place}", script)
        for number, (name, (first, second, _)) in enumerate(PAIRS.items())
        for place, script in ((1, first), (2, second))
    ]
    lmtp = [Host("lmtp.example.net", "192.0.2.28", lmtp=True, ports=(24,), capabilities=NET)]
    return [*general, *single, *double, *lmtp]


SOCKET = Host("lmtp", "private/sink", lmtp=True, capabilities=NET)


def zone() -> Zone:
    """Return all names of the world."""
    found = Zone()
    for host in all_hosts():
        found.host(host.name, host.address)
    for name in ("example.com", "client.example", "sender.example"):
        found.add(name, "MX", "10 mx.example.net")
    found.add("example.net", "MX", "10 mx.example.net")
    found.add("example.org", "MX", "10 mx.example.org")
    found.add("plain.example", "MX", "10 plain.example.org")
    found.add("v6.example", "MX", "10 mx6.example.net")
    for domain in DOMAINS:
        found.add(domain.name, "MX", f"10 mx.{domain.name}")
    for name in PAIRS:
        found.add(name, "MX", f"10 mx1.{name}", f"20 mx2.{name}")
    _broken_names(found)
    return found


def _broken_names(found: Zone) -> None:
    """Add the domains whose names lead nowhere."""
    found.add("closed.example", "MX", "10 closed.example.org")
    found.host("closed.example.org", CLOSED)
    found.add("pairdead.example", "MX", "10 closed.example.org", "20 mx.example.net")
    found.add("timeout.example", "A", DEAF)
    found.add("unreach.example", "A", "203.0.113.200")
    found.add("nullmx.example", "MX", "0 .")
    found.add("mxless.example", "MX", "10 nowhere.mxless.example")
    found.add("noaddress.example", "TXT", "nothing here")
    found.add("loop.example", "MX", "10 out.example.com")
    found.add("literal.example", "MX", "10 192.0.2.25")
    found.broken |= {"servfail.example", "brokenmx.servfail.example"}
    found.add("mxbroken.example", "MX", "10 brokenmx.servfail.example")
    for number, name in enumerate(("mx1", "out", "local", "soft", "front", "screen", "sys"), start=1):
        found.host(f"{name}.example.com", f"192.0.2.{number}")
    found.add("bounces.example.com", "MX", "10 mx.example.net")
