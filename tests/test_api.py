"""The public face: what `import logscan` offers, how it is called, and that all of it is documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import logscan
from logscan import cli, errors

# Each public function, as it is called.
SIGNATURES = {
    "read": "(paths, *, mta=None, since=None, until=None, tz=None, year=None, columns=None, patterns=())",
    "classify": "(df, *, patterns=())",
    "redact": "(df, *, key=None, all_=False)",
    "summarise": "(events)",
    "report": "(paths, *, mta=None, since=None, until=None, tz=None, year=None, patterns=())",
    "explain": "(text)",
    "compare": "(one, other, *more)",
}
FUNCTIONS = [name for name in logscan.__all__ if inspect.isfunction(getattr(logscan, name))]


def plain(name: str) -> str:
    """A signature without types."""
    signature = inspect.signature(getattr(logscan, name))
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def test_the_public_names_are_sorted_and_there() -> None:
    assert logscan.__all__ == sorted(logscan.__all__)
    assert all(hasattr(logscan, name) for name in logscan.__all__)
    assert set(FUNCTIONS) == set(SIGNATURES)


def test_nothing_else_is_defined_in_public() -> None:
    own = {
        name
        for name, thing in vars(logscan).items()
        if not name.startswith("_") and getattr(thing, "__module__", "") == "logscan"
    }
    assert own <= set(logscan.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_called_as_documented(name: str) -> None:
    # explain may be told more than the text: options are added by name, and never taken away
    wanted = SIGNATURES[name].removesuffix(")")
    assert plain(name).startswith(wanted), f"{name}{plain(name)}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_typed_and_documented(name: str) -> None:
    function = getattr(logscan, name)
    text = inspect.getdoc(function) or ""
    assert text.split("\n")[0].endswith("."), "one plain sentence first"
    parameters = inspect.signature(function).parameters.values()
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in parameters)
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", ["read", "report"])
def test_functions_that_read_say_what_they_raise(name: str) -> None:
    assert "Raises" in (inspect.getdoc(getattr(logscan, name)) or "")


def test_the_errors_are_one_tree() -> None:
    raised = [thing for _, thing in inspect.getmembers(errors, inspect.isclass)]
    assert {thing.__name__ for thing in raised} <= set(logscan.__all__)
    for thing in raised:
        assert issubclass(thing, errors.LogscanError)
        assert thing.__doc__
        assert thing.__name__ in (errors.__doc__ or "")


def test_functions_stay_functions_when_every_module_is_loaded() -> None:
    for module in pkgutil.walk_packages(logscan.__path__, "logscan."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert all(inspect.isfunction(getattr(logscan, name)) for name in SIGNATURES)


def test_the_version_is_that_of_the_package() -> None:
    project = Path(logscan.__file__).parent.parent / "pyproject.toml"
    assert logscan.__version__ == tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]


def test_the_functions_work_together(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(
        "Nov 24 05:37:24 mx1 postfix/smtp[4711]: 3F2A1C0E5B: to=<an@example.net>, relay=mx.example.net[192.0.2.25]:25,"
        " delay=1.4, delays=0.03/0.01/0.5/0.86, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.25] said: "
        "550 5.1.1 No such user (in reply to RCPT TO command))\n",
        encoding="utf-8",
    )
    events = logscan.read(log, year=2026, tz="UTC")
    assert events["reason"].tolist() == ["user_unknown"]
    again = logscan.classify(events.drop(columns=["reason", "rule"]))
    assert again["reason"].tolist() == ["user_unknown"]
    assert logscan.summarise(events)["count"].tolist() == [1]
    assert "550" in logscan.report(log, year=2026, tz="UTC").to_text()
    assert "550" in logscan.report(events).to_text()
    assert "421" in logscan.explain("421").to_text()
    assert "421" in logscan.compare("211", "421").to_text()


def test_a_reply_shows_whose_it_is() -> None:
    rows = pd.DataFrame(
        {
            "diagnostic": [
                "421-4.7.0 unsolicited mail 421 4.7.0 more abc-12si34. - gsmtp",
                "550 5.7.1 see https://SUPPORT.google.com/mail/answer/1",
                "550 5.7.1 see https://support.google.com/mail/answer/1",
                "250 2.0.0 OK abc - gsmtp",
                "550 5.7.1 no",
                "554 5.7.1 <a@gmail.com>: Relay access denied",
                "550 5.7.1 (S3150) [x.eop-eur05.prod.protection.outlook.com] mail.live.com/mail/troubleshooting.aspx",
            ],
            "remote_mta": [None, "mx.example.net", "mta7.am0.yahoodns.net", None, None, "relay.example.net", None],
            "recipient_domain": [None, "example.net", None, None, "gmail.com", "gmail.com", "example.org"],
        }
    )
    found = logscan.classify(rows)["provider"].astype(object)
    assert found.where(found.notna(), None).tolist() == ["google", "google", "yahoo", None, "google", None, "outlook"]
    rows["event"] = "rejection"  # our own words
    assert logscan.classify(rows)["provider"].dropna().tolist() == ["yahoo"]


def test_a_mistake_of_our_own_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise ValueError("bad \x1b[31m")

    monkeypatch.setattr("logscan.cli.app", broken)
    with pytest.raises(SystemExit) as end:
        cli._run()
    said = capsys.readouterr().err
    assert end.value.code == 1
    assert said.count("\n") == 1 and "ValueError in test_api.py, broken: bad \\x1b[31m" in said
    monkeypatch.setenv("LOGSCAN_TRACEBACK", "1")
    with pytest.raises(ValueError, match="bad"):
        cli._run()
