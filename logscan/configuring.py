"""Settings for the commands that read logs: what the configuration files say becomes their options' defaults.

Every option of such a command is a setting, and so are its paths: nothing here names any of them, but for
``journal``, which is another way of writing paths.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

import typer

from logscan import config, console
from logscan.errors import OptionError

Commands = Mapping[str, Any]  # click commands by name
_PATHS = "paths"  # the argument that a command which reads logs has
_PASSWORD = re.compile(r"(?<=://)([^/@:\s]*):[^/\s]*@")

config_app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="The configuration files: where they are, what holds."
)
Asked = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Read this configuration file, and no other.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(config_app, name="config")


def to_the_front(args: list[str]) -> list[str]:
    """The arguments with ``--config FILE`` first, wherever it stands: it is an option of the whole program."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            return [*front, *rest, word, *words]
        if word == "--config":
            front = [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith("--config="):
            front = [word]
        else:
            rest.append(word)
    return [*front, *rest]


def asked_in(args: list[str]) -> tuple[str | None, int]:
    """The file that arguments in that order ask for, and how many of them do so."""
    if args[:1] == ["--config"] and len(args) > 1:
        return args[1], 2
    if args and args[0].startswith("--config="):
        return args[0].partition("=")[2], 1
    return None, 0


def readers(commands: Commands) -> dict[str, dict[str, Any]]:
    """The commands that read logs, each with its parameters by the names that they have in a file."""
    out = {}
    for name, command in commands.items():
        named = {_name(param): param for param in command.params}
        if _PATHS in named:
            out[name] = named
    return out


def _name(param: Any) -> str:
    long = [text for text in param.opts if text.startswith("--")]
    return str(long[0].removeprefix("--") if long else param.name)


def held(ctx: Any, commands: Commands, asked: str | None) -> dict[str, dict[str, config.Setting]]:
    """What the files set for each command that reads logs; raises InputError, OptionError."""
    known = readers(commands)
    out: dict[str, dict[str, config.Setting]] = {name: {} for name in known}
    for place in config.places(asked):
        file = config.read(place)
        for command, found in (config.settings(file, known) if file else {}).items():
            for name, setting in found.items():
                out[command][name] = setting._replace(value=_checked(ctx, known[command][name], setting))
    for found in out.values():
        journal = found.pop("journal", None)
        if journal is not None and journal.value:
            paths = found.get(_PATHS, journal._replace(value=[""]))
            found[_PATHS] = paths._replace(value=[f"journal:{path}" for path in paths.value])
    return out


def defaults(ctx: Any, commands: Commands, asked: str | None) -> dict[str, dict[str, Any]]:
    """The same as click wants it: by command, by parameter."""
    known = readers(commands)
    return {
        command: {known[command][name].name: setting.value for name, setting in found.items()}
        for command, found in held(ctx, commands, asked).items()
    }


def _checked(ctx: Any, param: Any, setting: config.Setting) -> Any:
    """A setting as the command line would have given it; raises OptionError for a value of another kind."""
    value, several = setting.value, getattr(param, "multiple", False) or param.nargs == -1
    if getattr(param, "is_flag", False):
        good, wanted = isinstance(value, bool), "true or false"
    else:
        items = value if isinstance(value, list) and several else [value]
        good, wanted = not any(isinstance(item, bool | list | dict) for item in items), "one text or number"
        wanted = "a list of texts" if several else wanted
        if good:
            texts = [_text(item) for item in items]
            value = texts if several else texts[0]
    if not good:
        raise OptionError(f"{setting.where}: {setting.key} takes {wanted}, not {config.kind_of(setting.value)}")
    try:
        param.process_value(ctx, value)
    except typer.BadParameter as error:
        raise OptionError(f"{setting.where}: {setting.key}: {error.message}") from None
    return value


def _text(value: Any) -> str:
    if isinstance(value, str) and value.startswith("~/"):
        return os.path.expanduser(value)  # noqa: PTH111  # a text, which need not be a path
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@config_app.command("path")
def config_path(ctx: typer.Context) -> None:
    """Show which configuration files are looked at, and which are there; the last one goes first."""
    for place in config.places(_asked(ctx)):
        console.write(f"{place.path}  {'read' if place.path.exists() else 'not there'}")


@config_app.command("show", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def config_show(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND] [OPTIONS...]", help="A command that reads logs, and its arguments."),
    ] = None,
) -> None:
    """Show every setting, its value and where that comes from, in the form of a configuration file."""
    root = ctx.find_root()
    commands: Commands = root.command.commands  # type: ignore[attr-defined]  # the root is a group
    known = readers(commands)
    args = [*(words or []), *ctx.args]
    if args and args[0] not in known:
        args = ["report", *args]
    found = held(root, commands, _asked(ctx))
    console.write("\n\n".join(_shown(root, name, args[1:], found[name]) for name in args[:1] or known))


def _asked(ctx: typer.Context) -> str | None:
    asked = ctx.find_root().params.get("config")
    return None if asked is None else str(asked)


def _shown(root: Any, name: str, args: list[str], found: Mapping[str, config.Setting]) -> str:
    """One command's settings: lines that a configuration file could hold, each with its origin."""
    command = root.command.commands[name]
    root.default_map = {name: {_param(command, key).name: setting.value for key, setting in found.items()}}
    ctx = command.make_context(name, args, parent=root)
    lines: list[tuple[str, str]] = []
    for key, param in readers({name: command})[name].items():
        value, origin = ctx.params[param.name], str(getattr(ctx.get_parameter_source(param.name), "name", ""))
        if origin == "DEFAULT_MAP":
            told = found[key].where
        else:
            told = "command line" if origin == "COMMANDLINE" else "built in"
        empty = value is None or value == () or (value == [] and told == "built in")
        lines.append((f"# {key} =" if empty else f"{key} = {_toml(value)}", "not set" if empty else told))
    wide = min(max(len(text) for text, _ in lines), 48)
    return "\n".join([f"[{name}]", *(f"{text:<{wide}}  # {told}" for text, told in lines)])


def _param(command: Any, key: str) -> Any:
    return readers({"": command})[""][key]


def _toml(value: Any) -> str:
    """A value as TOML, passwords in addresses left out."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return str(value)
    text = str(value.value if isinstance(value, Enum) else value)
    return json.dumps(_PASSWORD.sub(r"\1:***@", text), ensure_ascii=False).replace("\x7f", "\\u007f")
