"""Clients that meet postscreen: too early, listed, pipelining, babbling, or too many."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from .client import Client, Feeder, talk
from .postfix import Instance

ADDRESS = "192.0.2.6"
INSTANCE = Instance(
    "screen",
    ADDRESS,
    {
        "mydestination": "example.com",
        "local_recipient_maps": "inline:{anna=x}",
        "local_transport": "discard:taken",
        "mynetworks": "127.0.0.0/8",
        "postscreen_greet_wait": "2s",
        "postscreen_greet_action": "enforce",
        "postscreen_access_list": "cidr:{etc}/access.cidr",
        "postscreen_denylist_action": "enforce",
        "postscreen_dnsbl_sites": "zen.example*2",
        "postscreen_dnsbl_threshold": "2",
        "postscreen_dnsbl_action": "enforce",
        "postscreen_pipelining_enable": "yes",
        "postscreen_pipelining_action": "enforce",
        "postscreen_non_smtp_command_enable": "yes",
        "postscreen_bare_newline_enable": "yes",
        "postscreen_bare_newline_action": "enforce",
        "postscreen_client_connection_count_limit": "2",
        "postscreen_cache_map": "btree:{data}/screen",
        "postscreen_command_time_limit": "3s",
        "postscreen_command_count_limit": "6",
    },
    (
        f"{ADDRESS}:25 inet n - n - 1 postscreen",
        "smtpd pass - - n - - smtpd",
        "dnsblog unix - - n - 0 dnsblog",
        "tlsproxy unix - - n - 0 tlsproxy",
    ),
    {"access.cidr": "198.18.6.2 reject\n198.18.6.3 permit\n198.18.6.20 permit\n"},
)

MAIL = ("MAIL FROM:<a@sender.example>", "RCPT TO:<anna@example.com>", "QUIT")


async def early(feeder: Feeder, source: str) -> None:
    """Talk before the greeting."""
    async with Client(feeder.log, feeder.instance, feeder.address, source) as client:
        client.write("EHLO early.client.example")
        await client.hear("CONNECT")
        await client.hear("EHLO")
        client.helo = "early.client.example"
        for step in ("HELO early.client.example", *MAIL):
            await client.say(step)


async def rough(feeder: Feeder, source: str, data: bytes, count: int) -> None:
    """Send bytes after the greeting, read some replies and hang up."""
    async with Client(feeder.log, feeder.instance, feeder.address, source) as client:
        await client.hear("CONNECT")
        client.helo = "rough.client.example"
        await client.say("EHLO rough.client.example")
        client.writer.write(data)
        client.sender = "r@sender.example"
        for phase in ("MAIL", "RCPT", "OTHER", "OTHER")[:count]:
            await client.hear(phase, "anna@example.com" if phase == "RCPT" else None)


async def crowd(feeder: Feeder, source: str) -> None:
    """Hold more connections than one client may."""
    async with AsyncExitStack() as stack:
        for _ in range(4):
            client = Client(feeder.log, feeder.instance, feeder.address, source)
            await stack.enter_async_context(client)
            await asyncio.sleep(0.1)
        await client.hear("CONNECT")


async def hang_up(feeder: Feeder, source: str) -> None:
    """Hang up while the tests are running."""
    async with Client(feeder.log, feeder.instance, feeder.address, source):
        await asyncio.sleep(0.3)


async def play(feeder: Feeder) -> None:
    """Bring all kinds of clients; one of them passes and comes back."""
    hello = "EHLO new.client.example"
    pipelined = b"MAIL FROM:<r@sender.example>\r\nRCPT TO:<anna@example.com>\r\nQUIT\r\n"
    bare = b"MAIL FROM:<r@sender.example>\nRCPT TO:<anna@example.com>\r\nQUIT\r\n"
    await asyncio.gather(
        early(feeder, "198.18.6.1"),
        talk(feeder, "198.18.6.2", hello, *MAIL),
        talk(feeder, "198.18.6.3", hello, *MAIL),
        talk(feeder, "198.18.66.1", hello, *MAIL),
        talk(feeder, "198.18.6.4", hello, *MAIL),
        rough(feeder, "198.18.6.5", pipelined, 3),
        rough(feeder, "198.18.6.6", bare, 3),
        talk(feeder, "198.18.6.7", hello, "Subject: not a command", *MAIL),
        talk(feeder, "198.18.6.8", hello, *["NOOP"] * 8),
        talk(feeder, "198.18.6.9", hello, "RCPT TO:<anna@example.com>", "FOO", "MAIL FROM:bad", "QUIT"),
        crowd(feeder, "198.18.6.10"),
        hang_up(feeder, "198.18.6.11"),
        talk(feeder, "198.18.6.20", hello, MAIL[0], "RCPT TO:<ghost@example.com>", "QUIT"),
    )
    await talk(feeder, "198.18.6.4", hello, *MAIL)
