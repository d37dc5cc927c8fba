"""Where the packs are, and how a pack file is read."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from logscan.errors import PackError


@cache
def root() -> Path:
    """The folder of the shipped packs: inside the package, or beside it in a source checkout.

    Raises PackError when neither exists.
    """
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "_patterns", here.parent / "patterns"):
        if (folder / "codes.toml").is_file():
            return folder
    raise PackError(f"{here}: the pattern packs are missing from this installation; install logscan again")


def site_folders(folders: Iterable[str | Path] | None) -> tuple[Path, ...]:
    """The folders of a site's own packs, checked; raises PackError for one that does not exist."""
    out = []
    for folder in folders or ():
        path = Path(folder)
        if not path.is_dir():
            raise PackError(f"{path}: no such folder of patterns; --patterns takes a folder like patterns/")
        out.append(path)
    return tuple(out)


def load_toml(path: Path) -> dict[str, Any]:
    """Read one pack file; raises PackError naming file and line when it is no TOML."""
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PackError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PackError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except tomli.TOMLDecodeError as error:
        raise PackError(f"{path}: not valid TOML: {error}") from error


def line_of(path: Path, needle: str, after: str = "") -> int:
    """The number of the first line that holds ``needle``, from the line that holds ``after`` on; 1 if none."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    start = next((n for n, line in enumerate(lines) if after and after in line), 0)
    return next((n for n, line in enumerate(lines[start:], start + 1) if needle in line), start + 1)


def unknown(table: Collection[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every key that is not in ``known``, with a proposal in words."""
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            yield key, f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"


def refuse_unknown(path: Path, where: str, table: Mapping[str, object], known: Collection[str]) -> None:
    """Raise PackError for the first key that is not in ``known``, with file, line and a proposal."""
    for key, hint in unknown(table, known):
        line = line_of(path, key, after=f'id = "{table["id"]}"' if isinstance(table.get("id"), str) else "")
        raise PackError(f"{path}:{line}: {where}: unknown key {key!r}; {hint}")
