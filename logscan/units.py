"""What makes a command run by itself: the text of systemd units and of cron lines; systemd.exec(5), crontab(5)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from logscan.errors import OptionError

MARK = "# Written by `logscan schedule`; "
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class When:
    """Every hour; or at a time of day, every day or on one day of the week (0 is Monday)."""

    hourly: bool = False
    hour: int = 0
    minute: int = 0
    day: int | None = None

    @property
    def calendar(self) -> str:
        """As systemd.time(7) has it."""
        if self.hourly:
            return "*-*-* *:00:00"
        day = "" if self.day is None else f"{_DAYS[self.day]} "
        return f"{day}*-*-* {self.hour:02}:{self.minute:02}:00"

    @property
    def cron(self) -> str:
        """As crontab(5) has it."""
        if self.hourly:
            return "0 * * * *"
        return f"{self.minute} {self.hour} * * {'*' if self.day is None else (self.day + 1) % 7}"

    def __str__(self) -> str:
        if self.hourly:
            return "every hour"
        at = f"{self.hour:02}:{self.minute:02}"
        return f"every day at {at}" if self.day is None else f"every {_DAYS[self.day]} at {at}"


def when(daily: str | None, weekly: str | None, hourly: bool) -> When:
    """What was asked for; raises OptionError for nonsense, and for none or more than one of them."""
    if (daily is not None) + (weekly is not None) + hourly != 1:
        raise OptionError("when? name one of --daily 06:30, --weekly 'mon 06:30' and --hourly")
    if hourly:
        return When(hourly=True)
    if daily is not None:
        return When(False, *_time(daily, "--daily"))
    day, _, time = (weekly or "").partition(" ")
    days = [number for number, name in enumerate(_DAYS) if len(day) >= 2 and _LONG[number].startswith(day.lower())]
    if len(days) != 1:
        raise OptionError(f"--weekly {weekly}: no day of the week; for example --weekly mon, --weekly 'sun 22:15'")
    return When(False, *_time(time.strip() or "06:30", "--weekly"), days[0])


_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _time(text: str, option: str) -> tuple[int, int]:
    found = _TIME.fullmatch(text)
    if not found:
        raise OptionError(f"{option} {text}: no time of day; for example {option} 06:30")
    return int(found[1]), int(found[2])


@dataclass(frozen=True, slots=True)
class Job:
    """A command that is to run by itself, and what it needs.

    ``groups`` read the logs; without any, it is root that does, with no other right. ``writes`` are folders that it
    writes to. ``sendmail`` is whether it hands mail to the local mail server's program, which runs with rights of its
    own; ``network`` whether it talks to other hosts.
    """

    name: str
    when: When
    command: Sequence[str]
    groups: Sequence[str] = ()
    writes: Sequence[str] = ()
    sendmail: bool = False
    network: bool = False
    user: bool = False
    home: bool = False  # whether the program or a log is below /home or /root
    temporary: bool = False  # or below /tmp

    @property
    def unit(self) -> str:
        """The units' name, without its end."""
        return f"logscan-{self.name}"


def service(job: Job) -> str:
    """The service unit of a job."""
    lines = [
        f"{MARK}`logscan schedule --remove --name {job.name}` takes it away.",
        "[Unit]",
        f"Description=logscan: report on mail logs ({job.name})",
        "Documentation=man:journalctl(1)",
        "After=network-online.target" if job.network else "After=local-fs.target",
        *(["Wants=network-online.target"] if job.network else []),
        "",
        "[Service]",
        "Type=oneshot",
        f"ExecStart={' '.join(map(quoted, job.command))}",
        "# 3: an alert holds; 4: less was understood than asked for. The report was made.",
        "SuccessExitStatus=3 4",
        "TimeoutStartSec=1h",
        "Nice=10",
        *([] if job.user else _confined(job)),
        *_tight(job),
    ]
    return "\n".join(lines) + "\n"


def _confined(job: Job) -> list[str]:
    """What only the system's own service manager can do: another user, and a file system of which little is seen."""
    out = ["WorkingDirectory=/", "StateDirectory=logscan", "StateDirectoryMode=0750"]
    if job.groups:
        out += ["DynamicUser=yes", f"SupplementaryGroups={' '.join(job.groups)}", "CapabilityBoundingSet="]
    elif job.sendmail:
        # Programs that deliver mail take on the rights of their own user or group.
        rights = "CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE CAP_SETUID CAP_SETGID CAP_CHOWN CAP_FOWNER"
        out += [f"CapabilityBoundingSet={rights}"]
    else:
        out += ["CapabilityBoundingSet=CAP_DAC_READ_SEARCH"]
    writes = [*job.writes, *(["-/var/spool", "-/var/log/exim4", "-/var/log/exim"] if job.sendmail else [])]
    return [
        *out,
        "ProtectSystem=strict",
        *([f"ReadWritePaths={' '.join(map(_path, writes))}"] if writes else []),
        f"ProtectHome={'read-only' if job.home else 'yes'}",
        *([] if job.temporary else ["PrivateTmp=yes"]),
        "PrivateDevices=yes",
        "PrivateMounts=yes",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "ProtectProc=invisible",
        "RemoveIPC=yes",
        "UMask=0027",
        *([] if job.network or job.sendmail else ["IPAddressDeny=any"]),
    ]


def _tight(job: Job) -> list[str]:
    """What a process may be forbidden by anybody."""
    families = "AF_UNIX" + (" AF_INET AF_INET6 AF_NETLINK" if job.network or job.sendmail else "")
    calls = "~@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap"
    return [
        *([] if job.sendmail else ["NoNewPrivileges=yes"]),
        "LockPersonality=yes",  # and no MemoryDenyWriteExecute=: what draws the charts compiles its scripts
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        *([] if job.sendmail else ["RestrictSUIDSGID=yes"]),
        f"RestrictAddressFamilies={families}",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        f"SystemCallFilter={calls}{'' if job.sendmail else ' @privileged'}",
        "SystemCallErrorNumber=EPERM",
    ]


def timer(job: Job) -> str:
    """The timer unit of a job: what was missed while the machine was off is made up for."""
    lines = [
        f"{MARK}`logscan schedule --remove --name {job.name}` takes it away.",
        "[Unit]",
        f"Description=logscan: {job.when} ({job.name})",
        "",
        "[Timer]",
        f"OnCalendar={job.when.calendar}",
        "Persistent=true",
        f"RandomizedDelaySec={'1min' if job.when.hourly else '5min'}",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def crontab(job: Job) -> str:
    """The file for /etc/cron.d: a line with the user whom it runs as."""
    lines = [
        f"{MARK}`logscan schedule --remove --name {job.name}` takes it away.",
        "# cron does not make up for runs that were missed while the machine was off; the next run covers their time.",
        f"{job.when.cron} root {cron_quoted(job.command)}",
    ]
    return "\n".join(lines) + "\n"


def quoted(word: str) -> str:
    """A word of a command line in a unit (systemd.service(5), "Command lines"); raises OptionError where that fails."""
    return '";"' if word == ";" else _path(word).replace("$", "$$")


def _path(word: str) -> str:
    """A word of another setting, where a dollar sign is nothing special."""
    _printable(word)
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return text if re.fullmatch(r"[A-Za-z0-9_./:@%$,=+~^-]+", text) else f'"{text}"'


def cron_quoted(words: Sequence[str]) -> str:
    """Words as cron hands them to the shell: a percent sign would end the command there."""
    for word in words:
        _printable(word)
    return shlex.join(words).replace("%", "\\%")


def _printable(word: str) -> None:
    if not word.isprintable():
        raise OptionError(f"{word!r}: a schedule cannot have control characters in its command")
