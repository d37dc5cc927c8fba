"""A name server just big enough for mail: A, AAAA, MX, PTR and block list answers from a table."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
from typing import cast

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NUMBERS = {number: name for name, number in TYPES.items()}
NXDOMAIN, SERVFAIL = 3, 2

LISTED = ipaddress.ip_network("198.18.66.0/24")  # clients that the block list names
BLOCK_LIST = "zen.example"


class Zone:
    """Names and what is known of them; unknown names do not exist."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.names: set[str] = set()
        self.broken: set[str] = set()

    def add(self, name: str, kind: str, *values: str) -> None:
        """Add records; an MX value is `10 mx.example.net`."""
        self.names.add(name)
        self.records.setdefault((name, kind), []).extend(values)

    def host(self, name: str, address: str) -> None:
        """Add a host with its address and the way back."""
        self.add(name, "AAAA" if ":" in address else "A", address)
        self.add(ipaddress.ip_address(address).reverse_pointer, "PTR", name)

    def look_up(self, name: str, kind: str) -> tuple[int, list[str]]:
        """Return the response code and the values."""
        if name in self.broken:
            return SERVFAIL, []
        if name.endswith(f".{BLOCK_LIST}"):
            return self._listed(name, kind)
        if name in self.names:
            return 0, self.records.get((name, kind), [])
        return self._client(name, kind)

    def _listed(self, name: str, kind: str) -> tuple[int, list[str]]:
        octets = name.removesuffix(f".{BLOCK_LIST}").split(".")
        if len(octets) != 4 or ipaddress.ip_address(".".join(reversed(octets))) not in LISTED:
            return NXDOMAIN, []
        return 0, {"A": ["127.0.0.2"], "TXT": ["Listed, see https://zen.example/query"]}.get(kind, [])

    def _client(self, name: str, kind: str) -> tuple[int, list[str]]:
        """Answer for feeding clients: 198.18/16 has names both ways, 198.51.100/24 one way, the rest none."""
        if name.endswith(".18.198.in-addr.arpa"):
            low, high = name.split(".")[:2]
            return 0, [f"c-{high}-{low}.client.example"] if kind == "PTR" else []
        if name.endswith(".100.51.198.in-addr.arpa"):
            return 0, [f"h{name.partition('.')[0]}.wrong.example"] if kind == "PTR" else []
        if name.startswith("c-") and name.endswith(".client.example"):
            high, low = name.removeprefix("c-").split(".")[0].split("-")
            return 0, [f"198.18.{high}.{low}"] if kind == "A" else []
        return NXDOMAIN, []


class NameServer(asyncio.DatagramProtocol):
    """Answers questions over UDP."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the answers."""
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        assert self.transport is not None
        self.transport.sendto(answer(self.zone, data), addr)


def answer(zone: Zone, question: bytes) -> bytes:
    """Return the answer to a packet with one question."""
    labels, place = [], 12
    while length := question[place]:
        labels.append(question[place + 1 : place + 1 + length].decode("ascii", "replace"))
        place += length + 1
    kind = NUMBERS.get(struct.unpack("!H", question[place + 1 : place + 3])[0], "?")
    code, values = zone.look_up(".".join(labels).lower(), kind)
    body = b"".join(b"\xc0\x0c" + _record(kind, value) for value in values)
    flags = 0x8580 | code
    header = question[:2] + struct.pack("!HHHHH", flags, 1, len(values), 0, 0)
    return header + question[12 : place + 5] + body


def _record(kind: str, value: str) -> bytes:
    data = _data(kind, value)
    return struct.pack("!HHIH", TYPES[kind], 1, 300, len(data)) + data


def _data(kind: str, value: str) -> bytes:
    if kind in {"A", "AAAA"}:
        return ipaddress.ip_address(value).packed
    if kind == "MX":
        preference, name = value.split(" ")
        return struct.pack("!H", int(preference)) + _name(name)
    if kind == "TXT":
        text = value.encode()
        return bytes([len(text)]) + text
    return _name(value)


def _name(name: str) -> bytes:
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


async def serve(zone: Zone) -> asyncio.DatagramTransport:
    """Start the name server on the world's loopback address."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(zone), local_addr=("127.0.0.1", 53))
    return transport
