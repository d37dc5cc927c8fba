"""Who may import whom, how long a module may be, and what a quick command may load: read from the source with ast."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import logscan

ROOT = Path(logscan.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if "_patterns" not in path.parts)
LONGEST_MODULE = 320
LONGEST_FUNCTION = 60
HEAVY = ("pandas", "polars", "numpy", "pyarrow")

# A room is a module or package of logscan. It may import rooms of lower levels. Rooms of one level are siblings and
# leave each other alone, but for levels 0 and 1: the vocabularies, and what is known about mail, belong together.
LEVELS: dict[int, str] = {
    0: "codes errors schema framing wrapping when places progress engines console groups published config state units "
    "redactkey private plugin",
    1: "packs literals rules bycode weighing doubts advice phrases filling template delays findings traffic "
    "reference alerts pseudonyms masking redacting",
    2: "nature sources parse oracle classifier summary building+causes+fates+hints+providers+trends render",
    3: "scan+clocks+pieces+retold+stage+waiting+tallies explaining",
    4: "workers mailing webhook result+evidence",
    5: "cli+asking+gathering+tabling+configuring+lastly+scheduling+reporting+outputs+choices+__init__",
    6: "__main__",
}
TOGETHER = {0, 1}
LEVEL = {name: level for level, rooms in LEVELS.items() for room in rooms.split() for name in room.split("+")}
ROOM = {name: room for rooms in LEVELS.values() for room in rooms.split() for name in room.split("+")}


def name_of(path: Path) -> str:
    """The room that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def imports(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Every room of logscan that some code imports, wherever in it, but for types; and the line."""
    for child in ast.iter_child_nodes(node):
        if for_types_only(child):
            continue
        if isinstance(child, ast.Import):
            for alias in child.names:
                if alias.name.partition(".")[0] == "logscan":
                    yield [*alias.name.split("."), "__init__"][1], child.lineno
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: imports are absolute here"
            parts = (child.module or "").split(".")
            if parts == ["logscan"]:
                for alias in child.names:
                    yield (alias.name if alias.name in LEVEL else "__init__"), child.lineno
            elif parts[0] == "logscan":
                yield parts[1], child.lineno
        else:
            yield from imports(child)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())


def test_every_room_has_a_level() -> None:
    unknown = {name_of(path) for path in MODULES} - LEVEL.keys()
    assert not unknown, "give them a place in LEVELS"


def test_no_room_is_of_the_name_of_a_public_function() -> None:
    # `import logscan.report` would put the module over the function logscan.report.
    clashes = {name_of(path) for path in MODULES} & set(logscan.__all__)
    assert not clashes


@each_module
def test_imports_go_down(path: Path) -> None:
    own = name_of(path)
    for other, line in imports(tree_of(path)):
        if ROOM[other] == ROOM[own] or (LEVEL[other] == LEVEL[own] and LEVEL[own] in TOGETHER):
            continue
        assert LEVEL[other] < LEVEL[own], f"{path}:{line}: {own} (level {LEVEL[own]}) imports {other} ({LEVEL[other]})"


def test_codes_and_errors_and_engines_import_nothing_of_logscan() -> None:
    for name in ("codes", "errors", "engines"):
        assert not list(imports(tree_of(ROOT / f"{name}.py"))), name
    assert {other for other, _ in imports(tree_of(ROOT / "schema.py"))} <= {"codes"}


def test_the_slow_reader_shares_nothing_with_the_fast_one() -> None:
    for path in MODULES:
        others = {other for other, _ in imports(tree_of(path))}
        assert not (name_of(path) == "oracle" and "parse" in others)
        assert not (name_of(path) == "parse" and "oracle" in others)


@each_module
def test_rooms_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").split("\n")) - 1 <= LONGEST_MODULE
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{path}:{node.lineno}: {node.name} has {lines} lines"


@each_module
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)) or not path.read_text(encoding="utf-8").strip()


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after some code."""
    program = f"{code}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/")
    return set(done.stdout.split("\n")[-2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import logscan",
        "import logscan.packs",
        "import logscan.packs.check",
        "import logscan.rules",
        "import logscan.explaining",
        "import logscan.cli",
        "from logscan.packs import knowledge; knowledge()",
        "import logscan; str(logscan.explain('421 4.7.28 Slow down'))",
        "import logscan; str(logscan.compare('211', '421'))",
    ],
)
def test_quick_commands_load_nothing_heavy(code: str) -> None:
    assert not loaded_by(code)


def test_reading_a_log_does() -> None:
    assert "polars" in loaded_by("import logscan.scan")
