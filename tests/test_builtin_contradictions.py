"""Rules of the built-in reviewer for what contradicts itself: units, counted things, numbering, the order of events, terms."""

from __future__ import annotations

import pytest

from tenderline.review.builtin.rules import events, numbering, quantities, terms, units
from tests.builtin_documents import told


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("The licence lasts 18 months (2 years).", ["18 months (2 years)"]),
        ("The licence lasts 24 months (2 years).", []),
        ("The reservoir takes 12 m³, i.e. 1,200 litres.", ["12 m³, i.e. 1,200 litres"]),
        ("The reservoir takes 12 m³, i.e. 12,000 litres.", []),
        ("A pole has a height of 45 kg.", ["45 kg"]),
        ("A pole has a height of 4.5 m and a weight of 45 kg.", []),
        ("The road is 27 km long, and all 27 miles of it are paved.", ["27 miles"]),
        ("The road is 27 km long; 27 m of it are a bridge.", ["27 m"]),
        ("Choose a lease of 12 months or 2 years.", []),
        ("The reply takes 5 days, the appeal 6 weeks.", []),
        ("A pallet weighs about 1 ton (2,000 lb).", []),
    ],
)
def test_two_units_of_one_quantity_must_agree(text: str, quotes: list[str]) -> None:
    assert told(units.units_disagree, text) == quotes


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("The agency runs 38 clinics. A nurse visits all 36 clinics each week.", ["36 clinics"]),
        ("The agency runs 38 clinics. A nurse visits all 38 clinics each week.", []),
        ("It has 12 trucks and rents 5 trucks more. The 17 trucks are insured.", []),
        ("It had 20 trucks, of which 4 trucks were sold. The 16 trucks left are insured.", []),
        ("Twelve wells were drilled. The samples of the ten wells were clean.", ["ten wells"]),
        ("The first 10 invoices were paid. The 45 invoices of May were not.", []),
        ("Bids were due in 30 days. The 45 days for the award began then.", []),
    ],
)
def test_things_that_were_counted_keep_their_number(text: str, quotes: list[str]) -> None:
    assert told(quantities.quantity_twice, text) == quotes


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("1. Tools\n2. Oil\n4. Filters\n5. Belts", ["4. Filters"]),
        ("1. Tools\n2. Oil\n3. Filters", []),
        ("(a) tools;\n(b) oil;\n(b) filters;", ["(b) filters;"]),
        ("6.1 The buyer inspects.\n6.2 The buyer accepts.\n6.5 The buyer pays.", ["6.5 The buyer pays."]),
        ("6.1 The buyer inspects.\n\n6.2 The buyer accepts.\n\n7.1 The buyer pays.", []),
        ("1. Tools\n2. Oil\n\nAnd then:\n\n1. Filters\n2. Belts", []),
        ("3. Filters\n4. Belts", []),
        ("  (a) tools;\n  (b) oil, which is\n      the best;\n  (c) filters;", []),
        (" iv. tools;\n  v. oil;\n vi. filters;", []),
        ("(h) tools;\n(i) oil;\n(j) filters;", []),
    ],
)
def test_a_series_of_numbers_has_no_gap(text: str, quotes: list[str]) -> None:
    assert told(numbering.numbering_gaps, text) == quotes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The generator was ordered on 9 May 2024 and delivered on 2 April 2024.", 1),
        ("The generator was ordered on 2 April 2024 and delivered on 9 May 2024.", 0),
        ("The bill was paid on 3 June 2024, though the invoice was issued on 11 June 2024.", 1),
        ("The advance was paid on 3 June 2024; the invoice was issued on 11 June 2024.", 0),
        ("Works started on 8 July 2024 and were completed on 1 July 2024.", 1),
        ("The site was closed on 1 July 2024. Works started on 8 July 2024.", 0),
        ("The open procedure was advertised on 3 June 2024 and the closing date was 7 June 2024.", 1),
        ("Quotations: published on 3 June 2024, closing date 7 June 2024.", 0),
    ],
)
def test_events_of_one_sentence_come_in_an_order_that_can_be(text: str, count: int) -> None:
    assert len(told(events.event_order, text)) == count


def test_a_term_has_one_definition() -> None:
    first = "“Site” means the land shown on the plan. "
    assert told(terms.term_two_meanings, first + "“Site” means the workshop of the supplier.") == [
        "“Site” means the workshop of the supplier"
    ]
    assert told(terms.term_two_meanings, first + "As said, “Site” means the land shown on that plan.") == []


def test_a_contract_that_defines_its_terms_defines_them_all() -> None:
    defined = "“Goods” means the pumps. “Depot” means the store in Milbrook. "
    used = "The Acceptance Certificate is issued in a week. Payment follows the Acceptance Certificate."
    assert told(terms.undefined_terms, defined + used, kind="contract") == ["Acceptance Certificate"]
    assert told(terms.undefined_terms, used, kind="contract") == []
    assert told(terms.undefined_terms, defined + "“Acceptance Certificate” means the form in use. " + used, kind="contract") == []
