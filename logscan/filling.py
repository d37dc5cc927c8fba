"""Puts what a log says into commands that someone may copy into a shell."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

_HOLE = re.compile(r"\{([a-z_]+)\}")
# What may stand in a shell command without quotes; it must not begin like an option.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")

ADDRESS = re.compile(r"[^\s<>@\"';,:()\[\]]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,})")
_IP = re.compile(
    r"(?<![0-9A-Fa-f.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]{2,}(?:[0-9.]+)?)(?![0-9A-Fa-f.:])"
)


def fill(command: str, seen: Mapping[str, object]) -> str:
    """A command with what is known filled in; ``<domain>`` stays where nothing is, or nothing safe.

    The values come from strangers and go to a shell: only plain host names, addresses and ids are taken.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        text = str(seen.get(name) or "")
        if name == "ip":
            # The block list form of a query is for IPv4; a PTR lookup takes both.
            good = _is_ip(text, 4) or (_is_ip(text, 6) and command[: found.start()].endswith("-x "))
        else:
            good = bool(_SAFE.fullmatch(text))
        return text if good else f"<{name}>"

    return _HOLE.sub(value, command)


def _is_ip(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version and "%" not in text
    except ValueError:
        return False


def named_in(text: str, but: str = "") -> dict[str, str]:
    """What a reply names: the IP address refused (but not ``but``), the addressee's or the sender's domain."""
    domain = next(iter(ADDRESS.findall(text)), "")
    of_sender = "sender" in text.lower()
    ip = next((found for found in _IP.findall(text) if found != but and (_is_ip(found, 4) or _is_ip(found, 6))), "")
    return {"ip": ip, "domain": "" if of_sender else domain, "sender_domain": domain if of_sender else ""}
