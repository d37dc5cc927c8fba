"""Exim: its configuration, queue and logs, started and stopped here. One instance for each world."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen, run

from . import packages, world

ADDRESS, HOSTNAME = "192.0.2.1", "mx1.example.com"
SPOOL = Path("/var/spool/exim4")
CONFIG = Path("/etc/exim4/exim4.conf")

GLOBAL = """
primary_hostname = mx1.example.com
qualify_domain = example.com
spool_directory = /var/spool/exim4
log_file_path = {logs}/%slog : syslog
log_selector = {selector}
{more}
local_interfaces = 192.0.2.1
daemon_smtp_ports = 25
tls_advertise_hosts = 198.18.9.0/24
tls_certificate = {certificate}
domainlist local_domains = example.com
domainlist relayed_domains = verified.example
hostlist relay_from_hosts = 192.0.2.0/28 : 198.18.1.0/24
acl_smtp_connect = connect
acl_smtp_helo = helo
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_predata = predata
acl_smtp_data = data
acl_smtp_vrfy = accept
acl_smtp_etrn = accept
acl_not_smtp = notsmtp
host_lookup = *
rfc1413_query_timeout = 0s
message_size_limit = 60K
never_users =
smtp_accept_max_per_host = 20
smtp_accept_queue_per_connection = 4
smtp_receive_timeout = 3s
smtp_max_synprot_errors = 3
smtp_max_unknown_commands = 3
helo_allow_chars = _
queue_run_max = 10
remote_max_parallel = 2
ignore_bounce_errors_after = 4s
timeout_frozen_after = 20s
dns_retrans = 1s
dns_retry = 1
smtputf8_advertise_hosts = *
accept_8bitmime = true
keep_environment =

begin acl
connect:
  drop message = 554 5.7.1 go away for good
       hosts = 198.18.7.1
  deny message = blocked at connect
       hosts = 198.18.7.2
  defer message = come back later, at connect
        hosts = 198.18.7.3
  warn log_message = this client is odd
       hosts = 198.18.7.4
  accept
helo:
  deny message = that HELO is not welcome
       condition = ${{if eq{{$sender_helo_name}}{{spam.helo.example}}}}
  accept
mail:
  deny message = sender $sender_address is not welcome
       senders = spammer@sender.example
  defer message = greylisted sender
        senders = defer@sender.example
  discard senders = discard@sender.example
  accept
rcpt:
  discard local_parts = discardme
          log_message = thrown away by policy
  drop local_parts = dropme
       message = dropped by policy
  deny local_parts = coded
       message = 571 5.7.1 a code of its own
  defer local_parts = grey
        message = 450 4.2.0 greylisted, come back later
  deny message = restricted characters in address
       local_parts = ^[.] : ^.*[@%!]
  deny local_parts = listed
       message = rejected because $sender_host_address is in a black list at $dnslist_domain\\n$dnslist_text
       dnslists = zen.example
  require verify = sender
  deny senders = ^callout
       !verify = sender/callout=2s,no_cache
  accept hosts = +relay_from_hosts
         domains = ! +local_domains
  deny !domains = +local_domains : +relayed_domains
       !authenticated = *
       message = relay not permitted
  deny domains = +relayed_domains
       !verify = recipient/callout=2s,no_cache,use_sender
  require verify = recipient
  warn local_parts = frozen
       control = freeze
  warn local_parts = fake
       control = fakereject/550 5.7.1 not really
  accept
predata:
  deny senders = nodata@sender.example
       message = no data from you
  accept
data:
  deny condition = ${{if match{{$h_subject:}}{{spam}}}}
       message = message content rejected
       log_message = spam in the subject
  defer condition = ${{if match{{$h_subject:}}{{later}}}}
        message = 451 4.7.1 content checks not ready
  discard condition = ${{if match{{$h_subject:}}{{throw}}}}
          log_message = content discarded
  accept
notsmtp:
  deny senders = carl@example.com
       message = carl may not
  accept

begin routers
hubbed:
  driver = manualroute
  domains = ! +local_domains
  route_data = ${{lookup{{$domain}}lsearch{{/etc/exim4/hubs}}}}
  transport = ${{lookup{{$domain}}lsearch{{/etc/exim4/transports}}{{$value}}{{remote_smtp}}}}
gone:
  driver = redirect
  domains = gone.example
  allow_fail
  data = :fail: The domain has moved away
late:
  driver = redirect
  domains = late.example
  allow_defer
  data = :defer: Closed for today
dnslookup:
  driver = dnslookup
  domains = ! +local_domains
  ignore_target_hosts = 127.0.0.0/8
  transport = ${{lookup{{$domain}}lsearch{{/etc/exim4/transports}}{{$value}}{{remote_smtp}}}}
  no_more
aliases:
  driver = redirect
  allow_fail
  allow_defer
  data = ${{lookup{{$local_part}}lsearch{{/etc/exim4/aliases}}}}
  pipe_transport = address_pipe
  file_transport = address_file
  user = vmail
lmtp:
  driver = accept
  local_parts = lmtpok : lmtpfull : lmtpbad
  transport = local_lmtp
localuser:
  driver = accept
  check_local_user
  transport = local_delivery

begin transports
remote_smtp:
  driver = smtp
  {smtp}
remote_tls:
  driver = smtp
  hosts_require_tls = *
  {smtp}
remote_verified:
  driver = smtp
  hosts_require_tls = *
  tls_verify_hosts = *
  {smtp}
remote_login:
  driver = smtp
  hosts_require_auth = *
  {smtp}
remote_lmtp:
  driver = smtp
  protocol = lmtp
  port = 24
  {smtp}
local_lmtp:
  driver = lmtp
  socket = /var/spool/lmtp.sock
  timeout = 2s
  batch_max = 5
local_delivery:
  driver = appendfile
  file = /var/spool/mail/$local_part_data
  user = $local_part_data
  quota = ${{if eq{{$local_part}}{{dora}}{{1}}{{0}}}}
address_pipe:
  driver = pipe
  return_fail_output
  user = vmail
address_file:
  driver = appendfile
  user = vmail

begin retry
*  quota
*  *  F,7s,2s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{anna}}}}{{eq{{$auth3}}{{right}}}}}}}}
  server_set_id = $auth2
  client_send = ^anna^right
"""
SMTP = """hosts_try_fastopen =
  connect_timeout = 3s
  command_timeout = 2s
  data_timeout = 3s
  final_timeout = 2s
  hosts_try_auth = *.auth.example : *.auth535.example : *.auth454.example
"""
HUBS = """closed.example: 192.0.2.250 byname
relayed.example: 192.0.2.25 byname
lmtp.example: 192.0.2.28 byname
"""
TRANSPORTS = """tlsneed.example: remote_tls
tlsneed454.example: remote_tls
tlsdrop.example: remote_tls
tlsverify.example: remote_verified
auth.example: remote_login
auth535.example: remote_login
auth454.example: remote_login
authmech.example: remote_login
lmtp.example: remote_lmtp
"""
ALIASES = """postmaster: anna
hole: :blackhole:
failed: :fail: this alias is closed
waiting: :defer: not now
group: ok.30@example.net, unknown.30@example.net, anna
pipe0: "|/etc/exim4/script exit0"
pipe67: "|/etc/exim4/script exit67"
pipe75: "|/etc/exim4/script exit75"
pipe1: "|/etc/exim4/script exit1"
pipesig: "|/etc/exim4/script signal"
file: /var/spool/home/vmail/saved
frozen: anna
fake: anna
"""
SCRIPT = """#!/bin/sh
cat >/dev/null
case "$1" in
  exit67*) echo "script says: no such person"; exit 67 ;;
  exit75*) echo "script says: come back"; exit 75 ;;
  exit1*) echo "x => v@w R=a T=b C=\\"250 forged\\""; exit 1 ;;
  signal*) kill -9 $$ ;;
esac
exit 0
"""


@dataclass(frozen=True)
class Variant:
    """A way to log: the selector, and more settings."""

    name: str
    selector: str = ""
    more: str = ""


VARIANTS = (
    Variant("default"),
    Variant("all", "+all", "log_timezone = true"),
    Variant("bare", "+pid +millisec -retry_defer", "syslog_timestamp = false\nsyslog_duplication = false"),
)


class Exim:
    """The running server."""

    def __init__(self, variant: Variant, logs: Path) -> None:
        self.variant, self.logs = variant, logs
        self.daemon: Popen[bytes] | None = None

    def write(self, certificate: Path) -> None:
        """Write the configuration and make the folders."""
        for folder in (SPOOL, self.logs, Path("/var/spool/mail")):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.chown(folder, "Debian-exim", "Debian-exim")
        Path("/var/spool/mail").chmod(0o1777)
        CONFIG.parent.mkdir(exist_ok=True)
        for name, text in (("hubs", HUBS), ("transports", TRANSPORTS), ("aliases", ALIASES), ("script", SCRIPT)):
            path = CONFIG.parent / name
            path.write_text(text)
            path.chmod(0o755 if name == "script" else 0o644)
        shutil.chown(certificate, "Debian-exim")
        CONFIG.write_text(
            GLOBAL.format(
                logs=self.logs, selector=self.variant.selector, more=self.variant.more, certificate=certificate,
                smtp=SMTP,
            )
        )  # fmt: skip
        CONFIG.chmod(0o644)

    def start(self, certificate: Path) -> None:
        """Start the daemon, which looks at the queue every second."""
        self.write(certificate)
        self.command("-bV", check=True)
        self.daemon = Popen([packages.EXIM, "-bdf", "-q2s"], stderr=DEVNULL)

    def command(self, *words: str, text: str = "", user: str = "root", check: bool = False) -> str:
        """Run a command of Exim's; return what it said."""
        done = run(
            [packages.EXIM, *words],
            input=text, capture_output=True, text=True, user=user, check=False, timeout=30, errors="replace",
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"exim {' '.join(words)} failed: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def stop(self) -> None:
        """Stop the daemon."""
        if self.daemon is not None:
            self.daemon.terminate()
            self.daemon.wait(10)

    def waiting(self) -> list[str]:
        """The ids of the messages in the queue."""
        return [path.name.removesuffix("-H") for path in (SPOOL / "input").glob("*-H")]

    async def quiet(self, timeout: float) -> bool:
        """Wait until the queue is empty for a second; return False when that takes too long."""
        end, calm = time.monotonic() + timeout, 0
        while calm < 4:
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.25)
            calm = 0 if self.waiting() else calm + 1
        return True


def prepare() -> None:
    """Turn the current namespaces into the little internet, with Exim in it."""
    world.prepare(packages.exim_root() / "usr")
