"""``make bench ARGS=reviewer``: precision, recall and false findings of the built-in reviewer, on each set of templates.

``python -m bench.reviewer.run tuned`` also prints what was missed and what was false. Rules are tuned on that set only.
"""

from __future__ import annotations

import sys

from bench.measure import Line
from bench.reviewer.generate import make
from bench.reviewer.kinds import KINDS
from bench.reviewer.score import Score, score
from bench.reviewer.templates import load
from bench.reviewer.written import load as load_written
from tenderline.review.builtin import BuiltinReviewer
from tenderline.settings import Settings

SETS = {"tuned": 20_261, "second": 77_003, "held_out": 90_417, "last": 31_338}
"""The seed of each set of templates."""
WRITTEN = ("countries", "unseen")
"""The sets whose documents were written whole."""
SEEDED, CLEAN = 60, 20
LEAST_PRECISION, LEAST_RECALL, MOST_FALSE = 0.85, 0.6, 0.3


def measure(name: str, reviewer: BuiltinReviewer, seeded: int = SEEDED, clean: int = CLEAN) -> Score:
    """Make the documents of a set and review them; those of a written set are as many as there are."""
    return score(reviewer, load_written(name) if name in WRITTEN else make(load(name), SETS[name], seeded, clean))


def run() -> list[Line]:
    """All figures; the tables by kind are printed on the way."""
    reviewer = _reviewer()
    lines = []
    for name in (*SETS, *WRITTEN):
        result = measure(name, reviewer)
        show_kinds(name, result)
        total = result.total
        lines += [
            Line(f"{name}: precision", total.precision, "", least=LEAST_PRECISION),
            Line(f"{name}: recall", total.recall, "", least=LEAST_RECALL),
            Line(f"{name}: false findings per clean page", result.false_per_clean_page, "", MOST_FALSE),
            Line(f"{name}: processor time per page", 1000 * result.cpu_seconds / result.all_pages, "ms"),
        ]
    return lines


def show_kinds(name: str, result: Score) -> None:
    """Print precision and recall by kind."""
    print(f"\nThe built-in reviewer on the {name} set: {result.all_pages:.0f} pages, {result.total.defects} defects")
    print(f"  {'kind of defect':<40}{'defects':>8}{'found':>7}{'recall':>8}{'right':>7}{'false':>7}{'precision':>11}")
    for kind, tally in [
        *((KINDS[kind].name, result.kinds[kind]) for kind in KINDS),
        ("other rules", result.kinds[""]),
        ("all", result.total),
    ]:
        precision = f"{tally.precision:.2f}" if tally.right + tally.wrong else "-"
        recall = f"{tally.recall:.2f}" if tally.defects else "-"
        print(f"  {kind:<40}{tally.defects:>8}{tally.hit:>7}{recall:>8}{tally.right:>7}{tally.wrong:>7}{precision:>11}", flush=True)


def _reviewer() -> BuiltinReviewer:
    reviewer = BuiltinReviewer(Settings(_env_file=None))
    reviewer.warm()
    return reviewer


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ["tuned"]:
        outcome = measure(chosen, _reviewer())
        show_kinds(chosen, outcome)
        print(
            f"  false findings per clean page: {outcome.false_per_clean_page:.2f} ({outcome.false_on_clean} on {outcome.pages:.0f} pages)"
        )
        print(f"  processor time per page: {1000 * outcome.cpu_seconds / outcome.all_pages:.0f} ms")
        for title, entries in (("Missed", outcome.misses), ("False", outcome.false)):
            print(f"\n{title}:", *(f"\n  {document}: {what}" for document, what in sorted(entries, key=lambda entry: entry[1])), sep="")
