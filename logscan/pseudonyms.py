"""Keyed pseudonyms: the same name always gets the same one, under one key, and nobody without the key can tell which.

Each is a keyed BLAKE2b hash (RFC 7693) in a form that tools take for what it stands for, and people for a pseudonym:
``user-k3f9x2ab@domain-x7m2p4ca.example``, ``host-a81q5c3d.domain-x7m2p4ca.example``, 240.17.5.99 (RFC 1112 section 4
keeps 240.0.0.0/4 unused), ``2001:db8::…`` (RFC 3849).
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b32hexencode
from collections.abc import Collection
from hashlib import blake2b

_NO_WORDS = str.maketrans("EIOU", "WXYZ")
_BYTES = 5  # 8 letters: two of 100,000 names share one in 1 of 200 tables
# Second labels below which names are registered under the top-level domains of countries.
_SECOND = frozenset(
    "ac asn co com edu gob gouv gov go gv id ltd me mil ne net nhs nom or org plc sch".split()  # noqa: SIM905  # words
)
_NOBODY = frozenset({"localhost", "localdomain", "localhost.localdomain"})
_PROTOCOL = frozenset({"_dmarc", "_domainkey", "_mta-sts", "_smtp", "_tls", "_tcp", "_spf", "_report", "_25"})
_REVERSE = ("in-addr.arpa", "ip6.arpa")
_DEEPEST = 3  # labels that are told apart above a registered name
_OCTET = re.compile(r"[0-9]{1,3}")


class Pseudonyms:
    """Pseudonyms under one key; ``kept`` are the names that stay as they are, as do the last labels of names below."""

    def __init__(self, key: bytes, kept: Collection[str] = ()) -> None:
        self._key = blake2b(key, digest_size=32).digest()  # BLAKE2b takes at most 64 bytes
        self._kept = frozenset({*kept, *_REVERSE})
        self._names: dict[str, str] = {}

    def _hash(self, kind: str, value: str, size: int) -> bytes:
        data = value.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._key, person=kind.encode(), digest_size=size).digest()

    def _word(self, kind: str, value: str) -> str:
        letters = b32hexencode(self._hash(kind, value, _BYTES)).decode()
        return f"{kind}-{letters.translate(_NO_WORDS).lower()}"

    def user(self, local: str) -> str:
        """A local part, a login; quotes and case make no difference."""
        return self._word("user", local.strip('"').lower())

    def id(self, token: str) -> str:
        """A token that tells one message, session or customer from others."""
        return self._word("id", token)

    def provider(self, name: str) -> str:
        """A provider of mail."""
        return self._word("provider", name)

    def address(self, value: str) -> str:
        """A mail address, or a Message-ID; what has no ``@`` is a local part, and the null sender stays."""
        local, at, domain = value.rpartition("@")
        if not at:
            return self.user(value) if value else value
        if domain.startswith("[") and domain.endswith("]"):
            return f"{self.user(local)}@[{self.literal(domain[1:-1])}]"
        return f"{self.user(local)}@{self.name(domain) if domain else ''}"

    def literal(self, value: str) -> str:
        """What stands in an address literal (RFC 5321 section 4.1.3)."""
        tag = value[:5] if value[:5].lower() == "ipv6:" else ""
        return tag + self.ip(value[len(tag) :])

    def ip(self, value: str) -> str:
        """An IP address; loopback addresses stay, and so does what is no address but by its name."""
        try:
            found = ipaddress.ip_address(re.sub(r"(?<![0-9])0+(?=[0-9])", "", value) if ":" not in value else value)
        except ValueError:
            return self.name(value)
        if found.is_loopback or found.is_unspecified:
            return value
        if found.version == 4:
            number = int.from_bytes(self._hash("ip", str(found), 4))
            return str(ipaddress.IPv4Address((0xF << 28) | (number >> 4)))
        plain = str(ipaddress.IPv6Address(int(found)))  # without a zone
        return str(ipaddress.IPv6Address((0x20010DB8 << 96) | int.from_bytes(self._hash("ip", plain, 8))))

    def name(self, value: str) -> str:
        """A host or domain name; parts keep their place, so that a host still shows whose it is."""
        found = self._names.get(value)
        if found is None:
            found = self._names[value] = self._name(value)
        return found

    def keeps(self, value: str) -> bool:
        """Whether a name stays as it is."""
        return value.lower().rstrip(".") in self._kept

    def _name(self, value: str) -> str:
        bare, dot = value.rstrip("."), "." if value.endswith(".") else ""
        plain = _ascii(bare.lower())
        if not plain or plain in _NOBODY or plain in self._kept:
            return value
        labels = plain.split(".")
        if len(labels) == 1:
            return self._word("host", plain) + dot
        if reversed_ip := self._reversed(labels):
            return reversed_ip + dot
        own = self._registered(labels)
        base = ".".join(labels[own:])
        if base not in self._kept:
            base = f"{self._word('domain', base)}.example"
        first = max(own - _DEEPEST, 0)
        above = [
            label if label in _PROTOCOL else self._word("host", ".".join(labels[n:] if n > first else labels))
            for n, label in enumerate(labels[first:own], first)
        ]
        return ".".join([*above, base]) + dot

    def _registered(self, labels: list[str]) -> int:
        """Where in a name the part begins that is kept, or that somebody registered."""
        for start in range(1, len(labels) - 1):
            if ".".join(labels[start:]) in self._kept:
                return start
        deep = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND
        start = len(labels) - (3 if deep else 2)
        return max(start, 0)

    def _reversed(self, labels: list[str]) -> str:
        """A name under which an address is asked for: ``9.2.0.192.zen.spamhaus.org`` (RFC 5782)."""
        octets = labels[:4]
        if len(labels) < 6 or not all(_OCTET.fullmatch(label) and int(label) < 256 for label in octets):
            return ""
        turned = self.ip(".".join(reversed(octets))).split(".")
        return ".".join([*reversed(turned), self.name(".".join(labels[4:]))])


def _ascii(name: str) -> str:
    """A name as the DNS has it (RFC 3490), where it can be written so."""
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


class People(Pseudonyms):
    """Pseudonyms for people alone: domains, hosts, IP addresses and ids stay, as a provider who is asked needs them."""

    def id(self, token: str) -> str:
        """The token."""
        return token

    def ip(self, value: str) -> str:
        """The address."""
        return value

    def name(self, value: str) -> str:
        """The name."""
        return value
