"""One Postfix instance: its own configuration, queue, data and log, started and stopped here."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

COMMON = {
    "compatibility_level": "3.6",
    "mydomain": "example.com",
    "myorigin": "example.com",
    "mynetworks": "127.0.0.0/8 192.0.2.0/28 198.18.1.0/24",
    "inet_protocols": "ipv4",
    "mydestination": "",
    "local_recipient_maps": "",
    "alias_maps": "",
    "alias_database": "",
    "biff": "no",
    "append_dot_mydomain": "no",
    "disable_vrfy_command": "no",
    "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_error_sleep_time": "0",
    "smtpd_timeout": "4s",
    "queue_run_delay": "2s",
    "minimal_backoff_time": "3s",
    "maximal_backoff_time": "6s",
    "maximal_queue_lifetime": "8s",
    "bounce_queue_lifetime": "8s",
    "bounce_template_file": "{etc}/bounce.cf",
    "smtp_connect_timeout": "3s",
    "smtp_helo_timeout": "2s",
    "smtp_mail_timeout": "2s",
    "smtp_rcpt_timeout": "2s",
    "smtp_data_init_timeout": "2s",
    "smtp_data_xfer_timeout": "3s",
    "smtp_data_done_timeout": "2s",
    "smtp_starttls_timeout": "2s",
    "smtp_tls_security_level": "may",
    "lmtp_data_done_timeout": "2s",
    "in_flow_delay": "0",
    "transport_retry_time": "5s",
}

# The built-in text mentions hours and days, which Postfix takes ill when they round to nothing.
BOUNCE_TEMPLATE = """
delay_template = <<EOF
Charset: us-ascii
From: MAILER-DAEMON (Mail Delivery System)
Subject: Delayed Mail (still being retried)
Postmaster-Subject: Postmaster Warning: Delayed Mail

Your message could not be delivered yet. It will be tried again.
EOF
"""

SERVICES = """
pickup unix n - n 2 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 2 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp -o syslog_name=postfix/$service_name
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Instance:
    """A Postfix instance; `settings` go over the common ones, `services` are lines of `master.cf`."""

    name: str
    address: str
    settings: dict[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    hostname: str = ""
    syslog: bool = False

    @property
    def listener(self) -> str:
        """Return the usual smtpd line for the instance's address."""
        return f"{self.address}:25 inet n - n - - smtpd"


class Postfix:
    """A running instance; its folders exist only in the world that `world` has prepared."""

    def __init__(self, instance: Instance, logs: Path) -> None:
        self.instance = instance
        self.config = Path(f"/etc/postfix-{instance.name}")
        self.queue = Path(f"/var/spool/postfix-{instance.name}")
        self.data = Path(f"/var/spool/data/{instance.name}")
        self.log = logs / f"{instance.name}.log"

    def write(self) -> None:
        """Write the configuration and make the folders."""
        for folder in (self.config, self.queue, self.data):
            folder.mkdir(parents=True)
        shutil.chown(self.data, "postfix")
        settings = {
            **COMMON,
            "myhostname": self.instance.hostname or f"{self.instance.name}.example.com",
            "inet_interfaces": self.instance.address,
            "queue_directory": str(self.queue),
            "data_directory": str(self.data),
            **({} if self.instance.syslog else self._logging()),
            **self.instance.settings,
        }
        text = "".join(f"{key} = {self._fill(value)}\n" for key, value in settings.items())
        (self.config / "main.cf").write_text(text)
        services = self.instance.services or (self.instance.listener,)
        if not any(line.split(" ")[1] == "inet" for line in services):
            services = (self.instance.listener, *services)
        (self.config / "master.cf").write_text(self._fill(SERVICES + "\n".join(services) + "\n"))
        for name, content in self.instance.files.items():
            (self.config / name).write_text(self._fill(content))
            (self.config / name).chmod(0o755 if content.startswith("#!") else 0o644)
        (self.config / "bounce.cf").write_text(BOUNCE_TEMPLATE)

    def _logging(self) -> dict[str, str]:
        return {"maillog_file": str(self.log), "maillog_file_prefixes": str(self.log.parent)}

    def _fill(self, text: str) -> str:
        return text.replace("{etc}", str(self.config)).replace("{data}", str(self.data))

    async def command(self, *words: str, program: str = "postfix", text: str = "") -> tuple[int, str]:
        """Run a Postfix command for this instance; return its exit status and what it said."""
        process = await asyncio.create_subprocess_exec(
            f"/usr/sbin/{program}", *(() if program == "sendmail" else ("-c", str(self.config))), *words,
            env={**os.environ, "MAIL_CONFIG": str(self.config)},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate(text.encode())
        return process.returncode or 0, output.decode("utf-8", "replace")

    async def start(self) -> None:
        """Write the configuration and start the instance."""
        self.write()
        for table in self.config.glob("*.hash"):
            await self.succeed(f"hash:{table}", program="postmap")
        await self.succeed("start")

    async def succeed(self, *words: str, program: str = "postfix") -> None:
        """Run a Postfix command that must succeed."""
        status, output = await self.command(*words, program=program)
        if status:
            log = self.log.read_text() if self.log.exists() else ""
            raise RuntimeError(f"{self.instance.name}: {program} {' '.join(words)} failed: {output}{log}")

    async def stop(self) -> None:
        """Stop the instance."""
        await self.command("stop")

    def waiting(self) -> int:
        """Return how many messages are on their way; held ones are not."""
        folders = ("maildrop", "incoming", "active", "deferred")
        return sum(1 for name in folders for path in (self.queue / name).rglob("*") if path.is_file())

    async def quiet(self, timeout: float) -> bool:
        """Wait until no message is on its way for a second; return False when that takes too long."""
        end = time.monotonic() + timeout
        calm = 0
        while calm < 4:
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.25)
            calm = 0 if self.waiting() else calm + 1
        return True
