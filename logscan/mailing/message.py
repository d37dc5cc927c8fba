"""Builds the mail: text, HTML beside it, images within the HTML, files attached (RFC 5322, 2045 to 2049, 2387)."""

from __future__ import annotations

import email.utils
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from logscan.mailing import addresses


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that the HTML names ``cid:NAME``."""

    name: str
    png: bytes


@dataclass(frozen=True, slots=True)
class File:
    """A file that is attached."""

    name: str
    kind: str  # text/html
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says; the HTML, if any, stands beside the text."""

    subject: str
    text: str
    html: str = ""
    pictures: tuple[Picture, ...] = ()
    files: tuple[File, ...] = ()


def build(letter: Letter, sender: Address, recipients: Sequence[Address], at: datetime | None = None) -> EmailMessage:
    """The message, all of it in lines of at most 78 characters of ASCII.

    It says of itself that a machine wrote it (RFC 3834), so that no vacation program answers.
    """
    host = addresses.host_name()
    message = EmailMessage(policy=policy.SMTP)
    message["Date"] = email.utils.format_datetime(at or datetime.now(UTC).astimezone())
    message["From"] = sender
    message["To"] = list(recipients)
    message["Subject"] = letter.subject
    message["Message-ID"] = email.utils.make_msgid(domain=host)
    message["Auto-Submitted"] = "auto-generated"
    message["User-Agent"] = "logscan"
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        _add_page(message, letter, host)
    for file in letter.files:
        main, _, sub = file.kind.partition("/")
        more = {"charset": "utf-8"} if main == "text" else {}
        message.add_attachment(file.content, main, sub, filename=file.name, params=more)
    return message


def _add_page(message: EmailMessage, letter: Letter, host: str) -> None:
    """Add the HTML and its pictures, each by an id that is unique in the world (RFC 2392)."""
    ids = {picture.name: email.utils.make_msgid(picture.name, host) for picture in letter.pictures}
    html = letter.html
    for name, id in ids.items():
        html = html.replace(f'"cid:{name}"', f'"cid:{id[1:-1]}"')
    page = EmailMessage(policy=policy.SMTP)
    page.set_content(html, subtype="html", cte="quoted-printable")
    for picture in letter.pictures:
        page.add_related(
            picture.png, "image", "png", cid=ids[picture.name], disposition="inline", filename=f"{picture.name}.png"
        )
    message.make_alternative()
    message.attach(page)
