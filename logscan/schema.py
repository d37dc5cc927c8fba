"""Every column of every table, once: its name, its type, and what it means.

The engine works on polars frames and hands out pandas frames; both take their types from here. Neither
library is imported before a frame is asked for, so that commands without a table answer at once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from logscan import codes

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

MTAS = ("postfix", "exim", "exchange")


class Column(NamedTuple):
    """One column: ``kind`` is str, text, word (a category), int, uint16, float or time."""

    name: str
    kind: str
    meaning: str
    words: type[StrEnum] | None = None  # the closed vocabulary of a word column


EVENTS: tuple[Column, ...] = (
    Column("timestamp", "time", "when it was logged, UTC"),
    Column("mta", "word", "which mail server software wrote the line"),
    Column("event", "word", "delivery (we were told), rejection (we told a client), session", codes.Event),
    Column("direction", "word", "which way the mail was going", codes.Direction),
    Column("reporting_mta", "word", "the logging host (RFC 3464 section 2.2.2)"),
    Column("agent", "word", "the program tag, transport or source as logged"),
    Column("queue_id", "str", "the MTA's own id of the message; missing for NOQUEUE"),
    Column("message_id", "str", "Message-ID of the message (RFC 5322 section 3.6.4)"),
    Column("network_message_id", "str", "Exchange's network-message-id"),
    Column("envelope_sender", "str", "MAIL FROM without angle brackets; empty is the null sender (RFC 5321)"),
    Column("envelope_recipient", "str", "RCPT TO without angle brackets (RFC 5321)"),
    Column("recipient_domain", "word", "domain of the envelope recipient, lower case"),
    Column("client", "str", "who handed us the message, host[ip]"),
    Column("size", "int", "bytes of the message"),
    Column("remote_mta", "str", "host name of the peer (RFC 3464 section 2.3.5)"),
    Column("remote_ip", "str", "IP address of the peer"),
    Column("provider", "word", "the mail provider behind the peer"),
    Column("smtp_command", "word", "the command that was answered", codes.SmtpCommand),
    Column("reply_code", "uint16", "the three digits really sent (RFC 5321 section 4.2)"),
    Column("enhanced_code", "word", "enhanced status code in the reply text itself (RFC 3463)"),
    Column("dsn", "word", "the MTA's own verdict as an enhanced status code (RFC 3464 section 2.3.4)"),
    Column("reply_class", "word", "class of the reply code's first digit (RFC 5321)", codes.ReplyClass),
    Column("outcome", "word", "what the MTA did", codes.Outcome),
    Column(
        "status",
        "word",
        "positive, transient, permanent or unknown: what events are grouped by",
        codes.Status,
    ),
    Column("reason", "word", "why, in a postmaster's terms", codes.Reason),
    Column("rule", "word", "the rule of a pattern pack that named the reason"),
    Column("basis", "word", "the evidence that decided the reason", codes.Basis),
    Column("party", "word", "who has to act", codes.Party),
    Column("conflict", "word", "how the evidence disagrees, if it does", codes.Conflict),
    Column("diagnostic", "str", "the reply from its code on, or the MTA's own error text, on one line"),
    Column("template", "word", "the diagnostic with addresses, ids, times and numbers masked"),
    Column("delay", "float", "seconds in the queue at this attempt"),
    Column("delay_before_queue", "float", "seconds before the queue manager"),
    Column("delay_in_queue", "float", "seconds in the queue manager"),
    Column("delay_connect", "float", "seconds for connecting, greeting and TLS"),
    Column("delay_transmit", "float", "seconds for transmission"),
    Column("tls", "word", "what the line says of TLS"),
    Column("source", "word", "the file"),
    Column("offset", "int", "byte offset of the event's first line in the decompressed file"),
)

MESSAGES: tuple[Column, ...] = (
    Column("reporting_mta", "word", "the logging host"),
    Column("queue_id", "str", "the MTA's own id of the message"),
    Column("first_seen", "time", "first line of the message, UTC"),
    Column("last_seen", "time", "last line of the message, UTC"),
    Column("client", "str", "who handed us the message, host[ip]"),
    Column("envelope_sender", "str", "MAIL FROM without angle brackets; empty is the null sender"),
    Column("size", "int", "bytes of the message"),
    Column("message_id", "str", "Message-ID of the message"),
    Column("network_message_id", "str", "Exchange's network-message-id"),
)

# What the classifier adds to what the parsers read.
CLASSIFIED = (
    "provider", "reply_class", "status", "reason", "rule", "basis", "party", "conflict", "template",
)  # fmt: skip
# What a parser may fill from the MTA's lines: the names that patterns in a pack may capture or set. A status that the
# parser gives is what the MTA's words say; the classifier asks it where there is no code.
PARSED = tuple(column.name for column in EVENTS if column.name not in {*CLASSIFIED, "source", "offset"} - {"status"})

BY_NAME = {column.name: column for column in EVENTS}
NAMES = tuple(BY_NAME)


def polars_type(column: Column) -> pl.DataType:
    """The polars type of a column; closed vocabularies become an Enum with the full list."""
    import polars as pl

    if column.words is not None:
        return pl.Enum([word.value for word in column.words])
    kinds: dict[str, pl.DataType] = {
        "str": pl.String(),
        "word": pl.String(),
        "int": pl.Int64(),
        "uint16": pl.UInt16(),
        "float": pl.Float64(),
        "time": pl.Datetime("us", "UTC"),
    }
    return kinds[column.kind]


def conform(frame: pl.DataFrame, columns: tuple[Column, ...] = EVENTS) -> pl.DataFrame:
    """Cast, order and complete a polars frame: every column present, of its type, nothing else."""
    import polars as pl

    if frame.width == 0:
        return pl.DataFrame(schema={column.name: polars_type(column) for column in columns})
    have = frame.schema
    return frame.select(
        # A number that is none in the log is missing; a word that is none of its vocabulary is a mistake of ours.
        pl.col(column.name).cast(polars_type(column), strict=column.kind not in ("int", "float"))
        if column.name in have
        else pl.lit(None, dtype=polars_type(column)).alias(column.name)
        for column in columns
    )


def compact(frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame with text of its own: what was cut out of a block of a log keeps the whole block in memory."""
    import polars as pl

    oldest = pl.CompatLevel.oldest()
    return frame.with_columns(
        pl.Series(column.name, column.to_arrow(compat_level=oldest), dtype=pl.String)
        for column in frame.iter_columns()
        if column.dtype == pl.String
    )


def to_pandas(frame: pl.DataFrame, columns: tuple[Column, ...] = EVENTS) -> pd.DataFrame:
    """Hand a polars frame out as pandas: str, category, Int64, UInt16, float64, datetime64[us, UTC]."""
    import pandas as pd

    out: dict[str, pd.Series] = {}
    for column in columns:
        if column.name not in frame.columns:
            continue
        series = frame.get_column(column.name)
        if column.kind == "word":
            out[column.name] = _categories(series, column)
        elif column.kind == "int":
            out[column.name] = pd.Series(series.to_pandas(use_pyarrow_extension_array=True)).astype("Int64")
        elif column.kind == "uint16":
            out[column.name] = pd.Series(series.to_pandas(use_pyarrow_extension_array=True)).astype("UInt16")
        elif column.kind == "str":
            out[column.name] = pd.Series(series.to_arrow().to_pandas(), dtype="str")
        elif column.kind == "time":
            out[column.name] = pd.Series(series.to_pandas()).astype("datetime64[us, UTC]")
        else:
            out[column.name] = pd.Series(series.to_pandas()).astype("float64")
    return pd.DataFrame(out, index=pd.RangeIndex(frame.height))


def _categories(series: pl.Series, column: Column) -> pd.Series:
    """A word column as a pandas category: the full list where it is closed, else the words seen, sorted."""
    import pandas as pd
    import polars as pl

    text = series.cast(pl.String)
    if column.words is not None:
        words = [word.value for word in column.words]
    elif column.name == "mta":
        seen = set(text.drop_nulls().unique().to_list())
        words = [*MTAS, *sorted(seen - set(MTAS))]
    else:
        words = text.drop_nulls().unique().sort().to_list()
    codes_ = text.cast(pl.Enum(words)).to_physical().cast(pl.Int64).fill_null(-1)
    return pd.Series(pd.Categorical.from_codes(codes_.to_numpy(), categories=pd.Index(words, dtype="str")))


def empty_events() -> pd.DataFrame:
    """An events table of no rows: every column present and typed."""
    import polars as pl

    return to_pandas(conform(pl.DataFrame()))
