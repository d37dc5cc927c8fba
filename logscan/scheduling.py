"""The command that makes reports run by themselves: systemd units, or a line for cron."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from logscan import config, configuring, console, state, units
from logscan.errors import InputError, OptionError
from logscan.groups import grouped

_UNITS = Path("/etc/systemd/system")
_CRON = Path("/etc/cron.d")
_RUNS = Path("/run/systemd/system")  # sd_booted(3)
_READERS = ("adm", "systemd-journal")  # groups that may read logs


@dataclass(frozen=True, slots=True)
class Times:
    """When the report is made."""

    daily: Annotated[str | None, typer.Option(metavar="TIME", help="Every day at this time: 06:30.")] = None
    weekly: Annotated[str | None, typer.Option(metavar="DAY", help="Every week: mon (at 06:30), or 'mon 07:00'.")] = (
        None
    )
    hourly: Annotated[bool, typer.Option("--hourly", help="Every hour.")] = False


@dataclass(frozen=True, slots=True)
class Way:
    """By what, and what to do."""

    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The schedule's name (default: when, and the log's name).")
    ] = None
    cron: Annotated[
        bool, typer.Option("--cron", help="By cron instead of systemd; it does not make up for missed runs.")
    ] = False
    user: Annotated[bool, typer.Option("--user", help="For yourself: with your rights, by your own units.")] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False
    remove: Annotated[bool, typer.Option("--remove", help="Take a schedule away.")] = False
    list: Annotated[bool, typer.Option("--list", help="Show the schedules that there are.")] = False
    root: Annotated[
        Path, typer.Option(metavar="DIR", help="Write below this folder, for an image, and start nothing.")
    ] = Path("/")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command(context_settings=settings)(grouped(schedule))


def schedule(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH... [OPTIONS]", help="Logs and options, as for `logscan report`."),
    ] = None,
    times: Times = Times(),  # frozen
    way: Way = Way(),  # frozen
) -> None:
    """Make reports by themselves: each covers what was logged since the last good one."""
    if way.list:
        console.write("\n".join(_listed(way)) or "There are no schedules.")
        return
    if way.remove:
        _remove(way)
        return
    when = units.when(times.daily, times.weekly, times.hourly)
    job = _job(ctx, [*(words or []), *ctx.args], when, way)
    files = _files(job, way)
    notes = _notes(job, way)
    console.write("\n\n".join(f"── {path}\n{text.rstrip()}" for path, text in files.items()))
    console.write("".join(f"\n{note}" for note in notes))
    if way.dry_run:
        return
    _ask(way, "Write this?")
    for path, text in files.items():
        _written(path, text)
    _started(job, way)


def _job(ctx: typer.Context, words: list[str], when: units.When, way: Way) -> units.Job:
    root = ctx.find_root()
    report = root.command.commands["report"]  # type: ignore[attr-defined]  # the root is a group
    asked = root.params.get("config")
    root.default_map = configuring.defaults(root, root.command.commands, asked)  # type: ignore[attr-defined]
    given = report.make_context("report", list(words), parent=root)
    params: dict[str, Any] = given.params
    paths = list(params["paths"] or ([] if params["journal"] else [""]))
    if paths == [""]:
        raise OptionError("nothing to read; name a log file or folder, or --journal")
    if params.get("state") or "-" in paths or any("://" in path for path in paths):
        raise OptionError("a schedule reads log files, folders and journals, and keeps its state itself")
    name = way.name or _named(when, paths)
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise OptionError(f"--name {name}: letters, digits, - and _ only")
    own = [] if given.get_parameter_source("paths").name == "COMMANDLINE" else paths
    values = {str(item) for item in _flat(params.values())}
    command = [sys.executable, "-P", "-m", "logscan", *(["--config", str(Path(asked).absolute())] if asked else [])]
    command += ["report", "--since-last", "--state", str(_states(way) / f"{name}.json")]
    command += [_absolute(word, paths) for word in [*words, *own] if word != "--since-last"]
    sendmail = bool(params.get("mail_to")) and "://" not in str(params.get("mail_via") or "")
    used = [sys.executable, str(Path(sys.executable).resolve()), __file__, *paths]
    home = any(path.startswith(("/home/", "/root/")) for path in used)
    read = [*paths, *(value for value in [*values, str(asked or "")] if Path(value.removeprefix("@")).is_file())]
    output = params.get("output")
    return units.Job(
        name=name,
        when=when,
        command=command,
        groups=() if way.user or sendmail or home or output else _groups(read),
        writes=[str(Path(str(output)).absolute().parent)] if output else [],
        sendmail=sendmail,
        network=any("://" in value for value in values),
        user=way.user,
        home=home,
        temporary=any(path.startswith(("/tmp/", "/var/tmp/")) for path in used),  # what systemd hides
    )


def _flat(values: Any) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]


def _named(when: units.When, paths: list[str]) -> str:
    often = "hourly" if when.hourly else "daily" if when.day is None else "weekly"
    last = Path(paths[0].removeprefix("journal:")).name if paths else ""
    return f"{often}-{'-'.join(''.join(c if c.isascii() and c.isalnum() else ' ' for c in last).split()) or 'journal'}"


def _absolute(word: str, paths: Sequence[str]) -> str:
    """A path as it is meant from any folder; also one behind an option, where it is plainly one."""
    option, sign, value = word.partition("=") if word.startswith("--") else ("", "", word)
    if not value or value.startswith(("/", "journal:", "-", "@")) or "://" in value:
        return word
    if value in paths or "/" in value or Path(value).exists():
        return f"{option}{sign}{Path(value).absolute()}"
    return word


def _groups(paths: Sequence[str]) -> tuple[str, ...]:
    """The groups that may read these files, where each of them may be read by one; else none."""
    import grp

    ids = {}
    for name in _READERS:
        try:
            ids[grp.getgrnam(name).gr_gid] = name
        except KeyError:
            continue
    for path in paths:
        try:
            status = Path(path.removeprefix("@").removeprefix("journal:") or "/var/log/journal").stat()
        except OSError:
            return ()
        if not status.st_mode & 0o004 and not (status.st_gid in ids and status.st_mode & 0o040):
            return ()
    return tuple(ids.values())


def _states(way: Way) -> Path:
    return state.folder() if way.user else state.SYSTEM


def _place(way: Way) -> Path:
    if not way.user:
        return way.root / _UNITS.relative_to("/")
    own = config.folder("XDG_CONFIG_HOME", ".config")
    if own is None:
        raise OptionError("--user: who are you? $HOME is not set")
    return way.root / own.relative_to("/") / "systemd" / "user"


def _files(job: units.Job, way: Way) -> Mapping[Path, str]:
    if way.cron or not (_RUNS.exists() or way.user or way.root != Path("/")):
        if way.user:
            raise OptionError(
                "--cron and --user: put the line that `logscan schedule --cron --dry-run` shows, without "
                "its user `root`, into your table with `crontab -e`"
            )
        return {way.root / _CRON.relative_to("/") / job.unit: units.crontab(job)}
    folder = _place(way)
    return {folder / f"{job.unit}.service": units.service(job), folder / f"{job.unit}.timer": units.timer(job)}


def _notes(job: units.Job, way: Way) -> list[str]:
    out = []
    if not _RUNS.exists() and not way.cron and not way.user and way.root == Path("/"):
        out.append("systemd does not run here, so this is for cron; it does not make up for runs that were missed.")
    elif way.cron:
        out.append("cron does not make up for runs that were missed while the machine was off.")
    if not any(word.partition("=")[0] in ("--mail-to", "--output", "--webhook") for word in job.command):
        where = "cron mails it to root" if way.cron else f"read it with `journalctl -u {job.unit}`"
        out.append(f"Nobody gets the report: {where}, or name a --mail-to ADDRESS.")
    if way.user:
        out.append("Your own units run while you are logged in; always, with `loginctl enable-linger`.")
    return out


def _ask(way: Way, question: str) -> None:
    if way.yes:
        return
    if not sys.stdin.isatty():
        raise OptionError(f"{question} There is nobody to ask; --yes answers, --dry-run only shows")
    if not typer.confirm(question, default=False):
        raise typer.Exit(console.ExitStatus.DONE)


def _written(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.read_text(encoding="utf-8").startswith(units.MARK):
            raise InputError(f"{path}: is there, and not written by `logscan schedule`; choose another --name")
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
    except OSError as error:
        hint = "run it with sudo, or with --user for yourself" if isinstance(error, PermissionError) else "look at it"
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); {hint}") from None


def _started(job: units.Job, way: Way) -> None:
    """Tell systemd; where it does not run, say how."""
    console.write(f"Written; {job.when}.")
    if way.cron or way.root != Path("/") or not (_RUNS.exists() or way.user):
        return
    for words in (["daemon-reload"], ["enable", "--now", f"{job.unit}.timer"]):
        _systemctl(way, words)
    console.write(f"Try it now: systemctl {'--user ' if way.user else ''}start {job.unit}.service")


def _systemctl(way: Way, words: list[str]) -> None:
    program = shutil.which("systemctl")
    command = ["systemctl", *(["--user"] if way.user else []), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if program else None
    if done is None or done.returncode:
        why = done.stderr.strip() if done else "there is no systemctl"
        raise InputError(f"`{' '.join(command)}` failed ({why}); the files are written: run it again yourself")


def _found(way: Way) -> dict[str, list[Path]]:
    """The files of each schedule, by its name."""
    out: dict[str, list[Path]] = {}
    for folder, pattern in ((_place(way), "logscan-*.*"), (way.root / _CRON.relative_to("/"), "logscan-*")):
        for path in sorted(folder.glob(pattern)) if not (way.user and folder != _place(way)) else []:
            try:
                if path.is_file() and path.read_text(encoding="utf-8").startswith(units.MARK):
                    out.setdefault(path.name.partition(".")[0].removeprefix("logscan-"), []).append(path)
            except (OSError, UnicodeDecodeError):
                continue
    return out


def _listed(way: Way) -> list[str]:
    out = []
    for name, paths in _found(way).items():
        out.append(name)
        for path in paths:
            text = path.read_text(encoding="utf-8").splitlines()
            told = [line for line in text if line.startswith(("OnCalendar=", "ExecStart=")) or "logscan report" in line]
            out += [f"  {path}", *(f"    {line}" for line in told or text[-1:])]
    return out


def _remove(way: Way) -> None:
    found = _found(way)
    name = way.name or (next(iter(found)) if len(found) == 1 else None)
    if name is None or name not in found:
        there = f"there are {', '.join(found)}" if found else "there are none"
        raise OptionError(f"which schedule? name it with --name; {there}")
    console.write("\n".join(["These files go away:", *(f"  {path}" for path in found[name])]))
    if way.dry_run:
        return
    _ask(way, "Remove them?")
    running = way.root == Path("/") and (_RUNS.exists() or way.user)
    timers = [path.name for path in found[name] if path.suffix == ".timer"]
    if running and timers:
        _systemctl(way, ["disable", "--now", *timers])
    for path in found[name]:
        path.unlink()
    if running and timers:
        _systemctl(way, ["daemon-reload"])
    kept = state.SYSTEM if not way.user else state.folder()
    console.write(f"Removed. How far its reports came is still known: {kept / f'{name}.json'}")
