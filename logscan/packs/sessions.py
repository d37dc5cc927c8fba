"""Conversations put together out of rows, in plain Python: the slow reader and the checker use it.

``logscan.parse.sessions`` does the same on whole columns; tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from logscan.packs.match import Fields, compiled
from logscan.packs.talk import BY, DATA, REPLY, Talk

Place = tuple[int, int]  # the file in the order of reading, and the offset in it
Numbered = tuple[int, Fields]  # the number of a row among those given, and its fields


@dataclass(slots=True)
class _Mail:
    """One transaction: from a MAIL command to the next, or to what resets it."""

    known: bool = False  # whether it began with MAIL
    facts: Fields = field(default_factory=dict)
    commands: list[_Command] = field(default_factory=list)


@dataclass(slots=True)
class _Command:
    phase: str | None
    verb: str
    last: bool
    mail: _Mail
    facts: Fields
    asked: bool = False  # a reply wanted more
    answer: str = ""  # the class of its final reply


def number(text: str | None) -> int | None:
    """A place in a session; None for anything that is none."""
    return int(text) if text and len(text) < 10 and text.isascii() and text.isdigit() else None


def assembled(talk: Talk, rows: Sequence[Fields], places: Sequence[Place]) -> list[Numbered]:
    """Rows of any sessions as replies, each with its command, and the other rows; lines of a reply become one.

    Every row has a number for its order. The result is in no order.
    """
    out: list[Numbered] = []
    for piece in _pieces(talk, rows, places):
        out += _Piece(talk, [(n, rows[n]) for n in piece]).read()
    return out


def _pieces(talk: Talk, rows: Sequence[Fields], places: Sequence[Place]) -> Iterator[list[int]]:
    """Numbers of rows that follow each other without a gap or an end; a session that was read twice is two."""
    sessions: dict[str, list[int]] = {}
    for n in sorted(range(len(rows)), key=lambda n: places[n]):
        sessions.setdefault(rows[n][talk.session] or "", []).append(n)
    for whole in sessions.values():
        orders = {n: number(rows[n][talk.order]) or 0 for n in whole}
        runs = [whole] if len(set(orders.values())) == len(whole) else _copies(whole, orders, places)
        for run in runs:
            piece: list[int] = []
            for n in sorted(run, key=lambda n: orders[n]):
                if piece and (orders[n] != orders[piece[-1]] + 1 or _ends(talk, rows[piece[-1]])):
                    yield piece
                    piece = []
                piece.append(n)
            yield piece


def _copies(numbers: list[int], orders: dict[int, int], places: Sequence[Place]) -> list[list[int]]:
    """A session that was read twice: each stretch goes on with the latest copy that ends right before it."""
    stretches: list[list[int]] = []
    for n in numbers:
        last = stretches[-1][-1] if stretches else None
        if last is not None and orders[n] == orders[last] + 1 and places[n][0] == places[last][0]:
            stretches[-1].append(n)
        else:
            stretches.append([n])
    out: list[list[int]] = []
    for stretch in stretches:
        before = next((copy for copy in reversed(out) if orders[copy[-1]] == orders[stretch[0]] - 1), None)
        if before is None:
            out.append(stretch)
        else:
            before += stretch
    return out


class _Piece:
    """A stretch of one session, read row by row."""

    def __init__(self, talk: Talk, rows: list[Numbered]) -> None:
        self.talk = talk
        self.rows = rows
        self.scopes = talk.scopes
        self.out: list[Numbered] = []
        self.mail = _Mail()
        self.commands: list[_Command] = []
        self.waiting: list[_Command] = []
        self.session: Fields = {}
        self.message: Fields = {}
        self.reply: Fields | None = None  # the one whose next line may follow
        self.code = ""
        self.closed: list[tuple[Fields, _Command | None]] = []

    def read(self) -> list[Numbered]:
        begun = "yes" if number(self.rows[0][1][self.talk.order]) == 0 else "no"
        for n, row in self.rows:
            said = self._facts(row)
            self.session |= {name: value for name, value in said.items() if self.scopes[name] == "session"}
            self.message |= {name: value for name, value in said.items() if self.scopes[name] == "message"}
            out: Fields = dict.fromkeys(self.scopes) | row | self.session
            out |= {"_note": self._note(row), "_begun": begun}
            self._row(n, row, out, {name: value for name, value in said.items() if self.scopes[name] == "recipient"})
        mail = "yes" if any(command.phase == "MAIL" for command in self.commands) else "no"
        for _, out in self.out:
            out["_mail"] = mail
        for out, command in self.closed:
            if command is not None:
                out.update(command.mail.facts | {"envelope_recipient": _left(command)})
        return self.out

    def _row(self, n: int, row: Fields, out: Fields, recipient: Fields) -> None:
        talk, mark, text = self.talk, row[self.talk.mark], row[self.talk.text] or ""
        if mark == talk.replies:
            if (found := compiled(REPLY).search(text)) is None:
                self._put(n, out, "stray")
            elif self.reply is not None and self.code == found["code"]:
                self.reply["_said"] = f"{self.reply['_said']} {text}"
                self.reply = self.reply if found["more"] == "-" else None
            else:
                self._put(n, out, "reply")
                self._answer(out, text)
                self.code, self.reply = found["code"], out if found["more"] == "-" else None
        elif mark == talk.commands:
            self._put(n, out, "command")
            if not (talk.goes_on and compiled(talk.goes_on).search(text)):
                self._ask(text, recipient)
        elif mark == talk.opens:
            self._put(n, out, "open")
            self._command(_Command("CONNECT", "", last=False, mail=self.mail, facts={}))
        elif _ends(talk, row):
            self._put(n, out, "close")
            command = self.waiting[0] if self.waiting else None
            out["smtp_command"] = _phase(command) if command is not None else None
            self.closed.append((out, command))
        else:
            self._put(n, out, "note")

    def _put(self, n: int, out: Fields, kind: str) -> None:
        out["_row"] = kind
        self.out.append((n, out))

    def _ask(self, text: str, recipient: Fields) -> None:
        """A command begins; MAIL and what resets a session begin another transaction."""
        verb = text.strip(" ").partition(" ")[0].partition(":")[0].upper()
        phase = self.talk.verbs.get(verb, self.talk.verbs.get("*"))
        if phase == "MAIL":
            self.mail, self.message = _Mail(known=True, facts=self.message), {}
        elif verb in self.talk.resets:
            self.mail = _Mail()
        last = bool(self.talk.last and compiled(self.talk.last).search(text))
        self._command(_Command(phase, verb, last, self.mail, recipient))

    def _command(self, command: _Command) -> None:
        self.commands.append(command)
        self.waiting.append(command)
        command.mail.commands.append(command)

    def _answer(self, out: Fields, text: str) -> None:
        """A reply begins: it is that of the first command without one."""
        out |= {"_said": text, "_class": text[0]}
        if not self.waiting:
            return
        command = self.waiting[0]
        out |= command.mail.facts | command.facts
        out["smtp_command"] = phase = _phase(command)
        out["_step"] = "follows" if _follows(command, phase) else None
        if phase in DATA:
            out["envelope_recipient"] = BY.join(_accepted(command)) or None
        if text[0] == "3":
            command.asked = True
        else:
            command.answer = text[0]
            self.waiting.pop(0)

    def _facts(self, row: Fields) -> Fields:
        out: Fields = {}
        for fact in self.talk.facts:
            text = row.get(fact.of)
            if text is None or self.talk.kind(row[self.talk.mark]) not in fact.rows:
                continue
            for pattern in fact.patterns:
                found = compiled(pattern).search(text)
                for name, value in found.groupdict().items() if found else ():
                    if value is not None:
                        out.setdefault(name, value)
        return out

    def _note(self, row: Fields) -> str | None:
        notes = self.talk.notes
        return next((note.name for note in notes if compiled(note.pattern).search(row.get(note.of) or "")), None)


def _ends(talk: Talk, row: Fields) -> bool:
    return any(
        bool(compiled(value).search(row.get(name) or "")) if value.startswith("^") else value == row.get(name)
        for name, values in talk.ends.items()
        for value in values
    )


def _phase(command: _Command) -> str | None:
    """What is answered: after DATA has been answered with 354, the end of the data is."""
    return "END-OF-DATA" if command.phase == "DATA" and (command.last or command.asked) else command.phase


def _before(command: _Command) -> list[_Command]:
    commands = command.mail.commands
    return commands[: next(n for n, other in enumerate(commands) if other is command)]


def _accepted(command: _Command) -> list[str]:
    """The recipients that had been accepted when a command was answered."""
    before = [other for other in _before(command) if other.phase == "RCPT" and other.answer == "2"]
    return [other.facts.get("envelope_recipient") or "" for other in before]


def _refused(command: _Command) -> bool:
    return command.answer in ("4", "5")


def _follows(command: _Command, phase: str | None) -> bool:
    """Was this reply to be expected after an earlier one: the sender, all recipients or the data were refused?"""
    if not command.mail.known or phase not in ("RCPT", *DATA):
        return False
    before = _before(command)
    if any(_refused(other) for other in before if other.phase in ("MAIL", *DATA)):
        return True
    tried = [other for other in before if other.phase == "RCPT"]
    return phase in DATA and bool(tried) and not any(other.answer == "2" for other in tried)


def _left(command: _Command) -> str | None:
    """The recipients of whom nothing was said in the end, when a session broke off."""
    mail = command.mail
    if not mail.known or command.phase not in ("MAIL", "RCPT", "DATA"):
        return None
    if any(_refused(other) for other in mail.commands if other.phase in ("MAIL", *DATA)):
        return None
    left = [other for other in mail.commands if other.phase == "RCPT" and not _refused(other)]
    return BY.join(other.facts.get("envelope_recipient") or "" for other in left) or None
