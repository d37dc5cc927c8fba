"""Archives and URLs: what lies in them is read in place, whatever it is called, and told plainly when it cannot be."""

from __future__ import annotations

import gzip
import http.server
import io
import lzma
import subprocess
import sys
import tarfile
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
import zstandard
from pandas.testing import assert_frame_equal
from test_invariance import cut_into, findings, table

import logscan
from logscan import engines, scan
from logscan.errors import InputError, MissingExtraError
from logscan.sources import find, remote

SAMPLES = Path(__file__).parent.parent / "sample_logs" / "postfix"
LINE = b"Nov 24 05:37:24 mx1 postfix/smtp[1]: ABC12: to=<a@b.example>, relay=none, dsn=4.4.1, status=deferred (x)\n"
FILES = {
    "log/mail.log": (SAMPLES / "mixed.log").read_bytes(),
    "log/mail.log.1": (SAMPLES / "refusals.log").read_bytes(),
    "log/mail.log.2.gz": gzip.compress((SAMPLES / "local.log").read_bytes()),
    "log/notes.txt": b"hello\n",
}
Files = dict[str, bytes]


def zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: Files, format_: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


ARCHIVES: dict[str, Callable[[Files], bytes]] = {
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda files: gzip.compress(tarred(files, tarfile.GNU_FORMAT)),
    "tar.xz": lambda files: lzma.compress(tarred(files, tarfile.USTAR_FORMAT)),
    "tar.zst": lambda files: zstandard.ZstdCompressor().compress(tarred(files)),
}
each_archive = pytest.mark.parametrize("kind", ARCHIVES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    for name, data in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def write(folder: Path, kind: str, files: Files) -> Path:
    path = folder / "logs.dat"  # the content tells what it is
    path.write_bytes(ARCHIVES[kind](files))
    return path


def skipped(path: object) -> dict[str, str]:
    return {one.name.rpartition("logs.dat")[2].lstrip("/"): one.why for one in find([path]).skipped}  # type: ignore[list-item]


# --- Archives -------------------------------------------------------------------------------------------------------


@each_archive
def test_an_archive_is_read_as_its_folder(tmp_path: Path, folder: Path, kind: str) -> None:
    path = write(tmp_path, kind, FILES)
    sources = find([path]).sources
    order = ("mail.log.2.gz", "mail.log.1", "mail.log", "notes.txt")
    assert [source.name for source in sources] == [f"{path}/log/{name}" for name in order]
    assert_frame_equal(table(path).drop(columns="source"), table(folder / "log").drop(columns="source"))
    with cut_into(1 << 30, 5000):
        assert_frame_equal(table(path, engines.threads), table(path))
    report = findings(path)
    assert report["totals"] == findings(folder / "log")["totals"]


@each_archive
def test_what_is_no_log_in_an_archive_is_told(tmp_path: Path, kind: str) -> None:
    files = {
        "mail.log": LINE,
        "empty.log": b"",
        "core": b"x\0y" * 100,
        "inner.zip": zipped({"mail.log": LINE}),
        "inner.tar.gz": gzip.compress(tarred({"mail.log": LINE})),
        "broken.gz": b"\x1f\x8b\x08\0broken",
        "old.journal": b"LPKSHHRH" + bytes(9),
    }
    path = write(tmp_path, kind, files)
    assert len(table(path)) == 1
    told = skipped(path)
    assert set(told) == set(files) - {"mail.log"}
    assert told["inner.zip"] == told["inner.tar.gz"] == "an archive inside an archive"
    assert told["empty.log"] == "empty" and told["core"] == "binary, not text" and "journal" in told["old.journal"]


@each_archive
@pytest.mark.parametrize(
    "name", ["../../../tmp/logscan-evil", "/etc/x", "a\nb\x1b[31m.log", "C:\\x.log", "é/ü.log", "-"]
)
def test_names_are_shown_and_never_used(tmp_path: Path, kind: str, name: str) -> None:
    path = write(tmp_path, kind, {name: LINE})
    text = logscan.report(path, year=2026, tz="UTC").to_text()
    assert "\x1b" not in text
    assert [entry.name for entry in tmp_path.iterdir()] == ["logs.dat"]
    assert not Path("/tmp/logscan-evil").exists()
    assert len(table(path)) == 1


@each_archive
def test_two_of_one_name(tmp_path: Path, kind: str) -> None:
    both = [ARCHIVES["tar"]({"mail.log": LINE}), ARCHIVES["tar"]({"mail.log": LINE * 2})]
    path = tmp_path / "logs.dat"
    if kind != "tar":
        pytest.skip("one kind will do")
    path.write_bytes(both[0][:1024] + both[1])
    assert len(table(path)) == 1
    assert skipped(path) == {"mail.log": "another entry of the archive has the same name"}


def test_an_encrypted_member(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.log": LINE, "b.log": LINE}))
    for start in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[start] |= 1  # of the first member
    (tmp_path / "logs.dat").write_bytes(data)
    assert "encrypted" in skipped(tmp_path / "logs.dat")["a.log"]
    assert len(table(tmp_path / "logs.dat")) == 1
    (tmp_path / "logs.dat").write_bytes(bytes(data).replace(b"b.log", b"a.log"))


@each_archive
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_archive_is_told(tmp_path: Path, kind: str, share: float) -> None:
    path = write(tmp_path, kind, FILES)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError, match=r"damaged|cannot be read|ends too early") as caught:
        found = find([path])
        if any("damaged" in one.why for one in found.skipped):
            raise InputError("damaged, and told so")
        table(path)
    assert "Traceback" not in str(caught.value)


@each_archive
def test_hardly_an_archive(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind, {})
    with pytest.raises(InputError):
        if find([path]).sources:
            table(path)
            raise InputError("an empty log")


def test_a_bomb_only_takes_time(tmp_path: Path) -> None:
    """A hundred megabytes out of a hundred kilobytes, twice packed: memory stays that of a few blocks."""
    line = LINE * 2000
    bomb = gzip.compress(line * 250, 9)
    for kind in ("zip", "tar.gz"):
        path = write(tmp_path, kind, {"mail.log.gz": bomb})
        tracemalloc.start()
        sources = find([path]).sources
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(sources) == 1 and peak < 8 << 20


def test_a_header_that_claims_much(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    (tmp_path / "logs.dat").write_bytes(
        tarred({"mail.log": LINE})[:1024] + info.tobuf(tarfile.GNU_FORMAT) + bytes(20480)
    )
    tracemalloc.start()
    told = skipped(tmp_path / "logs.dat")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "damaged behind 1 members" in told[""] and peak < 8 << 20


def test_an_archive_in_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "zip", {"mail.log": LINE})
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "mail.log").write_bytes(LINE)
    assert len(table(tmp_path)) == 2
    assert any("damaged zip archive" in one.why for one in find([tmp_path]).skipped)


# --- URLs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    system = fsspec.filesystem("memory")
    for name, data in {**FILES, "log/all.zip": zipped(FILES)}.items():
        system.pipe(f"/bucket/{name}", data)
    yield system
    system.rm("/bucket", recursive=True)


def test_a_file_a_pattern_a_folder_an_archive(memory: object, folder: Path) -> None:
    whole = table(folder / "log").drop(columns="source")
    assert len(table("memory://bucket/log/mail.log")) == len(table(folder / "log" / "mail.log"))
    assert_frame_equal(table("memory://bucket/log/mail.log*").drop(columns="source"), whole)
    assert_frame_equal(table("memory://bucket/log/all.zip").drop(columns="source"), whole)
    names = [source.name for source in find(["memory://bucket/log"]).sources]
    assert "memory://bucket/log/mail.log.2.gz" in names and "memory://bucket/log/all.zip/log/mail.log" in names
    assert find(["memory://bucket/log/mail.log"]).sources[0].size == len(FILES["log/mail.log"])


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("memory://bucket/none.log", "no such file there"),
        ("memory://bucket/*.none", "no file matches this pattern"),
        ("nonsense://x/y", "no such kind of URL"),
        ("memory://bucket/log/notes.txt", "no line of a mail server"),
    ],
)
def test_what_is_not_there(memory: object, url: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        table(url)


SERVED = {"/mail.log.gz": gzip.compress(LINE * 3), "/mail.log": LINE, "/all.zip": zipped({"mail.log": LINE})}


class _Server(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status = 403 if path == "/secret" else 200 if path in SERVED else 404
        data = SERVED.get(path, b"")
        first, last = 0, len(data) - 1
        wanted = self.headers.get("Range", "")
        if status == 200 and wanted.startswith("bytes="):
            status = 206
            first, _, end = wanted.removeprefix("bytes=").partition("-")  # type: ignore[assignment]
            first, last = int(first), min(int(end or last), last)
        self.send_response(status)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(max(last - first + 1, 0)))
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[first : last + 1])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_https_and_its_like(web: str) -> None:
    assert len(table(f"http://{web}/mail.log.gz")) == 3
    assert len(table(f"http://{web}/all.zip")) == 1
    frame = table(f"http://anna:geheim@{web}/mail.log?token=geheim")
    assert frame["source"].tolist() == [f"http://{web}/mail.log"]
    for path, told in (("none", "not found"), ("secret", "no permission")):
        with pytest.raises(InputError, match=told) as caught:
            table(f"http://anna:geheim@{web}/{path}?token=geheim")
        assert "geheim" not in str(caught.value) and "anna" not in str(caught.value)


def test_nobody_listens() -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        table("http://u:geheim@127.0.0.1:9/mail.log")
    assert "geheim" not in str(caught.value)


def test_credentials_stay_out_of_names() -> None:
    assert remote.shown("https://u:p@x.example/a?b=c#d") == "https://x.example/a"
    assert remote.shown("sftp://u:p@w@x.example:22/a") == "sftp://x.example:22/a"
    assert remote.shown("simplecache::https://u:p@x.example/a?b") == "simplecache::https://x.example/a"
    assert not remote.is_url("/var/log/mail.log") and not remote.is_url("C:\\x") and remote.is_url("s3://b/k")


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingExtraError, match=r"s3://.*s3fs"):
        find(["s3://bucket/mail.log"])
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"logscan\[remote\]"):
        find(["s3://bucket/mail.log"])


def test_the_command_takes_urls(web: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "logscan", f"http://u:geheim@{web}/mail.log", "--tz", "UTC"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "geheim" not in done.stdout + done.stderr, done.stderr
    assert scan.read_events([f"http://{web}/mail.log"], scan.Options(tz="UTC")).height == 1
