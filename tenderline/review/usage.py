"""What paid models cost: noted with every task that used one, added up by day, and held against the day's budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import BudgetSpent
from tenderline.prices import cost_of, parse_prices
from tenderline.review.models import UsageRecord
from tenderline.review.reviewer import Usage
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext

DAY = 86_400
MILLION = 1_000_000
MODEL_CHARS = 200
TOKENS = tuple(field.name for field in fields(Usage))


@dataclass(frozen=True)
class DayUsage:
    """The tokens of one day (UTC; ``day`` is its first second) and their cost in millionths of a dollar.

    ``unpriced`` counts the requests of models whose prices are unknown: their cost is not in ``cost``.
    """

    day: int
    usage: Usage
    cost: int
    unpriced: int


class Spending:
    """The costs of one installation."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._prices = parse_prices(settings.ai_prices)

    @property
    def budget(self) -> int | None:
        """What may be spent in a day, in millionths of a dollar; None is no bound. Work of the built-in reviewer costs nothing."""
        given = self._settings.ai_daily_budget
        return None if given is None or self._settings.provider == "builtin" else round(given * MILLION)

    def spent(self, session: Session) -> int:
        """What all owners together have spent since midnight UTC, in millionths of a dollar."""
        now = self._database.now(session)
        return int(session.scalar(select(func.sum(UsageRecord.cost)).where(UsageRecord.created_at >= now - now % DAY)) or 0)

    def require(self, session: Session) -> None:
        """Raise ``BudgetSpent`` when nothing more may be begun today. What runs is left to finish."""
        if self.budget is None or (spent := self.spent(session)) < self.budget:
            return
        seconds = DAY - self._database.now(session) % DAY
        hours = seconds / 3600
        left = "less than an hour" if hours < 1 else f"about {hours:.0f} {'hour' if round(hours) == 1 else 'hours'}"
        raise BudgetSpent(
            f"Today's budget for Claude is spent: ${spent / MILLION:.2f} of ${self.budget / MILLION:.2f}.",
            hint=f"It starts anew at midnight UTC, in {left}. Or raise AI_DAILY_BUDGET, or set AI_PROVIDER=builtin, which costs nothing.",
            retry_after=seconds,
        )

    def check(self) -> None:
        """The same, on its own: before a task begins."""
        if self.budget is not None:
            with self._database.read() as session:
                self.require(session)

    @contextmanager
    def billed(self, context: TaskContext, operation: str, session_id: str, section_index: int | None = None) -> Iterator[Bill]:
        """Around the work of one task: what it used is noted also when it fails. When it succeeds, ``Bill.settle`` does so, in the
        transaction that ends the task."""
        bill = Bill(self, context, operation, session_id, section_index)
        try:
            yield bill
        except BaseException:
            if context.uses:
                with context.shield(), self._database.write() as session:
                    bill.settle(session)
            raise

    def record(self, session: Session, bill: Bill, uses: Sequence[tuple[str, Usage]]) -> None:
        """Note what a task used, one row for each model."""
        now = self._database.now(session)
        for model in dict.fromkeys(model for model, _ in uses):
            mine = [usage for used, usage in uses if used == model]
            costs = [cost_of(model, self._prices, **asdict(usage)) for usage in mine]
            tokens = {name: sum(getattr(usage, name) for usage in mine) for name in TOKENS}
            if any(tokens.values()):
                session.add(
                    UsageRecord(
                        owner=bill.context.owner,
                        session_id=bill.session_id,
                        task_id=bill.context.task_id,
                        operation=bill.operation,
                        model=model[:MODEL_CHARS],
                        created_at=now,
                        section_index=bill.section_index,
                        cost=None if None in costs else sum(cost for cost in costs if cost is not None),
                        **tokens,
                    )
                )

    def days(self, session: Session, owner: str, days: int) -> list[DayUsage]:
        """What an owner used on each of the last ``days`` days, today last; days without use included."""
        today = int(self._database.now(session)) // DAY
        day = func.floor(UsageRecord.created_at / DAY)
        sums = [func.sum(getattr(UsageRecord, name)) for name in TOKENS]
        unpriced = func.count().filter(UsageRecord.cost.is_(None))
        mine = (UsageRecord.owner == owner, UsageRecord.created_at >= (today - days + 1) * DAY)
        rows = session.execute(select(day, func.sum(UsageRecord.cost), unpriced, *sums).where(*mine).group_by(day))
        known = {int(number): (int(cost or 0), int(missing), [int(count) for count in counts]) for number, cost, missing, *counts in rows}
        found = []
        for number in range(today - days + 1, today + 1):
            cost, missing, counts = known.get(number, (0, 0, [0] * len(TOKENS)))
            found.append(DayUsage(number * DAY, Usage(**dict(zip(TOKENS, counts, strict=True))), cost, missing))
        return found


@dataclass
class Bill:
    """What one task used."""

    spending: Spending
    context: TaskContext
    operation: str
    session_id: str
    section_index: int | None

    def settle(self, session: Session, reviewer: str = "", usage: Usage | None = None) -> None:
        """Note what the task used: as it counted its model's answers, else as the reviewer says (``reviewer``, ``usage``)."""
        counted = [(model, Usage(**tokens)) for model, tokens in self.context.uses]
        self.spending.record(session, self, counted or ([(reviewer, usage)] if usage is not None else []))
