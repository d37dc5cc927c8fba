"""The report as a mail: to whom, by which way, and whether there is anything to say."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address

import typer

from logscan import __version__, render
from logscan.errors import DeliveryError, MissingExtraError, OptionError
from logscan.findings import Findings
from logscan.mailing import addresses, message, transport
from logscan.outputs.options import Attachment, Sending
from logscan.render import brief
from logscan.render import mail as page
from logscan.render.escape import safe
from logscan.render.page import Look
from logscan.result import Report

WIDTH = 76  # columns of the text part: a mail's lines should have no more than 78 characters (RFC 5322 section 2.1.1)
_UNREAD = ("no permission", "cannot be read")  # why files in a folder were skipped that should not have been


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to be sent: where from, where to, how; checked before any log is read."""

    recipients: tuple[Address, ...]
    sender: Address
    way: transport.Transport = field(repr=False)
    subject: str = ""
    empty: bool = False
    top: int | None = 10
    attached: tuple[Attachment, ...] = ()

    def report(self, found: Report, alarms: Sequence[str]) -> bool:
        """Mail a report, unless there is nothing to say; return False where some recipients were refused.

        Raises DeliveryError where nobody got it.
        """
        if not (self.empty or alarms or worth_telling(found.findings)):
            return True
        headline = (
            f"{'ALERT: ' if alarms else ''}logscan {safe(addresses.host_name(), 60)}: {brief.headline(found.findings)}"
        )
        text = found.to_text(width=WIDTH, top=self.top)
        if alarms:
            text = "".join(f"ALERT: {alarm}\n" for alarm in alarms) + f"\n{text}"
        html, pictures = _page(found, alarms, self.top)
        files = tuple(_file(found, form, self.top) for form in self.attached)
        return self._send(message.Letter(self.subject or headline, text, html, pictures, files))

    def failure(self, error: str) -> bool:
        """Mail that there is no report, and why."""
        host = safe(socket.gethostname(), 60)
        first, *more = error.splitlines() or [""]
        subject = self.subject or f"FAILED: logscan {host}: {safe(first, 120)}"
        lines = [
            f"logscan on {host} could not report on the mail log:",
            "",
            *(f"  {safe(line)}" for line in (first, *more)),
        ]
        return self._send(message.Letter(subject, "\n".join(lines) + "\n"))

    def _send(self, letter: message.Letter) -> bool:
        built = message.build(letter, self.sender, self.recipients)
        names = [recipient.addr_spec for recipient in self.recipients]
        try:
            refused = self.way.send(built, self.sender.addr_spec, names)
        except DeliveryError as error:
            raise DeliveryError(f"the report was not mailed: {error}") from None
        for name, why in refused.items():
            typer.echo(f"logscan: the report did not go to {name}: {why}", err=True)
        return not refused


def _file(found: Report, form: Attachment, top: int | None) -> message.File:
    suffix = {Attachment.MARKDOWN: "md"}.get(form, form.value)
    kind = "application/json" if form is Attachment.JSON else f"text/{form.value}"
    text = render.render(found.findings, form.value, top=top)
    return message.File(f"logscan-report.{suffix}", kind, text.encode("utf-8", "backslashreplace"))


def _page(found: Report, alarms: Sequence[str], top: int | None) -> tuple[str, tuple[message.Picture, ...]]:
    """The HTML and its pictures; nothing, which is told on standard error, where the packages for it are missing."""
    try:
        drawn = page.to_mail(found.findings, Look(top=top), alarms, socket.gethostname(), __version__)
    except MissingExtraError as error:
        typer.echo(f"logscan: the mail has its text alone: {error}", err=True)
        return "", ()
    return drawn.html, tuple(message.Picture(name, png) for name, png in drawn.pictures)


def planned(sending: Sending, top: int | None) -> Mail:
    """The mail that the options ask for; raises OptionError for what makes no sense."""
    if not sending.mail_to:
        raise OptionError("to whom should the report be mailed? name an address with --mail-to")
    for form in sending.mail_attach or ():
        render.ready(form.value)
    recipients = {one.addr_spec: one for one in (addresses.address(text, "--mail-to") for text in sending.mail_to)}
    return Mail(
        recipients=tuple(recipients.values()),
        sender=addresses.address(sending.mail_from, "--mail-from") if sending.mail_from else addresses.own(),
        way=transport.transport(sending.mail_via, sending.mail_auth),
        subject=addresses.subject(sending.mail_subject) if sending.mail_subject else "",
        empty=sending.mail_empty,
        top=top,
        attached=tuple(dict.fromkeys(sending.mail_attach or ())),
    )


def worth_telling(findings: Findings) -> bool:
    """Whether a report says anything but that all is well.

    That is: a problem, a refusal, a notice, a hint, a conflict, mail held or discarded; a line that was not understood
    or was too long; or a file that could not be read.
    """
    totals, covered = findings.totals, findings.coverage
    told = (findings.problems, findings.refusals, findings.notices, findings.hints, findings.conflicts)
    counts = (totals.waiting, totals.bounced, totals.expired, totals.held, totals.discarded, totals.rejected)
    unread = any(why.startswith(_UNREAD) for _, why in findings.skipped)
    return any(told) or any(counts) or bool(covered.unparsed or covered.cut) or unread
