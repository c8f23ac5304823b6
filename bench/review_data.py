"""A tender document of many sections, the same for the same seed: sound prose with a defect here and there."""

from __future__ import annotations

import random

SEED = 20261130
SECTIONS = 100
PARAGRAPHS = 4

_SUBJECTS = ("The contractor", "The buyer", "The supplier", "Each tenderer", "The project manager", "The evaluation committee")
_DUTIES = (
    "submits a written report on the work that was done", "keeps the records of all deliveries", "answers every question in writing",
    "checks the goods at the place of delivery", "names a person who can be reached on working days",
    "replaces what does not meet the specification", "pays the invoice after acceptance", "stores the goods dry and safe",
)  # fmt: skip
_TIMES = ("within {days} days of the order", "at the latest on {date}", "before the end of each month", "once the delivery is complete")
_MORE = (
    "The cost of this is part of the price, which is EUR {amount:,} without tax.", "Section {section} says how this is documented.",
    "Work of this kind takes place between 08:00 and 16:00 on working days.",
    "A share of {share} % is kept until the defects are mended.", "Both parties sign the record on the same day.",
    "The records are kept for {days} months and shown on request.",
)  # fmt: skip
_DEFECTS = (
    "The last day for this is 31 April 2027.", "The total of EUR 1,200 and EUR 1,300 is EUR 2,600.", "See Annex Z for the form.",
    "The supplier must must deliver as soon as possible.", "The deadline is [insert date].", "There are three reasons: cost and time.",
)  # fmt: skip
_MONTHS = ("January", "March", "May", "July", "August", "October")


def document(sections: int = SECTIONS, seed: int = SEED) -> str:
    """Markdown of about 250 words a section."""
    chance = random.Random(seed)
    return "".join(_section(chance, number, sections) for number in range(1, sections + 1))


def _section(chance: random.Random, number: int, sections: int) -> str:
    paragraphs = [" ".join(_sentence(chance, sections) for _ in range(5)) for _ in range(PARAGRAPHS)]
    if number % 3 == 1:
        paragraphs.append(chance.choice(_DEFECTS))
    return f"# {number} {chance.choice(('Duties', 'Delivery', 'Records', 'Payment', 'Checks', 'Notices'))} {number}\n\n" + "\n\n".join(
        [*paragraphs, ""]
    )


def _sentence(chance: random.Random, sections: int) -> str:
    if chance.random() < 0.35:
        more = chance.choice(_MORE)
        return more.format(
            amount=chance.randrange(10, 900) * 100,
            section=chance.randrange(1, sections + 1),
            share=chance.randrange(1, 20),
            days=chance.randrange(5, 60),
        )
    when = chance.choice(_TIMES).format(
        days=chance.randrange(5, 60), date=f"{chance.randrange(1, 29)} {chance.choice(_MONTHS)} {chance.randrange(2027, 2030)}"
    )
    return f"{chance.choice(_SUBJECTS)} {chance.choice(_DUTIES)} {when}."
