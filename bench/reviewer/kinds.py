"""The kinds of defects: what a finding about each may be called, and which rules speak of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of defect.

    Attributes:
        name: for people.
        categories: categories of findings that fit it; a finding of another one is no hit, even at the right place.
        rules: beginnings of the names of rules (``Remark.kind``) that look for it: their false findings count against it.
    """

    name: str
    categories: frozenset[str]
    rules: tuple[str, ...]


def _kind(name: str, categories: str, rules: str) -> Kind:
    return Kind(name, frozenset(part.strip() for part in categories.split(",")), tuple(rules.split()))


KINDS: dict[str, Kind] = {
    "impossible-date": _kind("impossible date", "Dates and deadlines", "impossible-date"),
    "reversed-range": _kind("reversed range", "Dates and deadlines, Figures and sums, Consistency", "reversed"),
    "wrong-weekday": _kind("weekday that does not fit", "Dates and deadlines", "wrong-weekday"),
    "deadline-order": _kind("deadlines out of order or too short", "Dates and deadlines, Compliance, Competition, Consistency",
                            "step-order step-twice short-period event-order"),
    "wrong-sum": _kind("sum that does not add up", "Figures and sums", "column-total line-total sentence-total parts-total"),
    "percentages": _kind("percentages that do not make 100", "Figures and sums, Award criteria", "shares points"),
    "words-digits": _kind("words against digits", "Figures and sums, Consistency", "words-digits"),
    "unit-mismatch": _kind("units that do not fit", "Figures and sums, Consistency", "unit period-dates conversion"),
    "mixed-currency": _kind("mixed currencies", "Figures and sums, Consistency", "second-currency no-currency"),
    "two-figures": _kind("one figure told two ways", "Figures and sums, Consistency, Dates and deadlines",
                         "figure-twice swapped period-twice quantity-twice"),
    "missing-reference": _kind("reference to nothing", "References", "missing-target"),
    "numbering-gap": _kind("gap in numbering", "References, Consistency, Completeness", "numbering"),
    "definitions": _kind("term not defined or defined twice", "Definitions", "undefined acronym term"),
    "wrong-count": _kind("count against list", "Consistency, Figures and sums", "count"),
    "placeholder": _kind("placeholder left in", "Completeness", "placeholder blank-field broken-field"),
    "signature": _kind("missing signature or date", "Completeness, Compliance", "no-signature no-date"),
    "missing-part": _kind("missing part", "Completeness", "missing-part fragment empty-section"),
    "one-sided": _kind("one-sided condition", "Compliance", "one-sided uncapped"),
    "brand": _kind("brand without equivalent", "Competition", "brand"),
    "vague-award": _kind("vague award criteria", "Award criteria", "no-weights discretion award"),
    "split-purchase": _kind("split purchase", "Competition, Compliance", "split"),
}  # fmt: skip


def kind_of_rule(rule: str) -> str:
    """The kind of defect that a rule looks for; "" for wording, grammar and other subjects that no defect is seeded for."""
    return next((name for name, kind in KINDS.items() if rule.startswith(kind.rules)), "")
