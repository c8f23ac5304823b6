"""All rules, in the order they run, under the words that progress shows."""

from __future__ import annotations

from functools import partial

from tenderline.review.builtin.linters import Linters
from tenderline.review.builtin.remark import RuleGroup
from tenderline.review.builtin.rules import (
    changes,
    competition,
    completeness,
    consistency,
    counts,
    criteria,
    dates,
    definitions,
    durations,
    events,
    evidence,
    leftovers,
    money,
    names,
    numbering,
    quantities,
    references,
    relations,
    shares,
    sides,
    splitting,
    steps,
    tables,
    terms,
    timetables,
    totals,
    units,
    wording,
)
from tenderline.review.builtin.rules.language import language


def rule_groups(linters: Linters) -> tuple[RuleGroup, ...]:
    """The rules by subject; those that need the language libraries come last, since they take longest."""
    return (
        RuleGroup("Checking dates", (dates.impossible_dates, dates.wrong_weekdays, dates.reversed_ranges, dates.mixed_numeric_dates)),
        RuleGroup("Checking deadlines and periods", (
            steps.order_of_steps, timetables.timetable_order,
            steps.step_given_twice, steps.short_period, events.event_order, durations.period_two_lengths,
            durations.period_and_dates,
        )),
        RuleGroup("Checking figures", (
            tables.wrong_column_totals, tables.wrong_line_totals, relations.wrong_relations,
            shares.shares_not_100, shares.points_not_total, totals.wrong_totals,
            totals.wrong_parts, changes.wrong_changes,
            totals.words_and_digits, counts.wrong_counts, money.reversed_amounts, money.missing_currency, money.second_currency,
            units.units_disagree,
        )),
        RuleGroup("Comparing figures and names across the document", (
            consistency.same_figure_two_ways, quantities.quantity_twice, names.misspelled_names, consistency.repeated_paragraphs,
        )),
        RuleGroup("Following references", (references.missing_targets, numbering.numbering_gaps)),
        RuleGroup("Checking abbreviations and terms", (
            definitions.undefined_acronyms, definitions.acronym_two_meanings, terms.term_two_meanings, terms.undefined_terms,
        )),
        RuleGroup("Looking for what was left open", (
            leftovers.placeholders, leftovers.broken_fields, leftovers.blank_fields, leftovers.hidden_characters,
            leftovers.words_to_machines,
        )),
        RuleGroup("Checking competition and award criteria", (
            competition.brands, competition.uncompeted, competition.turnover, splitting.just_below_threshold, splitting.divided_need,
            criteria.criteria_without_weights, criteria.discretion, criteria.uncapped_damages, criteria.one_sided_remedies,
            sides.one_sided,
        )),
        RuleGroup("Checking evidence and recommendations", (
            evidence.unsupported_allegations, evidence.hearsay, evidence.open_recommendations,
        )),
        RuleGroup("Looking for missing parts", (completeness.missing_parts, completeness.missing_signature, completeness.empty_sections)),
        RuleGroup("Checking wording", (wording.vague_words, wording.passive_voice, wording.long_sentences)),
        RuleGroup("Checking grammar and spelling", (partial(language, linters),)),
    )  # fmt: skip
