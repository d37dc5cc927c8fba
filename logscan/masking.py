"""Finds what identifies people and places in free text, and puts pseudonyms there: replies, log lines, paths, URLs.

Codes, enhanced status codes, times, sizes, and queue ids in log lines stay. A name without a sign of one (no ``@``, no
dot, no brackets, no ``user=``) cannot be told from a word, unless an address in the same text shows it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import cache

from logscan.framing import SYSLOG
from logscan.packs.knowledge import knowledge
from logscan.pseudonyms import People, Pseudonyms

_LOCAL = r'"(?:[^"\\]|\\.){0,256}"|[^\s<>"(){}\[\],;:@\\|]+'
_DOMAIN = r"\[[^\]\s]{1,80}\]|\w(?:[\w.-]*\w)?"
_TEXT = re.compile(
    rf"""(?P<url>\b[a-z][a-z0-9+]{{1,9}}://[^\s)>\]"']*)
    |(?P<login>\b(?:sasl_username|sasl_sender|username|user|login|authid|ruser|logname)=|\bA=[\w-]+:|\bU=)
     (?P<who><?"?[^\s,;<>"'()\[\]]+)
    |(?<![^\s<>"(){{}}\[\],;:@\\|])(?P<local>{_LOCAL})(?P<at>@|%40)(?P<domain>{_DOMAIN})
    |(?P<lt><)(?P<bare>[^<>@\s"]{{1,128}})>
    |(?<![\w:.])(?P<tag>IPv6:)?(?P<six>(?:[0-9a-f]{{0,4}}:){{2,8}}[0-9a-f.]*)(?P<zone>%\w+)?
    |(?<![\w-])(?P<name>[\w-]+(?:\.[\w-]+)+)
    |(?<![\w-])(?P<dashed>[0-9]{{1,3}}(?:-[0-9]{{1,3}}){{3}})(?![\w-])
    |(?<![\w-])(?P<id>[\w-]{{10,}})""",
    re.VERBOSE | re.IGNORECASE,
)
# What stands before an address in log lines: it is no part of the local part.
_KEY = re.compile(
    r"(?:(?:orig_|smtp\.|header\.|envelope[-_]|sasl_)?"
    r"(?:from|to|user|username|login|sender|rcpt|recipient|mail|mailfrom|address|addr|id|email|for)|[A-Z])=",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"(?:prvs|btv1|SRS[01])=", re.IGNORECASE)  # BATV, SRS
_FOUR = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])")
_MASKS = frozenset({"addr", "host", "id", "ip", "time", "url", "text"})  # of logscan.template
_CIPHER = re.compile(r"(?:TLS|ECDHE|DHE|AES)[-_A-Z0-9]*")
_WORD = re.compile(r"[\w-]+(?:\.[\w-]+)+|[\w'-]{3,}")
_RESERVED = re.compile(r"(?:.*\.)?(?:example(?:\.\w+)?|invalid|test)")
_PAGES = frozenset({"docs", "go", "help", "learn", "postmaster", "sender", "senders", "support", "www"})
_FILE = re.compile(
    r"(?:[.-](?:log|txt|csv|json|jsonl|gz|bz2|xz|zst|zip|tar|tgz|journal|err|info|warn|old|[0-9]{1,8}))+$", re.I
)
_HOME = re.compile(r"(?<![^/\\])((?:home|users)[/\\])([^/\\]+)", re.IGNORECASE)
_HOSTKEY = re.compile(r'("(?:_HOSTNAME|host|hostname|fromhost)"\s*:\s*")([^"]+)')
_HEADS = tuple(re.compile(frame.pattern) for frame in SYSLOG)
# What is quoted of a message itself: a line of its header or body (header_checks(5)), its subject (Exim's T="…").
_CONTENT = re.compile(
    r"(?P<checked>\b(?:warning|reject|hold|discard|filter|prepend|redirect|replace|info|strip): (?:header|body) )"
    r".*?(?= from (?:[^ ]*\[|local))|(?P<subject>\bT=)\"(?:[^\"\\]|\\.)*\""
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2})?")
_KIND = re.compile(r"(?:[A-Z][a-z]*){2,}")  # UnsolicitedRateLimitError
_CODE = re.compile(r"[A-Z]{4,}(?:\.[A-Z][A-Za-z]+)*\.(?:[A-Z][a-z]+)+")  # RESOLVER.ADR.RecipNotFound
_LEAST_ID = 3  # digits in it
_ROW = 12  # commas of a line that make it a row of a table
_REPLY = re.compile(r"^[^a-z]{0,40}\b[2-5][0-9]{2}[ -]|LED=|LRT=|^[2-5][0-9]{2} ")
_PLAIN = re.compile(r"[A-Z]{2,}|[0-9T:.Z+-]+|Originating|Incoming|Undefined|[0-9A-Fa-f-]{1,36}")
_LONGEST_TLD = 24  # xn--… included
_LINE_ID = 24  # queue ids are shorter than that


@cache
def vocabulary() -> frozenset[str]:
    """Every word and dotted name of the shipped packs, in lower case: what anyone's replies may say."""
    known = knowledge(())
    texts: list[str] = [text for rule in known.rules for text in (*rule.text, rule.title, rule.remedy, rule.check)]
    texts += [text for rule in known.rules for text in (rule.more, *rule.settings.values())]
    texts += [str(value) for reason in known.reasons.values() for value in reason.values()]
    for provider in known.providers.values():
        texts += [provider.get("postmaster", ""), *provider.get("said", ()), *provider.get("hosts", ())]
        texts += [provider["name"], *provider.get("domains", ())]
    words = {word.lower() for text in texts for word in _WORD.findall(text)}
    return frozenset(word for word in words if not _RESERVED.fullmatch(word))


@cache
def providers() -> frozenset[str]:
    """Every dotted name of the providers."""
    known = knowledge(())
    texts = [
        value for entry in known.providers.values() for value in (entry.get("postmaster", ""), *entry.get("said", ()))
    ]
    names = {word.lower() for text in texts for word in _WORD.findall(text) if "." in word}
    return frozenset({*known.hosts, *known.domains, *names})


class Masker:
    """Puts pseudonyms into text; ``all_`` hides the names of providers, too, ``people`` nothing but people."""

    def __init__(self, key: bytes, *, all_: bool = False, people: bool = False) -> None:
        known = knowledge(())
        named = {word for word in vocabulary() if "." in word} | {*known.hosts, *known.domains}
        self.all = all_
        self.people = people
        self.names = (People if people else Pseudonyms)(key, named - _below(named, providers()) if all_ else named)
        self._words = vocabulary()
        self._haystack = "\n".join(text for rule in known.rules for text in (*rule.text, rule.more.lower()))
        self._own: frozenset[str] = frozenset()

        self._puts: dict[str, Callable[[re.Match[str], set[str], int], str]] = {
            "url": lambda found, _shown, _least: self._url(found[0]),
            "who": lambda found, shown, _least: found["login"] + self._login(found["who"], shown),
            "domain": lambda found, shown, _least: self._address(found, shown),
            "bare": lambda found, _shown, least: f"<{self._between(found['bare'], least)}>",
            "six": lambda found, _shown, _least: (found["tag"] or "") + self._six(found["six"]),
            "zone": lambda found, _shown, _least: (found["tag"] or "") + self._six(found["six"] + found["zone"]),
            "name": lambda found, _shown, least: self._dotted(found[0], least),
            "dashed": lambda found, _shown, _least: self._four_of(found[0].replace("-", ".")).replace(".", "-"),
            "id": lambda found, _shown, least: self._token(found[0], least),
        }

    def learn(self, hosts: Iterable[str | None]) -> None:
        """Take these names of hosts for names wherever they stand in a path, though they have no dot."""
        self._own |= {host.lower() for host in hosts if host}

    def is_word(self, text: str) -> bool:
        """Whether it is a word that replies are made of, and not a name."""
        return text.lower() in self._words

    def provider(self, name: str) -> str:
        """A provider by its id or its title."""
        titles = {str(entry["name"]): key for key, entry in knowledge(()).providers.items()}
        return self.names.provider(titles.get(name, name))

    def text(self, text: str, *, least: int = 10) -> str:
        """A reply or other text; ``least`` is the length from which a token with digits is taken for an id."""
        shown: set[str] = set()
        if " from " in text or 'T="' in text:
            text = _CONTENT.sub(lambda found: f"{found['checked'] or found['subject']}<text>", text)

        def put(found: re.Match[str]) -> str:
            return self._put(found, shown, least)

        out = _TEXT.sub(put, text)
        return self._bare(out, shown) if shown else out

    def line(self, line: str) -> str:
        """A log line as it stands in the file: its host has no dot perhaps; queue ids stay."""
        for head in _HEADS:
            if found := head.match(line):
                start, end = found.span("reporting_mta")
                return f"{line[:start]}{self.host(found['reporting_mta'])}{self.text(line[end:], least=_LINE_ID)}"
        if line.count(",") >= _ROW:
            return self._row(line)
        line = _HOSTKEY.sub(lambda found: found[1] + self.host(found[2]), line)
        return self.text(line, least=_LINE_ID)

    def _row(self, line: str) -> str:
        """A row of a table, as Exchange writes: any field may be the subject, so only what is sure to be none stays."""
        import csv
        import io

        out = io.StringIO()
        for row in csv.reader([line]):
            csv.writer(out, lineterminator="").writerow([self._field(value) for value in row])
        return out.getvalue()

    def _field(self, value: str) -> str:
        if not value.isascii() or (" " in value and not _REPLY.search(value)):
            return "<text>"
        masked = self.text(value, least=_LINE_ID)
        if masked != value or not any(map(str.isalpha, value)) or _PLAIN.fullmatch(value) or " " in value:
            return masked
        return "<text>" if self.people and value.isalpha() else self.names.name(value)

    def host(self, name: str) -> str:
        """A host as a column has it: a name, an address, or ``name[address]``."""
        bare, bracket, address = name.partition("[")
        if bracket:
            return f"{self.host(bare) if bare else ''}[{self.names.literal(address.rstrip(']'))}]"
        return self.names.ip(name) if ":" in name or _FOUR.fullmatch(name) else self.names.name(name)

    def path(self, path: str) -> str:
        """A file name: hosts, addresses and home folders in it are hidden, the rest is needed to find the file."""
        if "://" in path:
            scheme, _, rest = path.partition("://")
            return f"{scheme}://{'/'.join(self._part(part) for part in rest.split('/'))}"
        path = _HOME.sub(lambda found: found[1] + self.names.user(found[2]), path)
        return "".join(part if part in "/\\" else self._part(part) for part in re.split(r"([/\\])", path))

    def _part(self, part: str) -> str:
        ending = _FILE.search(part)
        stem, end = (part[: ending.start()], ending[0]) if ending else (part, "")
        if part.lower() in self._own or stem.lower() in self._own:
            return self.names.name(stem) + end
        return self.text(stem, least=_LINE_ID) + end

    def _put(self, found: re.Match[str], shown: set[str], least: int) -> str:
        return self._puts[found.lastgroup or ""](found, shown, least)

    def _login(self, who: str, shown: set[str]) -> str:
        head = re.match(r'<?"?', who)
        start = head.end() if head else 0
        if "@" in who or "%40" in who or who[start:].isdigit():
            return self.text(who)
        shown.add(who[start:].lower())
        return who[:start] + self.names.user(who[start:])

    def _address(self, found: re.Match[str], shown: set[str]) -> str:
        local, key = found["local"], ""
        if (named := _KEY.match(local)) and not _TAGGED.match(local) and named.end() < len(local):
            key, local = local[: named.end()], local[named.end() :]
        if local.startswith("'"):
            key, local = key + "'", local[1:]
        shown.add(local.strip('"').lower())
        return key + self.names.address(f"{local}@{found['domain']}").replace("@", found["at"], 1)

    def _between(self, bare: str, least: int) -> str:
        """What stands in angle brackets without being an address."""
        if bare in _MASKS or bare.isdigit() or bare.lower() in self._words:
            return bare
        inner = self.text(bare, least=least)
        return inner if inner != bare or not bare[:1].isalnum() or "=" in bare else self.names.user(bare)

    def _six(self, text: str) -> str:
        bare = text.rstrip(".")
        bare = bare.rstrip(":") if not bare.endswith("::") else bare
        try:
            ipaddress.IPv6Address(bare)
        except ValueError:
            return text if not _FOUR.search(text) else _FOUR.sub(self._four, text)
        return self.names.ip(bare) + text[len(bare) :]

    def _four(self, found: re.Match[str]) -> str:
        return self._four_of(found[0])

    def _four_of(self, text: str) -> str:
        return self.names.ip(text) if all(int(part) < 256 for part in text.split(".")) else text

    def _dotted(self, name: str, least: int) -> str:
        labels = name.rstrip("-").split(".")
        last = labels[-1]
        if _CODE.fullmatch(name):
            return name
        if last[:1].isalpha() and 1 < len(last) <= _LONGEST_TLD:
            return self.names.name(name)
        if masked := _FOUR.sub(self._four, name):
            name_like = len(labels) > 2 and masked == name and last.isdigit() and len(labels[-2]) > 1
            if name_like and labels[-2].isalpha():
                return f"{self.names.name('.'.join(labels[:-1]))}.{last}"
            name = masked
        return name if not any(len(label) >= least for label in labels) else self._tokens(name, least)

    def _tokens(self, text: str, least: int) -> str:
        return ".".join(self._token(label, least) if len(label) >= least else label for label in text.split("."))

    def _token(self, token: str, least: int) -> str:
        if len(token) < least or sum(char.isdigit() for char in token) < _LEAST_ID or _DATE.fullmatch(token):
            return token
        return token if token.lower() in self._words or _CIPHER.fullmatch(token) else self.names.id(token)

    def _url(self, url: str) -> str:
        """A page of a provider or block list stays, without what it is asked about; any other URL goes."""
        if self.people and "@" not in url and "%" not in url:
            return url
        scheme, _, rest = url.partition("://")
        host, slash, where = rest.partition("/")
        name = host.lower()
        first, _, parent = name.partition(".")
        if not (self.names.keeps(name) or (first in _PAGES and self.names.keeps(parent))):
            return "<url>"
        return f"{scheme}://{host}{slash}" + "".join(map(self._piece, re.split(r"([/?&=#;])", where)))

    def _piece(self, piece: str) -> str:
        if (
            len(piece) < 2
            or piece.lower() in self._haystack
            or re.fullmatch(r"[0-9]{1,7}", piece)
            or _KIND.fullmatch(piece)
        ):
            return piece
        masked = self.text(piece)
        return masked if masked != piece else "<id>"

    def _bare(self, text: str, shown: set[str]) -> str:
        """The local parts that a text's addresses show, where they stand alone."""
        for name in shown:
            if len(name) > 2 and name not in self._words and name in text.lower():
                pattern = rf"(?<![\w.@-]){re.escape(name)}(?![\w@-])"
                text = re.sub(pattern, self.names.user(name), text, flags=re.IGNORECASE)
        return text


def _below(names: Iterable[str], roots: frozenset[str]) -> set[str]:
    """The names that are one of the roots or below it."""
    return {name for name in names if any(".".join(name.split(".")[n:]) in roots for n in range(name.count(".") + 1))}
