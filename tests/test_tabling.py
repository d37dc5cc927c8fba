"""Tables from the command line: a summary is what logscan.summarise gives, and Parquet says what its columns are."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

import logscan
from logscan import scan, schema, tallies
from logscan.cli import app
from logscan.summary import PUBLIC, SUMMARY

LOGS = Path(__file__).parent.parent / "sample_logs"
OPTIONS = scan.Options(year=2026, tz="UTC")


def run(*args: str) -> bytes:
    done = CliRunner().invoke(app, [*args, "--year", "2026", "--tz", "UTC"])
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    plain = table.astype({name: "str" for name in PUBLIC if isinstance(table[name].dtype, pd.CategoricalDtype)})
    return plain.sort_values([*PUBLIC, "offset"], ignore_index=True)


@pytest.mark.parametrize("place", ["postfix", "exim", "exchange"])
def test_a_summary_of_logs_is_that_of_their_events(place: str) -> None:
    events = logscan.read(LOGS / place, year=2026, tz="UTC")
    assert (events["outcome"] == "expired").any() or place == "exchange"
    found = schema.to_pandas(tallies.summarise_logs(LOGS / place, OPTIONS), SUMMARY)
    assert_frame_equal(ordered(found), ordered(logscan.summarise(events)))


def test_summaries_of_many_pieces_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tallies.summarise_logs(LOGS / "exim", OPTIONS)
    monkeypatch.setattr(tallies, "_MERGE_AT", 2)
    assert tallies.summarise_logs(LOGS / "exim", OPTIONS).sort(whole.columns).equals(whole.sort(whole.columns))


def test_a_log_without_events_has_an_empty_summary(tmp_path: Path) -> None:
    (tmp_path / "mail.log").touch()
    header = ",".join(column.name for column in SUMMARY)
    assert run("summary", str(tmp_path / "mail.log")).decode() == header + "\n"


def test_the_forms_of_a_summary_say_the_same() -> None:
    log = str(LOGS / "postfix" / "mixed.log")
    lines = [json.loads(line) for line in run("summary", log, "--format", "jsonl").splitlines()]
    table = pd.read_csv(io.BytesIO(run("summary", log, "--raw")))
    parquet = pd.read_parquet(io.BytesIO(run("summary", log, "--format", "parquet")))
    assert len(lines) == len(table) == len(parquet) > 20
    assert table["count"].tolist() == [row["count"] for row in lines] == parquet["count"].tolist()
    assert str(parquet["first"].dtype) == "datetime64[us, UTC]"
    assert "example.net" not in run("summary", log, "--redact").decode()


@pytest.mark.parametrize("command", ["events", "summary"])
def test_parquet_has_categories_times_and_what_columns_mean(command: str) -> None:
    data = run(command, str(LOGS / "postfix" / "mixed.log"), "--format", "parquet")
    table = pd.read_parquet(io.BytesIO(data))
    columns = {column.name: column for column in (schema.EVENTS if command == "events" else SUMMARY)}
    assert table.columns.tolist() == list(columns)
    meanings = pq.read_metadata(io.BytesIO(data)).metadata
    for name, column in columns.items():
        assert meanings[f"logscan.column.{name}".encode()].decode() == column.meaning
        assert isinstance(table[name].dtype, pd.CategoricalDtype) == (column.kind == "word"), name
    assert str(table["reply_code"].dtype).lower() in ("uint16", "float64")
    again = pl.read_parquet(io.BytesIO(data))
    assert again.schema[columns["mta"].name] == pl.Categorical
