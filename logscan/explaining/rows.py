"""Takes a pasted row of a table apart: of a file whose rows tell by their number of fields what they are."""

from __future__ import annotations

from logscan.explaining import lines
from logscan.explaining.replies import Seen
from logscan.packs import Mta, tables
from logscan.packs.knowledge import Knowledge
from logscan.packs.rows import entries_of, taken_of
from logscan.reference import LogLine


def table_row(text: str, packs: tuple[Mta, ...], known: Knowledge) -> lines.Pasted | None:
    """A row of a table that a pack knows, by its first recipient; None when the text is none.

    A line of a conversation (an SMTP protocol log) says little by itself: it is taken for the reply that it holds.
    """
    table = tables.detect(text.encode("utf-8", "replace"), packs)
    found = tables.format_of(table, packs) if table is not None else None
    taken = taken_of(text, table, packs) if table is not None else None
    if found is None or not taken:
        return None
    mta, format_ = found
    if format_.talk is not None:
        return lines.bare_reply(taken.get(format_.talk.text) or text, packs, known)
    _, shape, fields = entries_of(mta, format_, taken)[0]
    agent, host = taken.get("agent") or "", fields.get("reporting_mta") or ""
    line = LogLine(mta.id, mta.name, "unknown", "", agent, taken.get("_stamp") or "", host, 1, "", "", text, {})
    if shape is None:
        return lines.Pasted(line, None, Seen())
    return lines.as_line(line, shape, fields if shape.table != "ignore" else {}, known)
