"""Posts a report in short to a receiver on the web: once, or twice where the first try met a fault that may pass."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from logscan import private
from logscan.errors import DeliveryError, OptionError

TOKEN = "LOGSCAN_WEBHOOK_TOKEN"
TOKEN_FILE = f"{TOKEN}_FILE"
SECONDS = 20.0
PAUSE = 2.0


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would turn the POST into a GET, and carry the token to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Leave the answer as it is."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A receiver; its address and token are secrets and appear in no message."""

    url: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def name(self) -> str:
        """The receiver as errors name it: without path and query, which are keys to it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def post(self, payload: Mapping[str, Any]) -> None:
        """Post as JSON; raises DeliveryError where the receiver does not take it."""
        body = json.dumps(payload).encode("ascii")
        headers = {"Content-Type": "application/json", "User-Agent": "logscan"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            fault = self._once(body, headers)
            if fault:
                time.sleep(PAUSE)
                fault = self._once(body, headers)
        except urllib.error.HTTPError as error:
            raise DeliveryError(f"the webhook {self.name} {_refusal(error)}") from None
        if fault:
            raise DeliveryError(f"the webhook {self.name} {fault}; tried twice")

    def _once(self, body: bytes, headers: dict[str, str]) -> str:
        """One try; what went wrong where another try may help, else nothing."""
        request = urllib.request.Request(self.url, data=body, headers=headers, method="POST")
        opener = urllib.request.build_opener(_Stay, urllib.request.HTTPSHandler(context=ssl.create_default_context()))
        try:
            with opener.open(request, timeout=SECONDS):
                return ""
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise
            return f"answers {error.code} {error.reason}"
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise DeliveryError(
                    f"the certificate of the webhook {self.name} is not to be trusted ({error.reason.verify_message}); "
                    "let SSL_CERT_FILE name a file with the authority that signed it"
                ) from None
            return f"cannot be reached ({getattr(error.reason, 'strerror', None) or error.reason})"
        except TimeoutError:
            return f"did not answer within {SECONDS:.0f} seconds"
        except (OSError, http.client.HTTPException) as error:
            return f"broke off ({error})"


def _refusal(error: urllib.error.HTTPError) -> str:
    said = f"answers {error.code} {error.reason}"
    if 300 <= error.code < 400:
        return f"{said}: it has moved, which is not followed; name the new address"
    hints = {401: f"{TOKEN} holds the token it wants", 403: f"{TOKEN} holds the token it wants",
             404: "is the address complete?", 410: "it was taken down", 429: "post less often"}  # fmt: skip
    return f"{said}{f'; {hints[error.code]}' if error.code in hints else ''}"


def hook(url: str) -> Hook:
    """The receiver at an address, or at that in a file (``@FILE``), with the token of the environment or of its file.

    Raises OptionError for what is no address of the web, and for a token that would be readable on the way.
    """
    if url.startswith("@"):
        url = private.text_of(Path(url[1:]), "the address of a webhook").strip()
    parts = urlsplit(url)
    try:
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise OptionError("--webhook: that is no address of the web; it begins with https://")
    if "@" in parts.netloc:
        raise OptionError(f"--webhook: put no password into the address; {TOKEN} is for a token")
    token = _token()
    if token and parts.scheme == "http" and not private.this_machine(host):
        raise OptionError(f"--webhook: over http:// everyone on the way could read {TOKEN}; use https://")
    return Hook(url, token)


def _token() -> str:
    file = os.environ.get(TOKEN_FILE, "")
    token = os.environ.get(TOKEN, "") or (private.text_of(Path(file), "a token").strip() if file else "")
    if not token.isascii() or not token.isprintable():
        raise OptionError(f"{TOKEN} holds characters that no token may hold")
    return token
