"""Finding sources: what is taken, in which order, and what people are told about the rest."""

from __future__ import annotations

import bz2
import gzip
import os
import random
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from logscan.errors import InputError
from logscan.sources import Source, find, opening, rotation, trouble

LINE = b"Nov 24 06:25:00 mx postfix/smtp[1]: 4B: to=<a@example.org>, status=sent (250 ok)\n"


def make(folder: Path, *names: str) -> None:
    """Files with different content."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() + b" " + LINE)


def names(*paths: str | Path) -> list[str]:
    return [Path(source.name).name for source in find(paths).sources]


def reasons(*paths: str | Path) -> dict[str, str]:
    return {Path(skipped.name).name: skipped.why for skipped in find(paths).skipped}


def refusal(*paths: str | Path) -> str:
    with pytest.raises(InputError) as error:
        find(paths)
    assert str(error.value).startswith(f"{paths[-1]}: ")
    return str(error.value)


def test_a_file_becomes_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mail.log").write_bytes(LINE)
    os.utime(tmp_path / "mail.log", (0, 1_800_000_000))
    monkeypatch.chdir(tmp_path)
    for given in ("mail.log", "./mail.log"):
        source = find([given]).sources[0]
        inode = (tmp_path / "mail.log").stat().st_ino
        written = datetime.fromtimestamp(1_800_000_000, UTC)
        series = str(tmp_path / "mail.log")
        assert source == Source(given, given, None, len(LINE), written, series, inode)
    assert find("mail.log").sources == find([Path("mail.log")]).sources


def test_compression_goes_by_content_and_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(gzip.compress(LINE))
    (tmp_path / "b.gz").write_bytes(LINE)
    (tmp_path / "c.gz").write_bytes(bz2.compress(LINE))
    assert [source.compression for source in find([tmp_path]).sources] == ["gz", None, "bz2"]


@pytest.mark.parametrize(
    "order",
    [
        ["mail.log.10.gz", "mail.log.2.gz", "mail.log.1", "mail.log"],
        ["mail.2.log", "mail.1.log", "mail.log"],
        ["mainlog.02.bz2", "mainlog.01", "mainlog"],
        ["maillog.1.bz2", "maillog.0.bz2", "maillog"],
        ["mail.log-20261031.xz", "mail.log-20261101.zst", "mail.log-2026110112", "mail.log-2026110113.gz", "mail.log"],
        ["mail.log.20261031.gz", "mail.log.20261101", "mail.log"],
        ["mail-20261031.log", "mail-20261101.log", "mail.log"],
        ["mail.log-2026-10-31", "mail.log-2026-11-01", "mail.log"],
        ["mail.log-1793404800", "mail.log-1793491200.gz", "mail.log"],
        ["mail.log-20261101-1793491200", "mail.log-20261101-1793494800", "mail.log"],
        ["MSGTRK20261101-2.LOG", "MSGTRK20261101-10.LOG", "MSGTRK20261101-100.LOG", "MSGTRK2026110200-1.LOG"],
    ],
)
def test_a_rotated_series_is_read_oldest_first_whatever_the_times_of_its_files(
    tmp_path: Path, order: list[str]
) -> None:
    make(tmp_path, *order)
    shuffled = random.Random(1).sample(order, len(order))
    for age, name in enumerate(shuffled):
        os.utime(tmp_path / name, (age, age))
    assert names(*(tmp_path / name for name in shuffled)) == order
    assert names(tmp_path) == order
    assert len({source.series for source in find([tmp_path]).sources}) == 1


def test_numbers_and_dates_in_one_series_are_ordered_by_the_times_of_their_files(tmp_path: Path) -> None:
    order = ["mail.log.2.gz", "mail.log.1.gz", "mail.log-20261101", "mail.log-20261102", "mail.log"]
    make(tmp_path, *order)
    for age, name in enumerate(order):
        os.utime(tmp_path / name, (age, age))
    assert names(tmp_path) == order


def test_series_come_in_order_of_their_first_appearance(tmp_path: Path) -> None:
    make(tmp_path, "b.log", "b.log.1", "a.log", "a.log.1", "sub/b.log.1")
    assert names(tmp_path / "b.log", tmp_path / "a.log", tmp_path / "b.log.1") == ["b.log.1", "b.log", "a.log"]
    assert names(tmp_path) == ["a.log.1", "a.log", "b.log.1", "b.log", "b.log.1"]


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("mail.log", "mail.log"),
        ("mail.log.gz", "mail.log"),
        ("MSGTRKMD2026110112-1.LOG", "MSGTRKMD.LOG"),
        ("RECV20261101-1.LOG", "RECV.LOG"),
        ("mail.log-20261301", "mail.log-20261301"),
        ("mail2026.log", "mail2026.log"),
        ("mx1.log", "mx1.log"),
        ("20261101.log", ".log"),
    ],
)
def test_series_are_named_after_the_file_that_is_being_written(name: str, series: str) -> None:
    assert rotation.place(name).series == series


def test_a_log_that_is_just_being_compressed_is_read_once(tmp_path: Path) -> None:
    content = b"".join(b"%d %s" % (n, LINE) for n in range(1000))
    (tmp_path / "mail.log.1").write_bytes(content)
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(content)[:9000])
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(b"other " + content))
    (tmp_path / "mail.log.2").write_bytes(b"something else " + content)
    assert names(tmp_path) == ["mail.log.2.gz", "mail.log.2", "mail.log.1"]
    assert reasons(tmp_path)["mail.log.1.gz"] == f"holds the same log as {tmp_path / 'mail.log.1'}"


def test_a_file_that_is_named_twice_comes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "mail.log")
    (tmp_path / "hard.log").hardlink_to(tmp_path / "mail.log")
    (tmp_path / "soft.log").symlink_to("mail.log")
    monkeypatch.chdir(tmp_path)
    found = find(["mail.log", "./mail.log", tmp_path / "mail.log", "-", "-", "*.log", "."])
    assert [source.name for source in found.sources] == ["mail.log", "-"]
    assert reasons("mail.log", "hard.log")["hard.log"] == f"the same file as {tmp_path / 'mail.log'}"
    assert names(tmp_path) == ["hard.log"]
    assert names("soft.log", "mail.log") == ["soft.log"]


def test_a_folder_is_searched_and_what_is_no_log_is_skipped_with_a_reason(tmp_path: Path) -> None:
    make(tmp_path, "mail.log", "exim4/mainlog", "exim4/deep/rejectlog", ".hidden", ".git/config")
    (tmp_path / "empty").touch()
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))
    (tmp_path / "wtmp").write_bytes(LINE + b"\0")
    (tmp_path / "wtmp.1.gz").write_bytes(gzip.compress(LINE + b"\0"))
    (tmp_path / "zeros-later").write_bytes(LINE * 200 + b"\0")
    (tmp_path / "utf16.csv").write_bytes("café\n".encode("utf-16"))
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08\0broken")
    (tmp_path / "journal").write_bytes(b"LPKSHHRH\0\0")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "exim4")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        found = find([tmp_path])
        why = reasons(tmp_path)
    assert [source.name for source in found.sources] == [
        str(tmp_path / name)
        for name in ("mail.log", "utf16.csv", "zeros-later", "exim4/mainlog", "exim4/deep/rejectlog")
    ]
    assert why == {
        ".git": "hidden folder",
        ".hidden": "hidden file",
        "broken.gz": why["broken.gz"],
        "dangling": "a symbolic link to nowhere, which does not exist",
        "elsewhere": "a link to a folder",
        "empty": "empty",
        "empty.gz": "empty",
        "journal": "a systemd journal, not text",
        "loop": "a symbolic link that leads back to itself",
        "pipe": "a pipe, read only when named",
        "socket": "a socket, not a file",
        "wtmp": "binary, not text",
        "wtmp.1.gz": "binary, not text",
    }
    assert why["broken.gz"].startswith("damaged gz data (")


def test_what_is_skipped_in_a_folder_is_read_or_refused_when_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "wtmp").write_bytes(b"\0")
    assert names(tmp_path / "empty", tmp_path / "wtmp") == ["empty", "wtmp"]
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08\0broken")
    assert f"; check it with `gzip -t {tmp_path / 'broken.gz'}`" in refusal(tmp_path / "broken.gz")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        assert "a socket, not a file" in refusal(tmp_path / "socket")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert "a symbolic link to nowhere, which does not exist" in refusal(tmp_path / "dangling")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"LPKSHHRH", "systemd journal, not text; try `logscan --journal FILE`"),
        (b"__CURSOR=s=x", "journal's export, not text; try `systemd-journal-remote -o x.journal FILE &&"),
        (b"PK\x03\x04", "a damaged zip archive (File is not a zip file); check it with `unzip -t FILE`"),
        (gzip.compress(b"PK\x03\x04", mtime=0), "a zip archive, not text; try `unzip -p FILE | logscan -`"),
        (gzip.compress(b"\0" * 257 + b"ustar", mtime=0), "tar archive, not text; try `tar -xOf FILE | logscan -`"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive, not text; try `7z x -so FILE | logscan -`"),
    ],
)
def test_text_in_another_format_is_refused_with_the_command_that_reads_it(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "log").write_bytes(content)
    assert told.replace("FILE", str(tmp_path / "log")) in refusal(tmp_path / "log")


def test_patterns_are_matched_here_when_the_shell_did_not(tmp_path: Path) -> None:
    make(tmp_path, "mail.log", "mail.log.1", "deep/er/mail.log", "other", "[odd].log")
    assert names(tmp_path / "mail*") == ["mail.log.1", "mail.log"]
    assert names(tmp_path / "**" / "mail.log") == ["mail.log", "mail.log"]
    assert names(tmp_path / "de*") == ["mail.log"]
    assert names(tmp_path / "[odd].log") == ["[odd].log"]
    assert f"matches this pattern; did you mean {tmp_path / 'mail.log'}?" in refusal(tmp_path / "mial.lo*")
    assert "matches this pattern; check the folder" in refusal(tmp_path / "qqq*")


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "log/mail.log", "log/.mail.lg", "bare/faillog", "bare/auth.log")
    assert "did you mean" not in refusal(tmp_path / "bare" / "mail.log")
    assert refusal(tmp_path / "log" / "mial.log").endswith(f"did you mean {tmp_path / 'log/mail.log'}?")
    assert refusal(tmp_path / "lgo" / "mail.log").endswith(f"did you mean {tmp_path / 'log/mail.log'}?")
    assert refusal(tmp_path / "lgo" / "exim").endswith(f"did you mean {tmp_path / 'log'}?")
    assert refusal(tmp_path / "none" / "x").endswith(f"see what there is with `ls {tmp_path}`")
    monkeypatch.chdir(tmp_path / "log")
    assert refusal("mail.lgo").endswith("did you mean mail.log?")
    monkeypatch.setattr(trouble, "_JOURNAL", tmp_path)
    assert refusal("/var/log/qqqqq/x").endswith("`logscan --journal`")


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_cannot_be_a_name_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="is no file name"):
        find([path])


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    assert "the folder holds no files" in refusal(tmp_path)


def test_a_file_without_permission_says_how_to_read_it(tmp_path: Path) -> None:
    make(tmp_path, "mail.log", "mail.log.1")
    why = "no permission to read it"
    with patch.object(opening, "head", side_effect=PermissionError(13, "Permission denied")):
        assert f"{why}; " in refusal(tmp_path / "mail.log")
        assert f"run `sudo logscan {tmp_path / 'mail.log'}`" in refusal(tmp_path / "mail.log")
        assert reasons(tmp_path) == {"mail.log": why, "mail.log.1": why}


@pytest.mark.parametrize(
    ("mode", "group", "groups", "told"),
    [
        (0o640, 4, [100], "its group is adm: SUDO, or add yourself to that group with `sudo usermod -aG adm $USER`"),
        (0o640, 4, [100, 4], "SUDO"),
        (0o640, 0, [100], "SUDO"),
        (0o600, 4, [100], "SUDO"),
    ],
)
def test_the_group_is_named_when_joining_it_would_help(mode: int, group: int, groups: list[int], told: str) -> None:
    status = os.stat_result((stat.S_IFREG | mode, 0, 0, 1, 0, group, 0, 0, 0, 0))
    with (
        patch.object(Path, "stat", return_value=status),
        patch.object(Path, "group", return_value="adm"),
        patch.object(os, "getgroups", return_value=groups),
    ):
        unfit = trouble.failed("/var/log/mail.log", PermissionError())
    expected = told.replace("SUDO", "run `sudo logscan /var/log/mail.log`")
    assert unfit.advice.removesuffix(" and log in again") == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_is_told_and_inside_another_one_skipped(tmp_path: Path) -> None:
    make(tmp_path, "mail.log", "closed/mainlog")
    (tmp_path / "closed").chmod(0)
    try:
        assert "no permission" in refusal(tmp_path / "closed")
        assert "no permission" in refusal(tmp_path / "closed" / "mainlog")
        assert reasons(tmp_path) == {"closed": "no permission to read it"}
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_names_that_are_no_utf8_can_be_shown_and_still_be_opened(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.log")
    Path(path).write_bytes(LINE)
    source = find([path]).sources[0]
    assert source.name.endswith("caf\ufffd.log")
    assert source.path == path
    assert source.series.encode()
