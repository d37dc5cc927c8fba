"""A minimal milter: it answers by recipient, sender, HELO name or client, and lets all else pass."""

from __future__ import annotations

import asyncio
import contextlib
import struct

VERSION, MAY_QUARANTINE = 6, 0x20
CONTINUE = b"c"
SILENT = {"D", "A"}  # macros and aborts get no answer

# What to do with mail for a recipient whose local part is the key, and when: RCPT or the end of the message.
AT_RCPT: dict[str, bytes] = {
    "mrcpt451": b"y451 4.7.1 The milter asks you to come back\0",
    "mrcpt550": b"y550 5.7.1 The milter does not like <you>; from=<x@y.example> to=<z>\0",
    "mrcptreject": b"r",
    "mrcpttemp": b"t",
}
AT_END: dict[str, bytes] = {
    "mend550": b"y550 5.7.1 Spam message rejected\0",
    "mend554": b"y554 5.7.1 line one\r\n554 5.7.1 line two\0",
    "mend451": b"y451 4.7.1 Greylisting in action, please come back later\0",
    "mendreject": b"r",
    "mendtemp": b"t",
    "mdiscard": b"d",
    "mhold": b"qheld by the milter\0",
}
AT_MAIL: dict[str, bytes] = {"mmail@sender.example": b"y550 5.7.0 Bad sender\0"}
AT_HELO: dict[str, bytes] = {"mhelo.client.example": b"y550 5.7.1 Bad name\0"}
AT_CONNECT: dict[str, bytes] = {
    "198.18.7.1": b"y421 4.7.0 Not today\0",
    "198.18.7.2": b"r",
    "198.18.7.3": b"t",
}
AT_HEADER: dict[str, bytes] = {"X-Milter-Header": b"y550 5.7.1 Bad header\0"}
VERDICTS = {"C": AT_CONNECT, "H": AT_HELO, "M": AT_MAIL, "R": AT_RCPT, "L": AT_HEADER}


class Talk:
    """One connection from Postfix."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.recipients: list[str] = []

    async def run(self) -> None:
        """Answer packets until Postfix quits."""
        while True:
            (length,) = struct.unpack("!I", await self.reader.readexactly(4))
            packet = await self.reader.readexactly(length)
            command, data = packet[:1].decode("latin-1"), packet[1:]
            if command == "Q":
                return
            if command in SILENT:
                continue
            for answer in self.answers(command, data):
                self.writer.write(struct.pack("!I", len(answer)) + answer)
            await self.writer.drain()

    def answers(self, command: str, data: bytes) -> list[bytes]:
        """Return the packets that answer one command."""
        if command == "O":
            return [b"O" + struct.pack("!III", VERSION, MAY_QUARANTINE, 0)]
        if command == "E":
            return self.end()
        word = data.partition(b"\0")[0].decode("utf-8", "replace").strip("<>")
        if command == "M":
            self.recipients = []
        if command == "R":
            word = word.partition("@")[0]
            self.recipients.append(word)
        if command == "C":
            word = client_of(data)
        return [VERDICTS.get(command, {}).get(word, CONTINUE)]

    def end(self) -> list[bytes]:
        """Return the verdict on a message; a quarantined one passes in the end."""
        verdict = next((AT_END[name] for name in self.recipients if name in AT_END), CONTINUE)
        return [verdict, CONTINUE] if verdict[:1] == b"q" else [verdict]


def client_of(data: bytes) -> str:
    """Return the address in a connection packet: name, NUL, family, port (two bytes), address, NUL."""
    _, _, rest = data.partition(b"\0")
    return rest[3:].split(b"\0")[0].decode("ascii", "replace")


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        await Talk(reader, writer).run()
    writer.close()


async def serve(port: int) -> asyncio.Server:
    """Start the milter on the loopback address."""
    return await asyncio.start_server(_serve, "127.0.0.1", port)
