"""Time zones by name, and the zone of this machine."""

from __future__ import annotations

import os
import re
from datetime import tzinfo
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from logscan.errors import OptionError

_LOCALTIME = Path("/etc/localtime")
_TIMEZONE = Path("/etc/timezone")
_NO_NAMES = {"localtime", "posixrules", "Factory"}
_FIXED = re.compile(r"(?:<[^>]+>|[A-Za-z]{3,})([+-]?)([0-9]{1,2})(?::?00)?")  # POSIX: EST5, <+03>-3
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?00)?", re.IGNORECASE)


def zone(name: str | None) -> tzinfo:
    """The time zone called ``name``, or this machine's own zone for None.

    The result is a ZoneInfo whose ``key`` is an IANA name. This machine's zone is looked up as the C library
    does (tzset(3)): in $TZ, then /etc/localtime; then in /etc/timezone. A machine that says nothing is in
    UTC.

    Raises OptionError when there is no such zone, or when $TZ holds rules of its own that have no name.
    """
    if name is None:
        return _machine_zone()
    found = _zone_info(name)
    if found is None:
        raise OptionError(f"there is no time zone {name!r}{_zone_hint(name)}")
    return found


def _zone_info(name: str) -> ZoneInfo | None:
    if not name or name.startswith(("posix/", "right/")) or name in _NO_NAMES:
        return None  # other libraries do not know these
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path; a folder such as "Europe"
        return None


def _zone_hint(name: str) -> str:
    offset = _OFFSET.fullmatch(name)
    if offset and int(offset[2]) <= 12:
        inverse = {"+": "-", "-": "+"}[offset[1]]
        return f"; a fixed offset is written Etc/GMT{inverse}{int(offset[2])} (yes, with the opposite sign)"
    import difflib

    names = {known.lower(): known for known in sorted(available_timezones() - _NO_NAMES)}
    cities = {known.rpartition("/")[2]: known for known in names}
    word = name.strip().lower().replace(" ", "_")
    cutoff = 0.75 if len(word) > 4 else 1  # CEST is not nearly EST
    close = difflib.get_close_matches(word, names, 1, cutoff) or [
        cities[city] for city in difflib.get_close_matches(word.rpartition("/")[2], cities, 1, cutoff)
    ]
    return f"; did you mean {names[close[0]]}?" if close else "; write a name such as Europe/Berlin or UTC"


def _machine_zone() -> ZoneInfo:
    setting = os.environ.get("TZ")
    if setting is None:
        return _localtime() or _zone_info(_first_line(_TIMEZONE)) or ZoneInfo("UTC")
    name = setting.removeprefix(":")
    if not name:
        return ZoneInfo("UTC")
    fixed = _FIXED.fullmatch(name)
    found = _zone_info(_after_zoneinfo(name)) or (
        _zone_info(f"Etc/GMT{'-' if fixed[1] == '-' else '+'}{int(fixed[2])}") if fixed else None
    )
    if found is None:
        raise OptionError(f"the environment variable TZ={setting} names no time zone{_zone_hint(name)}")
    return found


def _localtime() -> ZoneInfo | None:
    """The zone of /etc/localtime: from where it links to, or else by comparing it with the zone database."""
    try:
        links = [str(_LOCALTIME.readlink()), str(_LOCALTIME.resolve())] if _LOCALTIME.is_symlink() else []
        for target in links:
            if "zoneinfo/" in target and (found := _zone_info(_after_zoneinfo(target))):
                return found
        rules = _LOCALTIME.read_bytes()
    except OSError:
        return None
    # Containers often have the host's /etc/localtime mounted over theirs, and an /etc/timezone that says UTC.
    for name in (_first_line(_TIMEZONE), "UTC", *sorted(available_timezones())):
        if name and any(_has_rules(Path(folder) / name, rules) for folder in TZPATH):
            return _zone_info(name)
    return None


def _has_rules(path: Path, rules: bytes) -> bool:
    try:
        return path.stat().st_size == len(rules) and path.read_bytes() == rules
    except OSError:
        return False


def _after_zoneinfo(path: str) -> str:
    name = path.rpartition("zoneinfo/")[2]
    return name.removeprefix("posix/").removeprefix("right/")


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").partition("\n")[0].strip()
    except OSError:
        return ""
