"""Conversations put together out of whole columns of rows; ``logscan.packs.sessions`` does the same row by row.

Replies find their commands by counting: the n-th final reply answers the n-th command. A reply to nothing is told by
the count of commands falling behind.
"""

from __future__ import annotations

import polars as pl

from logscan.packs.part import groups
from logscan.packs.talk import BY, COLUMNS, DATA, REPLY, Talk

_TEXT = pl.String()
PLACE, _AT = "_place", "_row_number"
_REFUSED = ("4", "5")


def numbered(rows: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """Rows with their place in the session as a number, null for anything that is none."""
    order = pl.col(talk.order)
    return rows.with_columns(pl.when(order.str.contains("^[0-9]{1,9}$")).then(order).cast(pl.Int64).alias(PLACE))


def copies(rows: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """Rows in the order of files, with ``_copy``: a session of which places come twice was read twice.

    Then each stretch without a gap goes on with the latest copy that ends right before it.
    """
    twice = rows.select(talk.session, PLACE).is_duplicated()
    if not twice.any():
        return rows.with_columns(_copy=pl.lit(0, dtype=pl.Int64))
    some = rows.filter(twice).get_column(talk.session).unique()
    rows = rows.with_row_index(_AT)
    odd = rows.filter(pl.col(talk.session).is_in(some.implode()))
    goes_on = pl.col(PLACE) == pl.col(PLACE).shift(1) + 1
    if "source" in rows.columns:
        goes_on &= pl.col("source") == pl.col("source").shift(1)
    odd = odd.with_columns(_stretch=(~goes_on.fill_null(value=False)).cum_sum().over(talk.session))
    by = [talk.session, "_stretch"]
    ranges = odd.group_by(by, maintain_order=True).agg(first=pl.col(PLACE).first(), last=pl.col(PLACE).last())
    ranges = ranges.with_columns(_copy=pl.Series(_chained(ranges.rows()), dtype=pl.Int64))
    known = odd.select(_AT, *by).join(ranges.select(*by, "_copy"), on=by).select(_AT, "_copy")
    out = rows.join(known, on=_AT, how="left", maintain_order="left")
    return out.with_columns(pl.col("_copy").fill_null(0)).drop(_AT)


def _chained(ranges: list[tuple[str, int, int, int]]) -> list[int]:
    """Which copy each stretch belongs to: session, number, first and last place of each."""
    ends: dict[str, list[int]] = {}
    out = []
    for session, _, first, last in ranges:
        copies_ = ends.setdefault(session, [])
        found = next((n for n in reversed(range(len(copies_))) if copies_[n] == first - 1), len(copies_))
        copies_[found : found + 1] = [last]
        out.append(found)
    return out


def parted(rows: pl.DataFrame, talk: Talk) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of sessions that are whole, and those of the others, which wait for more."""
    keyed = copies(rows, talk).with_columns(_ends=_ends(talk))
    by = [talk.session, "_copy"]
    n = pl.col(PLACE)
    whole = (n.max() + 1 == pl.len()) & (n.min() == 0) & (pl.col("_ends").sort_by(PLACE).last())
    keyed = keyed.with_columns(_whole=whole.over(by))
    mask = keyed.get_column("_whole")
    keyed = keyed.drop("_whole", "_ends")
    return keyed.filter(mask), keyed.filter(~mask).drop("_copy")


def assembled(rows: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """Rows (with _copy) as replies, each with its command, and the other rows; lines of a reply become one."""
    rows = _pieces(rows, talk)
    rows = rows.with_columns(_said(talk)).with_columns(_notes(talk))
    names = talk.holding("session")
    rows = _kinds(rows.with_columns(pl.col(names).forward_fill().over("_piece")), talk)
    commands = _commands(rows, talk)
    replies = _replies(rows, talk)
    told = _told(_matched(rows, commands, replies), commands, talk)
    mail = commands.filter(pl.col("_phase") == "MAIL").select(pl.col("_piece").unique(), _mail=pl.lit("yes"))
    given = [*names, "_row", "_note", "_begun"]
    kept = rows.select(*_taken(rows, talk), *given, _AT, "_piece")
    kept = kept.filter(pl.col("_row") != "reply").vstack(
        kept.filter(pl.col("_row") == "reply").join(replies, on=_AT, how="semi")
    )
    return (
        kept.join(replies.select(_AT, "_said", "_class"), on=_AT, how="left")
        .join(told, on=_AT, how="left")
        .join(mail, on="_piece", how="left")
        .with_columns(pl.col("_mail").fill_null("no"))
        .drop(_AT, "_piece")
    )


def _taken(rows: pl.DataFrame, talk: Talk) -> list[str]:
    """The columns that the table itself gives."""
    own = {*talk.scopes, *COLUMNS, PLACE, _AT, "_copy", "_piece", "_verb", "_goes_on", "_last", "_phase"}
    return [name for name in rows.columns if name not in own]


def _ends(talk: Talk) -> pl.Expr:
    return pl.any_horizontal(
        pl.col(name).str.contains(value) if value.startswith("^") else pl.col(name) == value
        for name, values in talk.ends.items()
        for value in values
    ).fill_null(value=False)


def _pieces(rows: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """Sort rows by session and place; ``_piece`` changes with it, after its end, and where places are missing."""
    rows = rows.sort(talk.session, "_copy", PLACE, maintain_order=True).with_row_index(_AT)
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in (talk.session, "_copy"))
    follows = same & (pl.col(PLACE) == pl.col(PLACE).shift(1) + 1) & ~_ends(talk).shift(1)
    rows = rows.with_columns(_piece=(~follows.fill_null(value=False)).cum_sum())
    begun = pl.when(pl.col(PLACE).first().over("_piece") == 0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    return rows.with_columns(_begun=begun)


def _said(talk: Talk) -> list[pl.Expr]:
    """The facts that each row states itself."""
    found: dict[str, list[pl.Expr]] = {}
    for fact in talk.facts:
        text = pl.when(_kind(talk).is_in(list(fact.rows))).then(pl.col(fact.of))
        for pattern in fact.patterns:
            for n, name in enumerate(groups(pattern), 1):
                found.setdefault(name, []).append(text.str.extract(pattern, n))
    return [pl.coalesce(values).alias(name) for name, values in found.items()]


def _kind(talk: Talk) -> pl.Expr:
    """What kind of row it is, by its mark alone: command, reply or note."""
    kinds = {talk.commands: "command", talk.replies: "reply"}
    return pl.col(talk.mark).replace_strict(kinds, default="note", return_dtype=_TEXT)


def _notes(talk: Talk) -> pl.Expr:
    found: pl.Expr = pl.lit(None, dtype=_TEXT)
    for note in reversed(talk.notes):
        holds = pl.col(note.of).fill_null("").str.contains(note.pattern)
        found = pl.when(holds).then(pl.lit(note.name)).otherwise(found)
    return found.alias("_note")


def _kinds(rows: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """What each row is, and what each command asks for."""
    mark, text = pl.col(talk.mark), pl.col(talk.text).fill_null("")
    kind = (
        pl.when(mark == talk.replies)
        .then(pl.when(text.str.contains(REPLY)).then(pl.lit("reply")).otherwise(pl.lit("stray")))
        .when(mark == talk.commands)
        .then(pl.lit("command"))
        .when(mark == talk.opens)
        .then(pl.lit("open"))
        .when(_ends(talk))
        .then(pl.lit("close"))
        .otherwise(pl.lit("note"))
    )
    verb = text.str.strip_chars(" ").str.extract("^([^ :]*)").str.to_uppercase()
    goes_on = text.str.contains(talk.goes_on) if talk.goes_on else pl.lit(value=False)
    rows = rows.with_columns(
        _row=kind,
        _verb=pl.when(mark == talk.commands).then(verb),
        _goes_on=goes_on,
        _last=text.str.contains(talk.last) if talk.last else pl.lit(value=False),
    )
    verbs = {name: phase for name, phase in talk.verbs.items() if name != "*"}
    phase = pl.col("_verb").replace_strict(verbs, default=talk.verbs.get("*"), return_dtype=_TEXT)
    return rows.with_columns(
        _phase=pl.when(pl.col("_row") == "open").then(pl.lit("CONNECT")).when(pl.col("_verb").is_not_null()).then(phase)
    )


def _commands(rows: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """Commands, numbered in their piece, each with its transaction (``_mail_no``) and what rows said of the message."""
    facts, own = talk.holding("message"), talk.holding("recipient")
    asks = (pl.col("_row") == "open") | ((pl.col("_row") == "command") & ~pl.col("_goes_on"))
    begins = (asks & (pl.col("_phase") == "MAIL")).fill_null(value=False)
    resets = begins | (asks & pl.col("_verb").is_in(sorted(talk.resets)).fill_null(value=False))
    window = (begins.cast(pl.Int64).cum_sum() - begins.cast(pl.Int64)).over("_piece")
    marked = rows.with_columns(_asks=asks, _begins=begins, _resets=resets, _window=window)
    said = marked.group_by("_piece", "_window").agg(pl.col(name).drop_nulls().last() for name in facts)
    frame = marked.filter("_asks").with_columns(
        _number=pl.int_range(1, pl.len() + 1).over("_piece"),
        _mail_no=pl.col("_resets").cast(pl.Int64).cum_sum().over("_piece"),
    )
    begun = frame.filter("_begins").select("_piece", "_mail_no", "_window", _known=pl.lit(value=True))
    begun = begun.join(said, on=["_piece", "_window"], how="left").drop("_window")
    frame = frame.select(_AT, "_piece", "_phase", "_last", "_number", "_mail_no", *own)
    frame = frame.join(begun, on=["_piece", "_mail_no"], how="left", maintain_order="left")
    return frame.with_columns(pl.col("_known").fill_null(value=False))


def _replies(rows: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """Replies, each on one line: after a code with a hyphen the next line with the same code belongs to it."""
    text = pl.col(talk.text)
    code, more = text.str.slice(0, 3), text.str.slice(3, 1) == "-"
    frame = rows.filter(pl.col("_row") == "reply").select(_AT, "_piece", text.alias("_line"), _code=code, _more=more)
    goes_on = (pl.col("_more").shift(1) & (pl.col("_code").shift(1) == pl.col("_code"))).over("_piece")
    frame = frame.with_columns(_reply_no=(~goes_on.fill_null(value=False)).cum_sum())
    joined = frame.group_by("_reply_no", maintain_order=True).agg(
        pl.col(_AT, "_piece").first(), pl.col("_line").str.join(" ").alias("_said")
    )
    return joined.drop("_reply_no").with_columns(_class=pl.col("_said").str.slice(0, 1))


def _matched(rows: pl.DataFrame, commands: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    """Replies, and rows that close, with the number of the command that they answer or leave without an answer."""
    up, down = pl.lit(1, dtype=pl.Int64).alias("_up"), pl.lit(0, dtype=pl.Int64).alias("_down")
    none = pl.lit(None, dtype=_TEXT).alias("_class")
    final = (pl.col("_class") != "3").cast(pl.Int64).alias("_down")
    ends = rows.filter(pl.col("_row") == "close")
    steps = pl.concat(
        [
            commands.select(_AT, "_piece", none, up, down),
            replies.select(_AT, "_piece", "_class", pl.lit(0, dtype=pl.Int64).alias("_up"), final),
            ends.select(_AT, "_piece", none, pl.lit(0, dtype=pl.Int64).alias("_up"), down),
        ]
    ).sort(_AT)
    by = "_piece"
    behind = (-(pl.col("_up") - pl.col("_down")).cum_sum()).cum_max().clip(lower_bound=0)
    steps = steps.with_columns(_asked=pl.col("_up").cum_sum().over(by), _behind=behind.over(by))
    lone = (pl.col("_behind") > pl.col("_behind").shift(1, fill_value=0)).over(by)
    steps = steps.with_columns(_lone=lone).filter(pl.col("_up") == 0)
    answered = pl.col("_down").cum_sum().over(by) - pl.col("_behind") - pl.col("_down") + pl.col("_lone").cast(pl.Int64)
    number = pl.when(~pl.col("_lone") & (answered < pl.col("_asked"))).then(answered + 1)
    return steps.select(_AT, "_piece", "_class", "_down", _number=number).filter(pl.col("_number").is_not_null())


def _told(steps: pl.DataFrame, commands: pl.DataFrame, talk: Talk) -> pl.DataFrame:
    """What follows for each reply from its command, and for a session that broke off from the one without a reply."""
    key, mail = ["_piece", "_number"], ["_piece", "_mail_no"]
    final = steps.filter(pl.col("_down") == 1).select(*key, _answer="_class")
    commands = commands.join(final, on=key, how="left", maintain_order="left")
    refused, sent = pl.col("_answer").is_in(_REFUSED), pl.col("_phase") == "RCPT"
    number = pl.col("_number")
    seen = commands.group_by(mail).agg(
        _bad=number.filter(refused & pl.col("_phase").is_in(["MAIL", *DATA])).min(),
        _tried=number.filter(sent).min(),
        _good=number.filter(sent & (pl.col("_answer") == "2")).min(),
    )
    reply = pl.col("_class").is_not_null()
    before = (reply.cast(pl.Int64).cum_sum() - reply.cast(pl.Int64)).over(key)
    told = steps.with_columns(_before=before).join(commands.drop(_AT, "_answer"), on=key, how="left")
    told = told.join(seen, on=mail, how="left")
    ended = (pl.col("_phase") == "DATA") & (pl.col("_last") | (pl.col("_before") > 0))
    phase = pl.when(ended).then(pl.lit("END-OF-DATA")).otherwise(pl.col("_phase"))
    told = told.with_columns(smtp_command=phase, _step=_step(reply))
    return told.join(_recipients(told, commands), on=_AT, how="left").select(
        _AT, "smtp_command", "_step", *talk.holding("message"), *_own(talk, reply)
    )


def _step(reply: pl.Expr) -> pl.Expr:
    """Was a reply to be expected after an earlier one: the sender, all recipients or the data were refused?"""
    number = pl.col("_number")
    data = pl.col("_phase") == "DATA"
    none = data & (pl.col("_tried") < number) & ~(pl.col("_good") < number).fill_null(value=False)
    after = ((pl.col("_phase") == "RCPT") | data) & (pl.col("_bad") < number)
    follows = reply & pl.col("_known") & (none.fill_null(value=False) | after.fill_null(value=False))
    return pl.when(follows).then(pl.lit("follows"))


def _own(talk: Talk, reply: pl.Expr) -> list[pl.Expr]:
    """The columns of one recipient; those who are concerned by a reply to the data, or left over, are a list."""
    names = dict.fromkeys([*talk.holding("recipient"), "envelope_recipient"])
    many = pl.col("smtp_command").is_in(DATA) | ~reply
    own: dict[str, pl.Expr] = {name: pl.when(reply).then(pl.col(name)) for name in talk.holding("recipient")}
    own["envelope_recipient"] = pl.when(many).then(pl.col("_many")).otherwise(own.get("envelope_recipient"))
    return [own[name].alias(name) for name in names]


def _recipients(told: pl.DataFrame, commands: pl.DataFrame) -> pl.DataFrame:
    """Who is concerned: those accepted before for a reply to the data; those not refused where a session broke off."""
    rcpt = commands.filter(pl.col("_phase") == "RCPT")
    rcpt = rcpt.select("_piece", "_mail_no", _to="envelope_recipient", _nth="_number", _answer="_answer")
    reply = pl.col("_class").is_not_null()
    broken = pl.col("_known") & pl.col("_phase").is_in(["MAIL", "RCPT", "DATA"]) & pl.col("_bad").is_null()
    asks = told.filter((reply & pl.col("smtp_command").is_in(DATA)) | (~reply & broken))
    pairs = asks.select(_AT, "_piece", "_mail_no", "_number", "_class").join(rcpt, on=["_piece", "_mail_no"])
    accepted = reply & (pl.col("_answer") == "2").fill_null(value=False) & (pl.col("_nth") < pl.col("_number"))
    left = ~reply & ~pl.col("_answer").is_in(_REFUSED).fill_null(value=False)
    many = pairs.filter(accepted | left).sort(_AT, "_nth").group_by(_AT).agg(pl.col("_to").fill_null("").str.join(BY))
    return many.select(_AT, _many=pl.col("_to").replace("", None))
