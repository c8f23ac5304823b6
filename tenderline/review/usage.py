"""What paid models cost: noted with every task that used one, added up by day, and held against the day's budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields

from sqlalchemy import ColumnElement, delete, func, select
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
HELD = "(held)"
"""In the place of a model's name: what a task that is under way may come to, until its bill is settled."""
HOLD_SECONDS = 900.0
"""After that a task whose bill was never settled is taken for lost."""
FIRST_HOLD = 20_000
"""What a task is taken to cost, in millionths of a dollar, while nothing is known of its kind."""
LAST_BILLS = 20
HELD_RETRY = 30.0
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
        return _total(session, UsageRecord.model != HELD, UsageRecord.created_at >= now - now % DAY)

    def held(self, session: Session) -> int:
        """What the tasks under way may come to, in millionths of a dollar."""
        return _total(session, UsageRecord.model == HELD, UsageRecord.created_at > self._database.now(session) - HOLD_SECONDS)

    def require(self, session: Session) -> None:
        """Raise ``BudgetSpent`` when nothing more may be begun: today's budget is spent, or work under way may need the rest of it.

        What runs is left to finish, so a budget is passed by no more than one task, as far as tasks cost what those before them did.
        """
        if self.budget is None:
            return
        spent = self.spent(session)
        if spent + self.held(session) < self.budget:
            return
        if spent < self.budget:
            said = f"${spent / MILLION:.2f} of ${self.budget / MILLION:.2f} are spent, and the rest is kept for work under way"
            raise BudgetSpent(f"Of today's budget for Claude, {said}.", hint="Try again when that is done.", retry_after=HELD_RETRY)
        seconds = DAY - self._database.now(session) % DAY
        hours = seconds / 3600
        left = "less than an hour" if hours < 1 else f"about {hours:.0f} {'hour' if round(hours) == 1 else 'hours'}"
        raise BudgetSpent(
            f"Today's budget for Claude is spent: ${spent / MILLION:.2f} of ${self.budget / MILLION:.2f}.",
            hint=f"It starts anew at midnight UTC, in {left}. Or raise AI_DAILY_BUDGET, or set AI_PROVIDER=builtin, which costs nothing.",
            retry_after=seconds,
        )

    @contextmanager
    def billed(self, context: TaskContext, operation: str, session_id: str, section_index: int | None = None) -> Iterator[Bill]:
        """Around the work of one task: what it may cost is held until its bill is settled, and what it used is noted also when it fails.

        When it succeeds, ``Bill.settle`` does so, in the transaction that ends the task. Raises ``BudgetSpent`` as ``require`` does.
        """
        bill = Bill(self, context, operation, session_id, section_index)
        if self.budget is not None:
            self._hold(bill)
        try:
            yield bill
        except BaseException:
            if context.uses or self.budget is not None:
                with context.shield(), self._database.write() as session:
                    bill.settle(session)
            raise

    def _hold(self, bill: Bill) -> None:
        with self._database.write() as session:
            self.release(session, bill.context.task_id)
            self.require(session)
            tokens = dict.fromkeys(TOKENS, 0)
            session.add(_row(bill, HELD, self._database.now(session), self._likely(session, bill.operation), tokens))

    def _likely(self, session: Session, operation: str) -> int:
        """What a task of this kind cost of late, in the mean, in millionths of a dollar."""
        kind = (UsageRecord.operation == operation, UsageRecord.model != HELD, UsageRecord.cost.is_not(None))
        last = select(UsageRecord.cost).where(*kind).order_by(UsageRecord.id.desc()).limit(LAST_BILLS).subquery()
        mean = session.scalar(select(func.avg(last.c.cost)))
        return FIRST_HOLD if mean is None else round(mean)

    def release(self, session: Session, task_id: str) -> None:
        """Hold nothing for this task any more."""
        session.execute(delete(UsageRecord).where(UsageRecord.task_id == task_id, UsageRecord.model == HELD))

    def record(self, session: Session, bill: Bill, uses: Sequence[tuple[str, Usage]]) -> None:
        """Note what a task used, one row for each model."""
        now = self._database.now(session)
        for model in dict.fromkeys(model for model, _ in uses):
            mine = [usage for used, usage in uses if used == model]
            costs = [cost_of(model, self._prices, **asdict(usage)) for usage in mine]
            tokens = {name: sum(getattr(usage, name) for usage in mine) for name in TOKENS}
            if any(tokens.values()):
                cost = None if None in costs else sum(cost for cost in costs if cost is not None)
                session.add(_row(bill, model[:MODEL_CHARS], now, cost, tokens))

    def days(self, session: Session, owner: str, days: int) -> list[DayUsage]:
        """What an owner used on each of the last ``days`` days, today last; days without use included."""
        today = int(self._database.now(session)) // DAY
        day = func.floor(UsageRecord.created_at / DAY)
        sums = [func.sum(getattr(UsageRecord, name)) for name in TOKENS]
        unpriced = func.count().filter(UsageRecord.cost.is_(None))
        mine = (UsageRecord.owner == owner, UsageRecord.model != HELD, UsageRecord.created_at >= (today - days + 1) * DAY)
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
        if self.spending.budget is not None:
            self.spending.release(session, self.context.task_id)
        counted = [(model, Usage(**tokens)) for model, tokens in self.context.uses]
        self.spending.record(session, self, counted or ([(reviewer, usage)] if usage is not None else []))


def _total(session: Session, *which: ColumnElement[bool]) -> int:
    return int(session.scalar(select(func.sum(UsageRecord.cost)).where(*which)) or 0)


def _row(bill: Bill, model: str, now: float, cost: int | None, tokens: dict[str, int]) -> UsageRecord:
    return UsageRecord(
        owner=bill.context.owner,
        session_id=bill.session_id,
        task_id=bill.context.task_id,
        operation=bill.operation,
        model=model,
        created_at=now,
        section_index=bill.section_index,
        cost=cost,
        **tokens,
    )
