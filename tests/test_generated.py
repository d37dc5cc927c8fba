"""Logs of the generator, which knows what it wrote: every reply is one right event, in any version and encoding."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import logscan

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
VERSIONS = ("2007", "2010", "2013", "2016", "2019", "SE")
COUNTED = (
    ("by_outcome", "outcome"),
    ("by_reply_code", "reply_code"),
    ("by_enhanced_code", "enhanced_code"),
    ("by_dsn", "dsn"),
)


@pytest.fixture(scope="module", params=VERSIONS)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import generate
    finally:
        sys.path.remove(str(BENCHMARKS))
    path = tmp_path_factory.mktemp("exchange") / f"MSGTRK{request.param}.LOG"
    truth = generate.generate("exchange", 1_500_000, path, 7, "iso", request.param)
    return path, truth.to_dict()


def counted(rows: pd.DataFrame, column: str) -> dict[str, int]:
    found = Counter("none" if pd.isna(value) else str(value) for value in rows[column])
    return dict(sorted(found.items()))


def test_every_reply_is_one_right_event(log: tuple[Path, dict[str, object]]) -> None:
    path, truth = log
    events = logscan.read(path)
    for kind, name in (("delivery", "deliveries"), ("rejection", "rejections")):
        rows, expected = events[events["event"] == kind], truth[name]
        assert isinstance(expected, dict)
        assert len(rows) == expected["total"]
        for key, column in COUNTED:
            if key in expected:
                assert counted(rows, column) == expected[key], key
    report = logscan.report(path).to_dict()
    assert report["coverage"]["unparsed"] == 0, report["coverage"]["samples"]
    assert report["totals"]["messages"] == truth["messages"]


def test_utf16_and_cut_files_give_the_same_rows(log: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    path, _ = log
    whole = logscan.read(path).drop(columns=["source", "offset"])
    text = path.read_bytes().decode("utf-8-sig")
    wide, cut = tmp_path / "wide.log", tmp_path / "cut.log"
    wide.write_bytes(text.encode("utf-16"))
    cut.write_bytes(text.partition("#Fields:")[2].partition("\n")[2].encode())
    pd.testing.assert_frame_equal(logscan.read(wide).drop(columns=["source", "offset"]), whole)
    pd.testing.assert_frame_equal(logscan.read(cut).drop(columns=["source", "offset"]), whole)


def test_every_reply_in_exims_log_is_one_right_event(tmp_path: Path) -> None:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import generate
    finally:
        sys.path.remove(str(BENCHMARKS))
    path = tmp_path / "mainlog"
    truth = generate.generate("exim", 1_500_000, path, 7, "iso").to_dict()
    events = logscan.read(path, tz="Europe/Berlin")
    for kind, name in (("delivery", "deliveries"), ("rejection", "rejections")):
        rows, expected = events[events["event"] == kind], truth[name]
        assert isinstance(expected, dict)
        assert len(rows) == expected["total"]
        for key, column in COUNTED[:2]:
            assert counted(rows, column) == expected[key], key
    report = logscan.report(path, tz="Europe/Berlin").to_dict()
    assert report["coverage"]["unparsed"] == 0, report["coverage"]["samples"]
    assert report["totals"]["messages"] == truth["messages"]
