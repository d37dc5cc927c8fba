"""The report as one web page that needs nothing else: no other file, no network, no code that is not in it.

Jinja2 escapes every value; the page's own policy lets only the scripts and the style run whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from logscan.findings import Findings
from logscan.render import charts, view
from logscan.render.page import Look
from logscan.render.templates import WEB, template

LIMIT = 2_000_000  # bytes of a page, whatever the log
_LONGEST = 1500  # cells of one text; remedies are shorter
_MOST = (150, 50, 15, 4)  # items of each list: fewer where texts are so long that the page would be larger
# What a script element must not hold, and what older readers of scripts take for the end of a line.
_UNSAFE = {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def to_html(findings: Findings, look: Look) -> str:
    """The report as HTML; raises MissingExtraError where the packages for it are not installed."""
    charts.needed()
    from markupsafe import Markup

    drawn = charts.charts(findings)
    style, script = _web("style.css"), _web("script.js")
    library = charts.script() if drawn else ""
    fixed = {
        "charts": {c.id: {"title": c.title, "note": c.note, "still": Markup(_still(c))} for c in drawn},
        "specs": Markup(embedded({c.id: c.spec for c in drawn})) if drawn else "",
        "policy": _policy([script, library] if drawn else [script], style),
        "style": Markup(style),
        "script": Markup(script),
        "library": Markup(library),
    }
    made, page = template("page.html.j2", _LONGEST), ""
    for most in _MOST:
        page = made.render(**view.page(findings, look, most), **fixed)
        if len(page.encode()) < LIMIT:
            break
    return page + "\n"


def embedded(data: Any) -> str:
    """JSON that may stand in a script element."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return "".join(_UNSAFE.get(char, char) for char in text) if any(char in text for char in _UNSAFE) else text


def _web(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def _still(chart: charts.Chart) -> str:
    """A chart's picture, which stands until the live one is there, and where no script runs."""
    return (
        charts.svg(chart).replace("<svg ", '<svg class="still" aria-hidden="true" ', 1).replace('class="marks" ', "", 1)
    )


def _policy(scripts: list[str], style: str) -> str:
    """The Content-Security-Policy (CSP 3): nothing is loaded, nothing else runs."""
    allowed = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types default"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
