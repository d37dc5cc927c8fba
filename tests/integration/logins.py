"""A minimal authentication server that speaks Dovecot's protocol, for Postfix's smtpd."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
from pathlib import Path

USERS = {"anna@example.com": "right"}


def verdict(line: str) -> str:
    """Answer one AUTH request, which ends in `resp=` and the words of PLAIN."""
    fields = line.split("\t")
    response = next((field[5:] for field in fields if field.startswith("resp=")), "")
    _, user, password = [*base64.b64decode(response).decode().split("\0"), "", ""][:3]
    answer = "OK" if USERS.get(user) == password else "FAIL"
    return f"{answer}\t{fields[1]}\tuser={user}\n"


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    hello = f"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t{os.getpid()}\nCUID\t1\nCOOKIE\t00\nDONE\n"
    writer.write(hello.encode())
    with contextlib.suppress(OSError):
        while line := (await reader.readline()).decode():
            if line.startswith("AUTH\t"):
                writer.write(verdict(line.rstrip("\n")).encode())
    writer.close()


async def serve(path: Path) -> asyncio.Server:
    """Start the server on a socket that Postfix may use."""
    server = await asyncio.start_unix_server(_talk, path)
    path.chmod(0o666)
    return server
