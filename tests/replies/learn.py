"""Learns patterns/weights.json from the seen replies and from the texts of the rules.

    pip install scikit-learn && python tests/replies/learn.py

Run it after a change of concepts.toml or of seen.jsonl. It prints how often the words alone are right in five-fold
cross-validation on the seen replies, that is, on replies that were left out while the weights were learned.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from logscan.explaining import trial
from logscan.packs import find, mtas
from logscan.packs.knowledge import Knowledge, Rule, knowledge
from logscan.packs.match import split_reply
from logscan.packs.weights import load_concepts
from logscan.rules import Reply, evidence
from logscan.weighing import Evidence, features

CONCEPTS = load_concepts(find.root() / "concepts.toml")
HERE = Path(__file__).parent
C = 3.0
MOST_FORMS = 15
LEAST = 20  # hundredths: weights nearer to nought than this are left out
MET = 2  # features met in fewer samples are left out


class Sample(NamedTuple):
    evidence: Evidence
    reason: str
    weight: float


def evidence_of(text: str, event: str = "delivery", command: str | None = None) -> Evidence:
    code, enhanced, said = split_reply(text)
    return evidence(Reply(event=event, reply_code=code, enhanced_code=enhanced, smtp_command=command, diagnostic=said))


def labelled(path: Path, known: Knowledge) -> list[Sample]:
    packs = mtas(())
    read = (trial.labelled(line, packs, known) for line in path.read_text(encoding="utf-8").splitlines())
    return [Sample(evidence(reply), wanted["reason"], 1.0) for _, reply, wanted in read]


def of_rule(rule: Rule) -> Iterator[Sample]:
    command = str(next(iter(rule.commands))) if len(rule.commands) == 1 else None
    event = rule.event or "delivery"
    if text := rule.example.get("diagnostic"):
        yield Sample(evidence_of(text, event, rule.example.get("smtp_command", command)), rule.reason, 0.5)
    forms = sorted(rule.forms)
    some = forms[:: max(1, len(forms) // MOST_FORMS)]
    for text in (*(t for t in rule.text if t not in rule.forms), *some):
        yield Sample(evidence_of(text.replace("*", " "), event, command), rule.reason, 0.15)


def of_rules(known: Knowledge) -> list[Sample]:
    samples = [sample for rule in known.rules for sample in of_rule(rule)]
    return [sample for sample in samples if sample.evidence.words and sample.reason != "delivered"]


def fit(samples: Sequence[Sample]) -> tuple[DictVectorizer, LogisticRegression]:
    table = DictVectorizer()
    x = table.fit_transform([features(sample.evidence, CONCEPTS) for sample in samples])
    model = LogisticRegression(C=C, max_iter=1000, fit_intercept=False)
    model.fit(x, [sample.reason for sample in samples], sample_weight=[sample.weight for sample in samples])
    return table, model


def left_out(seen: list[Sample], more: list[Sample]) -> list[str]:
    """What is decided of each seen reply by weights that were learned without it."""
    order = np.random.RandomState(0).permutation(len(seen))
    out = [""] * len(seen)
    for fold in range(5):
        test = set(order[fold::5].tolist())
        table, model = fit([*(s for i, s in enumerate(seen) if i not in test), *more])
        numbers = sorted(test)
        rows = table.transform([features(seen[i].evidence, CONCEPTS) for i in numbers])
        for number, reason in zip(numbers, model.predict(rows), strict=True):
            out[number] = reason
    return out


def write(table: DictVectorizer, model: LogisticRegression, samples: Sequence[Sample], path: Path) -> int:
    """Write the weights, one feature a line, as the differences from the feature's middle weight."""
    met = np.asarray((table.transform([features(s.evidence, CONCEPTS) for s in samples]) > 0).sum(axis=0))[0]
    lines = []
    for name, number in sorted(table.vocabulary_.items()):
        column = model.coef_[:, number]
        weights = np.rint(100 * (column - np.median(column))).astype(int)
        said = [n for place, weight in enumerate(weights) if abs(weight) >= LEAST for n in (place, int(weight))]
        if said and met[number] >= MET:
            lines.append(f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(said, separators=(',', ':'))}")
    reasons = json.dumps(list(model.classes_))
    path.write_text(f'{{"reasons":{reasons},\n"features":{{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    return len(lines)


if __name__ == "__main__":
    known = knowledge(())
    seen = [s for s in labelled(HERE / "seen.jsonl", known) if s.evidence.words]
    rules = of_rules(known)
    if "--no-check" not in sys.argv:
        told = left_out(seen, rules)
        right = sum(a == s.reason for a, s in zip(told, seen, strict=True))
        print(f"words alone, left out while learning: {right} of {len(seen)} right ({right / len(seen):.1%})")
    count = write(*fit([*seen, *rules]), [*seen, *rules], find.root() / "weights.json")
    print(f"{count} features written")
