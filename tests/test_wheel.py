"""The built package: what is in it, and that it works where the source folder is out of the way."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
SITE = [path for path in sys.path if path.endswith("site-packages")]

PROGRAM = """
import sys
import logscan
from logscan import packs

target = sys.argv[1]
assert logscan.__file__.startswith(target), logscan.__file__
assert str(packs.root()) == f"{target}/logscan/_patterns", packs.root()
assert "421" in logscan.explain("421").to_text()
events = logscan.read("mail.log", year=2026, tz="UTC")
assert events["outcome"].tolist() == ["delivered"], events
print("works")
"""
LINE = (
    "Nov 24 05:37:24 mx1 postfix/smtp[4711]: 3F2A1C0E5B: to=<anna@example.net>, relay=mx.example.net[192.0.2.25]:25, "
    "delay=1.4, delays=0.03/0.01/0.5/0.86, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n"
)


def run(*command: str, cwd: Path, path: str = "") -> str:
    """Run Python without the tree: no site module, so that an editable install is out of the way, too."""
    env = {"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "HOME": str(cwd), "TZ": "UTC"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source archive."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    subprocess.run(build, cwd=PROJECT, capture_output=True, text=True, check=True)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def test_the_wheel_holds_the_packs_as_they_are(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            name.removeprefix("logscan/_patterns/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("logscan/_patterns/")
        }
    shipped = {
        path.relative_to(PROJECT / "patterns").as_posix(): path.read_bytes()
        for path in (PROJECT / "patterns").rglob("*")
        if path.is_file()
    }
    assert packed == shipped
    assert any(name.endswith(".toml") for name in packed)


def test_the_wheel_holds_the_schemas(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for path in (PROJECT / "docs" / "schema").iterdir():
            assert archive.read(f"logscan/_schema/{path.name}") == path.read_bytes()


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "logscan").rglob("*.py")}
    assert sources <= names
    assert "logscan/py.typed" in names
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"logscan"}
    assert not [name for name in names if "test" in name or name.endswith(".pyc")]


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = next(name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name)
        names = set(archive.namelist())
        metadata = archive.read(f"{info}/METADATA").decode()
        commands = archive.read(f"{info}/entry_points.txt").decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "logscan = logscan.cli:main" in commands
    assert any(name.startswith(f"{info}/") and name.endswith("LICENSE") for name in names)


def test_the_source_archive_has_what_the_wheel_is_built_from(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "patterns/codes.toml",
        "logscan/py.typed",
        "tests/test_wheel.py",
    ):
        assert name in names, name
    assert not [name for name in names if "__pycache__" in name or ".cache" in name or "_cache/" in name]


def test_the_installed_wheel_works_elsewhere(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    quiet = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-compile")
    run(sys.executable, "-m", "pip", "install", *quiet, "--target", str(target), str(wheel), cwd=tmp_path)
    (tmp_path / "mail.log").write_text(LINE, encoding="utf-8")
    path = ":".join([str(target), *SITE])
    said = run(sys.executable, "-S", "-c", PROGRAM, str(target), cwd=tmp_path, path=path)
    assert said == "works\n"
    said = run(sys.executable, "-S", "-m", "logscan", "explain", "211", cwd=tmp_path, path=path)
    assert "211" in said
    said = run(sys.executable, "-S", "-m", "logscan", "packs", "list", cwd=tmp_path, path=path)
    assert f"{target}/logscan/_patterns" in said
