"""The words of Exchange: columns by version, statuses, and what it logs beside the mail."""

from typing import NamedTuple

from population import Peer

_2007 = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,"
    "internal-message-id,message-id,recipient-address,recipient-status,total-bytes,recipient-count,"
    "related-recipient-address,reference,message-subject,sender-address,return-path,message-info"
)
_2010 = f"{_2007},directionality,tenant-id,original-client-ip,original-server-ip,custom-data"
_2013 = _2010.replace(",message-id,", ",message-id,network-message-id,")
_2016 = f"{_2013},transport-traffic-type,log-id,schema-version"


class Version(NamedTuple):
    """The number in the header, and the columns."""

    number: str
    columns: tuple[str, ...]


VERSIONS = {
    "2007": Version("8.0.0.0", tuple(_2007.split(","))),
    "2010": Version("14.0.0.0", tuple(_2010.split(","))),
    "2013": Version("15.00.1497.000", tuple(_2013.split(","))),
    "2016": Version("15.01.2507.006", tuple(_2016.split(","))),
    "2019": Version("15.02.1544.009", tuple(_2016.split(","))),
    "SE": Version("15.02.2562.017", tuple(_2016.split(","))),
}
SUBJECTS = (
    "Report", "Offer, second try", 'The "final" plan', "Rechnung für Jänner", "Re: ; , and more", "", "=?odd?=",
    "two\r\nlines", "Meeting", "Minutes of the meeting", "Invoice 4711",
)  # fmt: skip
NOISE = (
    ("AGENTINFO", {"source": "AGENT", "custom-data": "S:AMA=SUM|v=0|action=;S:TRA=ETR|ruleId=7"}),
    ("NOTIFYMAPI", {"source": "STOREDRIVER", "client-hostname": "EX01"}),
    ("HADISCARD", {"source": "SMTP", "source-context": "ShadowRedundancy"}),
    ("HAREDIRECT", {"source": "SMTP"}),
    ("LOAD", {"source": "BOOTLOADER"}),
    ("RESUBMIT", {"source": "SAFETYNET", "custom-data": "a;b,c"}),
    ("RESOLVE", {"source": "ROUTING", "recipient-address": "a@example.com"}),
)
_FAILOVER = (
    "Attempted failover to alternate host, but that did not succeed. Either there are no alternate hosts, or "
    "delivery failed to all alternate hosts. The last endpoint attempted was {ip}:25"
)


def led(text: str, peer: Peer | None, ip: str = "") -> str:
    """A status of Exchange 2013 and later: last error, message, who answered, last retry time."""
    host, address = (peer.host, peer.ip) if peer else ("", ip)
    return f"[{{LED={text}}};{{MSG=}};{{FQDN={host}}};{{IP={address}}};{{LRT=1/5/2026 3:04:59 AM}}]"


def wrapped(text: str, peer: Peer | None) -> str:
    """A reply of another server as Exchange quotes it."""
    tail = _FAILOVER.format(ip=peer.ip if peer else "192.0.2.25")
    return f'451 4.4.0 Primary target IP address responded with: "{text}" {tail}'


def silence(outcome: str, template: str, peer: Peer | None) -> tuple[str, str, str]:
    """What Exchange says when nobody answered: source, text, and its own code."""
    tail = _FAILOVER.format(ip=peer.ip if peer else "192.0.2.25")
    if outcome == "bounced":
        return "DNS", "550 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain", "5.4.4"
    if "timed out" in template:
        return "SMTP", "421 4.4.1 Connection timed out", "4.4.1"
    if "lost connection" in template:
        inner = "421 4.4.2 Connection dropped due to SocketError."
        return "SMTP", f'451 4.4.0 Primary target IP address responded with: "{inner}" {tail}', "4.4.0"
    if "name" in template:
        return "SMTP", "451 4.4.0 DNS query failed. The error was: DNS query failed with error ErrorRetry", "4.4.0"
    inner = "Failed to connect. Winsock error code: 10061, Win32 error code: 10061."
    what = "Error encountered while communicating with primary target IP address"
    return "SMTP", f'441 4.4.1 {what}: "{inner}" {tail}', "4.4.1"


def local_failure(outcome: str, text: str) -> tuple[str, str, str]:
    """What Exchange says of its own mailboxes: source, text, and its own code."""
    if outcome == "deferred":
        return "STOREDRIVER", "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", "4.3.2"
    if "quota" in text.lower() or "full" in text.lower():
        return "STOREDRIVER", "554 5.2.2 STOREDRV.Deliver; mailbox full", "5.2.2"
    return "ROUTING", "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", "5.1.1"
