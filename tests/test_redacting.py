"""Pseudonyms: nothing that names anyone is left in any output, equal values stay equal, and the diagnosis stays."""

from __future__ import annotations

import ipaddress
import json
import re
import stat
from pathlib import Path
from typing import Any

import hostile
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_index_equal
from typer.testing import CliRunner

import logscan
from logscan import redactkey
from logscan.cli import app
from logscan.errors import InputError, OptionError
from logscan.masking import Masker
from logscan.pseudonyms import Pseudonyms

LOGS = Path(__file__).parent.parent / "sample_logs"
KEY = "a key for tests alone"
MASKER = Masker(KEY.encode())

# --- Whatever the log names --------------------------------------------------------------------------------------

labels = st.from_regex(r"[a-z0-9][a-z0-9-]{2,10}[a-z0-9]", fullmatch=True)
zones = st.sampled_from(["com", "org", "de", "co.uk", "example", "museum", "xn--p1ai", "com.br"])
domains = st.builds("{}.{}".format, labels, zones)
hosts = st.builds("{}.{}".format, st.one_of(labels, st.builds("{}.{}".format, labels, labels)), domains)
locals_ = st.one_of(
    st.from_regex(r"[a-z][a-z0-9._+-]{3,15}[a-z0-9]", fullmatch=True),
    st.builds("{}={}".format, labels, domains),  # VERP
    st.builds("bounce+{}={}".format, labels, domains),
    st.builds("SRS0=HHHH=TT={1}={0}".format, labels, domains),
    st.builds("SRS1=HHHH={1}==HHHH=TT={1}={0}".format, labels, domains),
    st.builds("prvs=1234abcdef={}".format, labels),  # BATV
    st.builds('"{} {}"'.format, labels, labels),
    st.builds("{}%{}".format, labels, domains),
)
fours = (
    st.ip_addresses(v=4).filter(lambda ip: int(ip) < 240 << 24 and not ip.is_loopback and int(ip) > 1 << 24).map(str)
)
sixes = (
    st.ip_addresses(v=6).filter(lambda ip: int(ip) >> 112 >= 0x1000 and int(ip) >> 96 != 0x20010DB8).map(str)
)  # what pseudonyms begin with is no leak
REPLIES = (
    "550 5.1.1 <{to}>: Recipient address rejected: User unknown",
    "550 5.1.1 {TO}... User unknown; contact postmaster@{domain}",
    "554 5.7.1 Service unavailable; Client host [{four}] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/{four}",
    "554 5.7.1 blocked, see http://bl.{domain}/?ip={four}&to={percent}",
    "451 4.3.0 lookup of {reverse}.zen.spamhaus.org and {reverse}.in-addr.arpa for {HOST} failed",
    "550 5.7.1 [IPv6:{six}] is not allowed to send from <{sender}> ({domain})",
    "550 5.7.1 mail from {domain}: SPF {host} does not designate {four}; DKIM d={Domain}; s=x._domainkey.{domain}",
    "450 4.7.1 <{host}>: Helo command rejected: *.{domain} {percent} user@[{four}] user@[IPv6:{six}]",
    "550 5.1.1 mailbox of {sender},{to};{domain}/{host} from={sender} to=<{to}> (in reply for {to})",
)


@st.composite
def named(draw: st.DrawFn) -> dict[str, str]:
    """What a log may name, in the forms in which logs do."""
    domain = draw(domains)
    to = f"{draw(locals_)}@{domain}"
    four = draw(fours)
    return {
        "sender": f"{draw(locals_)}@{draw(domains)}",
        "to": to,
        "TO": to.upper(),
        "percent": to.replace("@", "%40"),
        "domain": domain,
        "Domain": domain.title(),
        "host": (host := draw(st.one_of(hosts, st.just(f"mx1.{domain}")))),
        "HOST": host.upper(),
        "four": four,
        "reverse": ".".join(reversed(four.split("."))),
        "six": draw(sixes),
    }


def log_of(names: dict[str, str]) -> str:
    lines = []
    for n, reply in enumerate(REPLIES):
        id_, head = f"4F{n:03}C0E5B", f"Nov 24 05:37:{n:02} {names['host']} postfix"
        peer = names["four"] if n % 2 else names["six"]
        lines += [
            f"{head}/smtpd[1]: {id_}: client={names['host']}[{names['four']}]",
            f"{head}/cleanup[2]: {id_}: message-id=<{names['sender']}>",
            f"{head}/qmgr[3]: {id_}: from=<{names['sender']}>, size=100, nrcpt=1 (queue active)",
            f"{head}/smtp[4]: {id_}: to=<{names['to']}>, relay={names['host']}[{peer}]:25, delay=1, "
            f"delays=0/0/0/1, dsn=5.1.1, status=bounced (host {names['host']}[{peer}] said: "
            f"{reply.format(**names)} (in reply to RCPT TO command))",
            f"{head}/smtpd[5]: NOQUEUE: reject: RCPT from {names['host']}[{peer}]: 554 5.7.1 <{names['to']}>: "
            f"Relay access denied; from=<{names['sender']}> to=<{names['to']}> proto=ESMTP helo=<{names['domain']}>",
            f"{head}/smtpd[5]: warning: {names['host']}[{peer}]: SASL LOGIN authentication failed, "
            f"sasl_username={names['to']}",
            f"{head}/smtp[6]: some new wording about <{names['to']}> at {names['host']} and {names['six']}",
        ]
    return "\n".join(lines) + "\n"


def leaks(names: dict[str, str], output: str) -> list[str]:
    low = output.lower()
    return [f"{kind}: {value}" for kind, value in names.items() if value.lower() in low]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("redacting")


@hostile.tries(60)
@given(named())
def test_nothing_named_is_left_in_any_output(folder: Path, names: dict[str, str]) -> None:
    path = folder / "mail.log"
    path.write_text(log_of(names), encoding="utf-8")
    report = logscan.report(path, year=2026, tz="UTC")
    shown = report.redacted(KEY)
    assert leaks(names, report.to_json())
    events = logscan.read(path, year=2026, tz="UTC")
    hidden = logscan.redact(events, key=KEY)
    outputs = [
        shown.to_text(top=None), shown.to_json(), shown.to_csv(), hidden.to_csv(),
        logscan.redact(logscan.summarise(events), key=KEY).to_csv(),
        *(MASKER.line(line) for line in log_of(names).splitlines()),
    ]  # fmt: skip
    for output in outputs:
        assert not leaks(names, output), output
    kept = ["reason", "rule", "status", "reply_code", "enhanced_code", "outcome", "queue_id", "timestamp", "provider"]
    pd.testing.assert_frame_equal(hidden[kept], events[kept])
    for column in ("envelope_sender", "envelope_recipient", "remote_mta", "remote_ip", "recipient_domain", "client"):
        assert (hidden[column].nunique() == events[column].nunique()) and (
            hidden[column].isna() == events[column].isna()
        ).all()
    assert [p.reason for p in shown.findings.problems] == [p.reason for p in report.findings.problems]
    assert [p.count for p in shown.findings.refusals] == [p.count for p in report.findings.refusals]


@hostile.tries(100)
@given(named(), st.sampled_from(REPLIES))
def test_text_and_columns_have_the_same_pseudonyms(names: dict[str, str], reply: str) -> None:
    put = MASKER.names
    said = {
        "{to}": put.address(names["to"]), "{TO}": put.address(names["to"]), "{sender}": put.address(names["sender"]),
        "{domain}": put.name(names["domain"]), "{host}": put.name(names["host"]), "{HOST}": put.name(names["host"]),
        "{four}": put.ip(names["four"]), "{six}": put.ip(names["six"]),
    }  # fmt: skip
    if "http" in reply:
        return
    out = MASKER.text(reply.format(**names))
    for hole, pseudonym in said.items():
        assert hole not in reply or pseudonym in out, out


@given(locals_, domains, st.booleans())
def test_case_and_script_make_no_difference(local: str, domain: str, upper: bool) -> None:
    put = Pseudonyms(b"k")
    other = f"{local}@{domain}".upper() if upper else f"{local}@{domain}"
    assert put.address(other) == put.address(f"{local}@{domain}")
    assert put.name("bücher.de") == put.name("xn--bcher-kva.de") == put.name("BÜCHER.DE")


@given(fours, sixes, hosts)
def test_another_key_another_pseudonym(four: str, six: str, host: str) -> None:
    one, other, again = Pseudonyms(b"one"), Pseudonyms(b"other"), Pseudonyms(b"one")
    assert one.ip(six) == again.ip(six) != other.ip(six)
    assert one.name(host) == again.name(host) != other.name(host)
    assert one.ip(four) == again.ip(four)
    assert ipaddress.ip_address(one.ip(four)) in ipaddress.ip_network("240.0.0.0/4")
    assert ipaddress.ip_address(one.ip(six)) in ipaddress.ip_network("2001:db8::/32")


@given(st.text(max_size=400))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(MASKER.text(text), str)
    assert isinstance(MASKER.line(text), str)
    assert isinstance(MASKER.path(text), str)


@pytest.mark.parametrize("piece", ["a.", "a@", "a", "<", '"', "1:", "%40", "x=", "a-", "user=", "/", "1.", "http://a"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    import time

    begun = time.perf_counter()
    MASKER.text(piece * (100_000 // len(piece)))
    assert time.perf_counter() - begun < 3


# --- What stays ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.606 Access denied, banned sending IP",
        "421 4.7.28 https://support.google.com/mail/?p=UnsolicitedRateLimitError - gsmtp",
        "554 5.7.1 blocked using zen.spamhaus.org",
        "550 5.7.1 https://sender.office.com/ AS(201806281)",
        "delays=0.03/0.01/0.5/0.86, dsn=5.1.1, TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
        "2026-11-24T05:37:24.123456Z",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
        "set smtp_tls_policy_maps in main.cf, then postfix reload",
        "550 5.1.1 <addr> User unknown; <host> [<ip>] <id>",
        "127.0.0.1 [::1] localhost",
    ],
)
def test_what_the_diagnosis_needs_stays(text: str) -> None:
    assert MASKER.text(text) == text


def test_providers_stay_but_not_what_stands_before_their_names() -> None:
    out = MASKER.text("anna@gmail.com at contoso-com.mail.protection.outlook.com and key7.zen.dq.spamhaus.net")
    assert re.fullmatch(
        r"user-\w+@gmail\.com at host-\w+\.mail\.protection\.outlook\.com and host-\w+\.zen\.dq\.spamhaus\.net", out
    )


def test_all_hides_providers_too() -> None:
    masker = Masker(b"k", all_=True)
    out = masker.text("anna@gmail.com at mx.google.com; https://support.google.com/mail/; zen.spamhaus.org; main.cf")
    assert "g" not in re.sub(r"(user|domain|host)-\w+|example|spamhaus\.org|zen", "", out).replace("gmail", "G").lower()
    assert out.endswith("zen.spamhaus.org; main.cf")
    rows = pd.DataFrame({"provider": ["google"], "rule": ["google-rate"], "remote_mta": ["mx.google.com"]})
    hidden = logscan.redact(rows, key="k", all_=True)
    assert "google" not in hidden.to_csv()


def test_structure_stays() -> None:
    put = Pseudonyms(b"k")
    domain = put.name("acme.co.uk")
    assert put.address("anna@acme.co.uk").endswith("@" + domain)
    assert put.name("mx1.acme.co.uk").endswith("." + domain)
    assert put.name("a.mx1.acme.co.uk").endswith("." + put.name("mx1.acme.co.uk"))
    assert put.name("mx2.acme.co.uk") != put.name("mx1.acme.co.uk")
    assert put.address("") == ""


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/var/log/mail.log.2.gz", r"/var/log/mail\.log\.2\.gz"),
        ("/var/log/maillog-20261124", r"/var/log/maillog-20261124"),
        ("/srv/logs/mx1.acme.org/mail.log", r"/srv/logs/host-\w+\.domain-\w+\.example/mail\.log"),
        ("/srv/logs/mx1.acme.org.log.gz", r"/srv/logs/host-\w+\.domain-\w+\.example\.log\.gz"),
        ("/home/anna/mail.log", r"/home/user-\w+/mail\.log"),
        ("C:\\Users\\anna\\MSGTRK2026112408-1.LOG", r"C:\\Users\\user-\w+\\MSGTRK2026112408-1\.LOG"),
        ("s3://acme.org/mail.log", r"s3://domain-\w+\.example/mail\.log"),
        ("-", "-"),
    ],
)
def test_paths(path: str, shown: str) -> None:
    assert re.fullmatch(shown, MASKER.path(path)), MASKER.path(path)


def test_what_is_quoted_of_a_message_is_hidden() -> None:
    line = (
        "36EFA48B: warning: header Subject: Secret Plan from mx.acme.org[192.0.2.9]; from=<a@acme.org> to=<b@acme.org>"
    )
    assert "Secret" not in MASKER.text(line) and "warning: header <text> from host-" in MASKER.text(line)
    assert "Secret" not in MASKER.line(
        '2026-01-05 03:04:05 1rXXXX-000abc-XX <= a@acme.org H=x T="Secret \\" Plan" for b@c.de'
    )
    sample = LOGS / "exchange" / "events.log"
    rows = sample.read_text(encoding="utf-8").splitlines()
    at = next(line for line in rows if line.startswith("#Fields:")).split(",").index("message-subject")
    subjects = {line.split(",")[at] for line in rows if not line.startswith("#") and line.count(",") > 20} - {""}
    assert subjects
    for line in rows[5:]:
        for subject in subjects:
            assert subject not in MASKER.line(line)


@pytest.mark.parametrize("path", sorted(LOGS.glob("*/*.log"))[::5], ids=lambda path: path.stem)
def test_samples_keep_their_diagnosis(path: Path) -> None:
    report = logscan.report(path, year=2026, tz="UTC")
    shown, again = report.redacted(KEY), report.redacted(KEY.encode())
    assert shown.to_dict() == again.to_dict()
    plain, hidden = report.to_dict(), shown.to_dict()
    assert plain["totals"] == hidden["totals"]
    assert [p["rule"] for p in plain["problems"]] == [p["rule"] for p in hidden["problems"]]
    if plain["problems"]:
        assert report.redacted("another").to_dict() != hidden or "@" not in json.dumps(plain["problems"])


def test_redact_keeps_index_columns_and_types() -> None:
    events = logscan.read(LOGS / "postfix" / "mixed.log", year=2026, tz="UTC")
    events.index = events.index + 7
    hidden = logscan.redact(events, key=KEY)
    assert_index_equal(hidden.index, events.index)
    assert hidden.columns.tolist() == events.columns.tolist()
    closed = ["status", "reason", "size", "timestamp", "offset", "envelope_sender", "reply_code"]
    assert (hidden.dtypes[closed] == events.dtypes[closed]).all()
    assert all(isinstance(hidden[c].dtype, pd.CategoricalDtype) for c in ("recipient_domain", "source", "template"))
    assert logscan.redact(events.head(0)).shape == (0, events.shape[1])
    assert not logscan.redact(events).equals(logscan.redact(events)), "a key of its own each time"


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    redactkey.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(redactkey.read(path)) == 64
    with pytest.raises(OptionError, match="never overwritten"):
        redactkey.create(path)
    with pytest.raises(InputError, match="redact-key"):
        redactkey.read(tmp_path / "none")
    with pytest.raises(InputError, match="cannot be written"):
        redactkey.create(tmp_path / "none" / "key")
    (tmp_path / "short").write_text("secret")
    with pytest.raises(InputError, match="too easy"):
        redactkey.read(tmp_path / "short")


def run(*args: str, **env: str) -> Any:
    done = CliRunner().invoke(app, [*args, "--year", "2026", "--tz", "UTC"], env=env)
    assert done.exit_code == 0, done.output
    return done


def test_the_key_of_the_command_line(tmp_path: Path) -> None:
    path, log = tmp_path / "key", str(LOGS / "postfix" / "mixed.log")
    redactkey.create(path)
    named_ = run("report", log, "--format", "json", "--redact-key", str(path))
    told = run("report", log, "--format", "json", "--redact", LOGSCAN_REDACT_KEY=str(path))
    assert named_.stdout == told.stdout and not told.stderr
    alone = run("report", log, "--format", "json", "--redact")
    assert "this run alone" in alone.stderr and alone.stdout != told.stdout
    assert "example.net" not in told.stdout
    plain = run("report", log, "--format", "json", LOGSCAN_REDACT_KEY=str(path))
    assert "example.net" in plain.stdout, "a key alone hides nothing"
    events = run("events", log, "--columns", "diagnostic", "--redact-key", str(path))
    assert "@example.net" not in events.stdout and "user-" in events.stdout
