"""Lists and commands as phrases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from logscan.codes import SmtpCommand

_COMMANDS = {
    SmtpCommand.CONNECT: "the connection",
    SmtpCommand.END_OF_DATA: "the end of the data",
    SmtpCommand.OTHER: "commands outside a delivery",
}


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def commands(names: Iterable[str], last: str = "and") -> str:
    """Commands as one phrase: ``MAIL, RCPT and the end of the data``."""
    return listed([_COMMANDS.get(SmtpCommand(name), name) for name in names], last)


def answered(names: Sequence[str]) -> str:
    """The commands that a reply code answers: all of them in one phrase."""
    if len(set(names)) == len(SmtpCommand):
        return "the connection itself, and any command"
    return commands(names)


def after(names: Sequence[str], last: str = "or") -> str:
    """When replies to some commands come: ``at connect and after MAIL``."""
    rest = [name for name in names if name != SmtpCommand.CONNECT]
    parts = ["at connect"] if len(rest) < len(names) else []
    if rest:
        parts.append(f"after {commands(rest, last)}")
    return " and ".join(parts)
