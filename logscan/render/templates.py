"""The templates of pages and mails: Jinja2 escapes every value, after what could act on a reader is made harmless."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from logscan.render.escape import safe

if TYPE_CHECKING:
    from jinja2 import Template

WEB = Path(__file__).parent / "web"


def template(name: str, longest: int | None = None) -> Template:
    """A template by its name; texts are cut off at ``longest`` cells, and a name that is not given is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return safe(value, longest) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(WEB),
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
