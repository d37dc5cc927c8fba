"""The published schemas: real reports and events keep to them, and they keep to what the code writes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import make_schema
import pytest
from typer.testing import CliRunner

import logscan
from logscan import published
from logscan.cli import app

LOGS = Path(__file__).parent.parent / "sample_logs"
SAMPLES = sorted((*LOGS.glob("*/*.log"), *LOGS.glob("exchange/**/*.LOG")))
RENEW = "run python tests/make_schema.py and commit docs/schema"


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(published.text(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", published.FILES)
def test_the_published_schema_is_what_the_code_writes(name: str) -> None:
    try:
        made = make_schema.made(name)
    except make_schema.ChangedError as error:
        pytest.fail(str(error))
    assert made == make_schema.current(name), RENEW


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.relative_to(LOGS).as_posix())
def test_reports_of_samples_keep_to_it(path: Path) -> None:
    report = logscan.report(path, year=2026, tz="UTC")
    validator("report").validate(json.loads(report.to_json()))


def test_the_report_of_a_folder_and_of_nothing_keep_to_it(tmp_path: Path) -> None:
    validator("report").validate(logscan.report(LOGS, year=2026, tz="UTC").to_dict())
    (tmp_path / "mail.log").touch()
    validator("report").validate(logscan.report(tmp_path / "mail.log").to_dict())


@pytest.mark.parametrize("path", SAMPLES[::4], ids=lambda path: path.relative_to(LOGS).as_posix())
def test_events_keep_to_it(path: Path) -> None:
    done = CliRunner().invoke(app, ["events", str(path), "--format", "jsonl", "--year", "2026", "--tz", "UTC"])
    assert done.exit_code == 0
    schema = validator("events")
    rows = [json.loads(line) for line in done.output.splitlines()]
    assert rows or "empty" in path.stem
    for row in rows:
        schema.validate(row)
        assert row.keys() == json.loads(published.text("events"))["properties"].keys()


@pytest.mark.parametrize("name", published.FILES)
def test_the_command_prints_the_file(name: str) -> None:
    done = CliRunner().invoke(app, ["schema", name])
    assert (done.exit_code, done.output) == (0, published.text(name))


def breaking() -> list[Any]:
    def gone(schema: dict[str, Any]) -> None:
        del schema["$defs"]["Problem"]["properties"]["lost"]

    def typed(schema: dict[str, Any]) -> None:
        schema["$defs"]["Problem"]["properties"]["lost"]["type"] = "string"

    def narrowed(schema: dict[str, Any]) -> None:
        schema["$defs"]["Problem"]["properties"]["lost"]["minimum"] = 0

    def demanded(schema: dict[str, Any]) -> None:
        schema["$defs"]["Problem"]["required"].append("new")

    return [gone, typed, narrowed, demanded]


@pytest.mark.parametrize("change", breaking(), ids=lambda change: change.__name__)
def test_a_change_is_told_from_an_addition(change: Any) -> None:
    before = make_schema.current("report")
    after = copy.deepcopy(before)
    after["$defs"]["Problem"]["properties"]["new"] = {"type": "string"}
    after["$defs"]["New"] = {"type": "object"}
    after["$defs"]["Problem"]["description"] = "other words"
    assert not make_schema.changes(before, after)
    change(after)
    assert make_schema.changes(before, after)


def test_a_field_that_is_new_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> dict[str, Any]:
        schema = json.loads(published.text(name))
        del schema["$defs"]["Problem"]["properties"]["templates"]
        schema["$defs"]["Problem"]["required"].remove("templates")
        return dict(schema)

    monkeypatch.setattr(make_schema, "current", without)
    made = make_schema.made("report")
    assert made != without("report")
    assert "templates" not in made["$defs"]["Problem"]["required"], "reports of before stay valid"
