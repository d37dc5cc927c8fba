"""What can go wrong, as one tree.

::

    LogscanError
    ├── InputError            a file cannot be read, or is no mail log
    │   ├── NoMailLogError    the file was read, and no line of it is a mail server's
    │   └── ChangedError      the file was cut, replaced or taken away while it was read
    ├── OptionError           an option's value makes no sense (a date, a zone, a column)
    ├── PackError             a file in patterns/ breaks the specification
    ├── OutputError           a file cannot be written
    ├── DeliveryError         a report could not be mailed or posted
    └── MissingExtraError     an optional package is needed and not installed

Every message names the file and the place, says what was wrong, and gives the next thing to try.
"""

from __future__ import annotations


class LogscanError(Exception):
    """Anything logscan refuses to do, told in words for the person at the keyboard."""


class InputError(LogscanError):
    """A file, folder or stream could not be read."""


class NoMailLogError(InputError):
    """A file was read to its end and holds no line of a mail server that logscan knows."""


class ChangedError(InputError):
    """A file was cut, replaced or taken away while it was read; another run may well succeed."""


class OptionError(LogscanError):
    """An option or argument has a value that cannot be understood."""


class PackError(LogscanError):
    """A pattern pack breaks the specification in patterns/README.md."""


class OutputError(LogscanError):
    """A file could not be written."""


class DeliveryError(LogscanError):
    """A report could not be handed over: to a mail server, or to a receiver on the web."""


class MissingExtraError(LogscanError):
    """An optional package is needed for what was asked, and is not installed."""
