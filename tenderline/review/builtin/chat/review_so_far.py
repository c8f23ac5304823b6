"""Questions about the review itself, answered by counting: which findings there are and what was decided about them."""

from __future__ import annotations

import re
from collections import Counter

from tenderline.review.reviewer import KnownFinding

MOST_LISTED = 5

_STATE = r"(?:accepted|rejected|undecided|pending|so far|(?:high|medium|low)(?:est)?[- ]risk|decided)"
# A report speaks of findings of its own: only words about the review make a question one about it.
_ABOUT_REVIEW = re.compile(
    rf"\b(?:findings?|remarks?)\b.{{0,60}}\b(?:{_STATE}|(?:the|this|my|our) review(?:er)?|you (?:have|found|make|made))\b"
    rf"|\b(?:{_STATE}|(?:the|this|my|our) review(?:er)?(?:'s|’s)?)\b.{{0,40}}\b(?:findings?|remarks?)\b"
    r"|\b(?:what|which|how many)\b.{0,40}\b(?:did|have) (?:i|we|you)\b.{0,20}\b(?:accept|reject|decid|find|found)",
    re.IGNORECASE,
)
_DECISIONS = {
    "accepted": re.compile(r"\baccept", re.IGNORECASE),
    "rejected": re.compile(r"\breject", re.IGNORECASE),
    "pending": re.compile(r"\b(?:undecided|open|pending|left|to decide|not decided)\b", re.IGNORECASE),
}
_RISKS = {risk: re.compile(rf"\b{risk}(?:est)?\b", re.IGNORECASE) for risk in ("High", "Medium", "Low")}
_WORDS = {"accepted": "accepted", "rejected": "rejected", "pending": "undecided"}


def is_about_review(question: str) -> bool:
    """Whether somebody asks about the review and not about the document."""
    return bool(_ABOUT_REVIEW.search(question))


def review_answer(question: str, findings: tuple[KnownFinding, ...]) -> str:
    """How many findings fit the question, and the first of them."""
    if not findings:
        return "Nothing was found in this document so far. Sections that were not analysed yet have no findings."
    wanted = [finding for finding in findings if _fits(question, finding)]
    decisions = Counter(finding.decision for finding in findings)
    states = ", ".join(f"{decisions[name]} {word}" for name, word in _WORDS.items() if decisions[name])
    lines = [f"The review has {_many(len(findings))} so far: {states}."]
    if len(wanted) < len(findings):
        lines.append(f"{_many(len(wanted)).capitalize()} fit{'s' if len(wanted) == 1 else ''} the question.")
    for finding in wanted[:MOST_LISTED]:
        where = f"“{finding.section}”" if finding.section else "the whole document"
        lines.append(f"{finding.risk_level} risk, {where}, {_WORDS.get(finding.decision, finding.decision)}: {finding.description}")
    if len(wanted) > MOST_LISTED:
        lines.append(f"And {len(wanted) - MOST_LISTED} more; the list of findings shows them all.")
    return "\n\n".join(lines)


def _fits(question: str, finding: KnownFinding) -> bool:
    decisions = [name for name, pattern in _DECISIONS.items() if pattern.search(question)]
    risks = [risk for risk, pattern in _RISKS.items() if pattern.search(question)]
    return (not decisions or finding.decision in decisions) and (not risks or finding.risk_level in risks)


def _many(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"
