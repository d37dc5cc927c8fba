"""The causes of trouble, each with its cost, its evidence and its remedy; and what we refused ourselves."""

from __future__ import annotations

from logscan.findings import Codes, Findings, Problem
from logscan.render import words
from logscan.render.page import Page

_DOMAINS = 4


def problems(findings: Findings, page: Page) -> list[str]:
    """The ranked list of causes: others refused our mail."""
    ranked = findings.problems
    if not ranked:
        return []
    shown = page.shown(len(ranked))
    out = page.heading("Problems", _note(shown, len(ranked), "the costliest first"))
    told: dict[str, int] = {}
    for rank, problem in enumerate(ranked[:shown], 1):
        out += ["", *_problem(findings, problem, rank, page), *_remedy(problem, rank, told, page)]
    left = len(ranked) - shown
    if left:
        out += [
            "",
            *page.wrap(f"{words.sentence(words.many(left, 'more cause'))} not shown: --top {len(ranked)} shows all."),
        ]
    return out


def _note(shown: int, count: int, order: str) -> str:
    if count < 2:
        return ""
    part = f"{words.number(shown)} of " if shown < count else ""
    return f"{part}{words.many(count, 'cause')}, {order}"


def _problem(findings: Findings, problem: Problem, rank: int, page: Page) -> list[str]:
    out = _title(problem, f"{rank:>2}. ", page)
    out += page.item("cost", cost(problem, page))
    out += page.item("to act", _party(problem, page))
    concerned = where(problem, page)
    out += page.item("where", concerned) if concerned else []
    out += page.item("codes", all_codes(problem, page)) if len(problem.codes) > 1 else []
    out += page.item("seen", page.period(problem.first, problem.last) + _mta(findings, problem, page))
    return out + _evidence(problem, page)


def _title(problem: Problem, lead: str, page: Page) -> list[str]:
    kind = words.status(problem.status)
    title = words.sentence(page.log(problem.title or problem.reason, 120))
    lines = page.wrap(
        f"{title} ({codes(problem, page, problem.event)}{f', {kind}' if kind else ''})", lead, " " * len(lead)
    )
    return [page.paint("bold", line) for line in lines]


def all_codes(problem: Problem, page: Page) -> str:
    """All codes of a cause, the most frequent first, with how often each came."""
    shown = problem.codes[:_DOMAINS]
    named = [f"{codes(entry, page, problem.event)}{words.GLUE}({words.number(entry.count)})" for entry in shown]
    return words.listed(named, len(problem.codes) - len(shown))


def codes(given: Problem | Codes, page: Page, event: str = "delivery") -> str:
    """The codes of a reply, ``450 4.2.0``; what the MTA made of it where there was no reply."""
    enhanced = page.log(given.enhanced_code or "", 20)
    if given.reply_code is not None:
        return f"{given.reply_code}{words.GLUE}{enhanced}" if enhanced else str(given.reply_code)
    verdict = enhanced or page.log(given.dsn or "", 20)
    if verdict and event == "rejection":
        return verdict  # a filter's verdict on what a client sent
    return f"no reply, dsn{words.GLUE}{verdict}" if verdict else "no reply code"


def cost(problem: Problem, page: Page) -> str:
    """What became of the recipients, and how many attempts that took."""
    fates = (("lost", problem.lost, "red"), ("still waiting", problem.waiting, "yellow"))
    parts: list[str] = []
    for fate, count, style in (*fates, ("delivered later", problem.recovered, "green")):
        if count:
            figure = words.number(count) if parts else words.many(count, "recipient")
            parts.append(page.paint(style, f"{figure} {fate}".replace(" ", words.GLUE)))
    if problem.waits_since is not None and problem.waiting:
        parts[-1 if not problem.recovered else -2] += f" (since {page.moment(problem.waits_since)})"
    tries = words.many(problem.count, f"failed{words.GLUE}attempt")
    kinds = [word for word, n in problem.outcomes.items() if n]
    if len(kinds) > 1:
        tries += f" ({words.counted({page.log(word, 20): n for word, n in problem.outcomes.items()})})"
    return f"{', '.join(parts) or 'no recipient lost'}; {tries}"


def _party(problem: Problem, page: Page) -> str:
    return page.paint("bold" if problem.party == "us" else "", words.party(problem).replace(" ", words.GLUE))


def where(problem: Problem, page: Page) -> str:
    """The recipient domains that are concerned most, and the providers."""
    names = [
        f"{page.log(entry.domain or '(no domain)', 44, tail=True)}{words.GLUE}{words.number(entry.count)}"
        for entry in problem.domains[:_DOMAINS]
    ]
    left = max(problem.domain_count, len(problem.domains)) - len(names)
    domains = words.listed(names, left) if names else ""
    if not problem.providers:
        return domains
    providers = words.listed(
        [page.log(name, 40) for name in problem.providers[:_DOMAINS]], len(problem.providers) - _DOMAINS
    )
    return f"{domains}{'; ' if domains else ''}provider{'s' if len(problem.providers) > 1 else ''}: {providers}"


def _mta(findings: Findings, problem: Problem, page: Page) -> str:
    """By whom, where the logs of several kinds of server are in one report."""
    if len(findings.mtas) < 2 or not problem.mtas:
        return ""
    return f", by {words.listed([page.log(name, 20) for name in problem.mtas])}"


def _evidence(problem: Problem, page: Page) -> list[str]:
    wordings = f"; one of {words.many(problem.templates, 'wording')}" if problem.templates > 1 else ""
    out = page.quote(problem.example or "(no text)", f"    {'reply':<9}", " " * 13)
    place = page.place(problem.source, problem.offset)
    out += page.wrap(place + wordings, " " * 13, " " * 13, style="dim")
    for other in problem.evidence[1:]:
        out += page.quote(other.reply or "(no text)", " " * 13, limit=160)
        out += page.wrap(page.place(other.source, other.offset), " " * 13, " " * 13, style="dim")
    return out


def _remedy(problem: Problem, rank: int, told: dict[str, int], page: Page) -> list[str]:
    """What to do; a remedy that stands above already (``told``: at which rank) is not told again."""
    out: list[str] = []
    text = " ".join(problem.remedy.split())
    if text:
        above = told.setdefault(text, rank)
        out += page.item("remedy", page.log(text) if above == rank else f"as for {above}", links=True)
    for mta, setting in problem.settings.items():
        above = told.setdefault(setting, rank)
        out += page.item(page.log(mta, 8), page.log(setting)) if above == rank else []
    if problem.check:
        out += ["    check", f"      {page.log(problem.check.strip())}"]
    if problem.more:
        out += page.item("more", page.log(problem.more.strip()), links=True)
    return out


def refusals(findings: Findings, page: Page) -> list[str]:
    """What this server refused, why, how often, with one reply; the remedy where the cause is ours."""
    ranked = findings.refusals
    if not ranked:
        return []
    shown = page.shown(len(ranked))
    out = page.heading("Our own refusals", _note(shown, len(ranked), "the most frequent first"))
    wide = max(len(words.number(problem.count)) for problem in ranked[:shown])
    for problem in ranked[:shown]:
        out += _refusal(problem, wide, page)
    left = len(ranked) - shown
    if left:
        out += page.wrap(f"and {words.many(left, 'more cause')} (--top {len(ranked)} shows all)", "  ", "  ")
    return out


def _refusal(problem: Problem, wide: int, page: Page) -> list[str]:
    indent = wide + 4
    out = _title(problem, f"  {words.number(problem.count):>{wide}}  ", page)
    aside = [f"{n:,} {page.log(word, 20)}" for word, n in problem.outcomes.items() if word != "rejected" and n]
    concerned = where(problem, page)
    notes = [*([", ".join(aside)] if aside else []), *([f"for {concerned}"] if concerned else [])]
    if notes:
        out += page.wrap("; ".join(notes), " " * indent, " " * indent)
    out += page.quote(problem.example or "(no text)", " " * indent, limit=240)
    out += page.wrap(page.place(problem.source, problem.offset), " " * indent, " " * indent, style="dim")
    if problem.party == "us":
        out += (
            page.wrap(page.log(" ".join(problem.remedy.split())), " " * indent, " " * indent, links=True)
            if problem.remedy
            else []
        )
        out += [f"{' ' * indent}  {page.log(problem.check.strip())}"] if problem.check else []
    return out
