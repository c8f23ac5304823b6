"""When a failed task is tried again: one policy for every executor."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tenderline.settings import Settings


@dataclass(frozen=True)
class RetryPolicy:
    """``max(retry_after, exponential with jitter)``, capped, for a bounded number of attempts.

    Attributes:
        attempts: starts in all, the first included.
        base: seconds before the second attempt, doubled for each further one.
        maximum: no own wait is longer; a service's retry_after is honoured up to ten times this.
    """

    attempts: int
    base: float
    maximum: float

    @classmethod
    def of(cls, settings: Settings) -> RetryPolicy:
        return cls(settings.retry_attempts, settings.retry_base, settings.retry_max)

    def wait(self, failures: int, retry_after: float | None) -> float | None:
        """Seconds until the next attempt after ``failures`` failed ones (from 1), or None when there is none left."""
        if failures >= self.attempts:
            return None
        exponential = min(self.maximum, self.base * 2.0 ** (failures - 1))
        jittered = exponential * random.uniform(0.75, 1.25)  # noqa: S311 (spreads load, guards nothing)
        return max(min(retry_after or 0.0, self.maximum * 10), jittered)
