"""Mail that is delivered on the machine: mailboxes, aliases, commands, files, virtual mailboxes."""

from __future__ import annotations

import asyncio

from .boxes import BOUNCED, DEFERRED, SENT
from .client import Feeder
from .postfix import Instance, Postfix
from .world import HOMES

LOCAL, VIRTUAL = "postfix/local", "postfix/virtual"

ALIASES = """
root: anna
postmaster: root
team: anna, carl
exit67: "|exit 67"
exit75: "|exit 75"
exit75again: "|exit 75"
exit69: "|exit 69"
exit99: "|echo '5.7.1 (x), status=sent (250 2.0.0 forged'; exit 99"
words: "|echo 550 5.1.1 no such mailbox, says the command; exit 1"
command: "|cat >/dev/null"
file: /dev/null
nodir: /nonexistent/folder/file
include: :include:/nonexistent/list
abroad: ok.60@example.net
badabroad: unknown.60@example.net
"""

INSTANCE = Instance(
    "local",
    "192.0.2.3",
    {
        "mydestination": "example.com, maildir.example.com, command.example.com",
        "alias_maps": "hash:{etc}/aliases",
        "alias_database": "hash:{etc}/aliases",
        "mail_spool_directory": "/var/spool/mail",
        "mailbox_size_limit": "10000",
        "message_size_limit": "10000",
        "virtual_mailbox_limit": "0",
        "recipient_delimiter": "+",
        "transport_maps": "inline:{ {maildir.example.com=maildir:}, {command.example.com=command:} }",
        "virtual_mailbox_domains": "virtual.example",
        "virtual_mailbox_base": "/var/spool/mail",
        "virtual_mailbox_maps": "inline:{ {ann@virtual.example=v/ann}, {bob@virtual.example=v/bob/} }",
        "virtual_uid_maps": "static:1510",
        "virtual_gid_maps": "static:1510",
        "smtpd_reject_unlisted_recipient": "no",
        "propagate_unmatched_extensions": "",
        "delay_warning_time": "2s",
    },
    (
        "maildir unix - n n - - local -o home_mailbox=Maildir/",
        "command unix - n n - - local -o mailbox_command={etc}/deliver",
    ),
    {"aliases": ALIASES, "deliver": "#!/bin/sh\ncat >/dev/null\n"},
)

WANTED = {
    "anna@example.com": (LOCAL, SENT),
    "bert@maildir.example.com": (LOCAL, SENT),
    "bert@command.example.com": (LOCAL, SENT),
    "nosuchuser@example.com": (LOCAL, BOUNCED),
    '"odd, status=sent (x"@example.com': (LOCAL, BOUNCED),
    "exit67@example.com": (LOCAL, BOUNCED),
    "exit75@example.com": (LOCAL, DEFERRED),
    "exit69@example.com": (LOCAL, BOUNCED),
    "exit99@example.com": (LOCAL, BOUNCED),
    "words@example.com": (LOCAL, BOUNCED),
    "command@example.com": (LOCAL, SENT),
    "file@example.com": (LOCAL, SENT),
    "nodir@example.com": (LOCAL, BOUNCED),
    "dora@example.com": (LOCAL, BOUNCED),  # a folder is where her mailbox file should be
    "ann@virtual.example": (VIRTUAL, SENT),
    "bob@virtual.example": (VIRTUAL, SENT),
    "ghost@virtual.example": (VIRTUAL, BOUNCED),
}


async def set_up(server: Postfix) -> None:
    """Make the alias table and the mail folders."""
    mail = HOMES.parent / "mail"
    mail.mkdir()
    mail.chmod(0o1777)
    (mail / "v").mkdir()
    (mail / "v").chmod(0o777)
    (mail / "dora").mkdir()
    await server.succeed(f"hash:{server.config / 'aliases'}", program="postalias")


async def play(feeder: Feeder, server: Postfix) -> None:
    """Deliver to everyone, fill a mailbox, submit with sendmail, hold, release and expire a message."""
    await asyncio.gather(*(feeder.send({address: wish}) for address, wish in WANTED.items()))
    await feeder.alias("postmaster@example.com", {"anna@example.com": (LOCAL, SENT)})
    await feeder.alias("team@example.com", {"anna@example.com": (LOCAL, SENT), "carl@example.com": (LOCAL, SENT)})
    await feeder.alias("abroad@example.com", {"ok.60@example.net": ("postfix/smtp", SENT)})
    await feeder.alias("badabroad@example.com", {"unknown.60@example.net": ("postfix/smtp", BOUNCED)})
    await feeder.alias("include@example.com", {"include@example.com": (LOCAL, BOUNCED)})
    for number in range(3):
        wish = (LOCAL, BOUNCED if number else SENT)
        await feeder.send({f"carl+big{number}@example.com": wish}, *(f"X-Filler-{n}: {'x' * 900}" for n in range(6)))
        await asyncio.sleep(0.5)  # the first is to fill the mailbox, not the one that is fastest
    await server.command("-f", "anna@example.com", "bert@maildir.example.com", program="sendmail", text="hello\n")
    await server.command("-bv", "bert", "nobodyatall", "unknown.61@example.net", program="sendmail")
    held = await feeder.send({"exit75again@example.com": (LOCAL, DEFERRED)})
    for flag in ("-h", "-H", "-e"):
        await asyncio.sleep(0.3)
        await server.command(flag, held.queue_id, program="postsuper")
    again = await feeder.send({"exit75@example.com": (LOCAL, DEFERRED)})
    await asyncio.sleep(0.3)
    for flag in ("-r", "-d"):
        await server.command(flag, again.queue_id, program="postsuper")
