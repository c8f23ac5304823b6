"""Login attempts, counted in the database so that the limit holds over all processes."""

from __future__ import annotations

import ipaddress

from sqlalchemy import BigInteger, Double, Index, Integer, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from tenderline.database import Base, Database
from tenderline.errors import RateLimited

WINDOW = 300.0
PER_ADDRESS = 10
OVERALL = 100


class LoginAttempt(Base):
    """One try at the password that has not succeeded (yet)."""

    __tablename__ = "login_attempts"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    address: Mapped[str] = mapped_column(String(64))
    attempted_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_login_attempts_window", "attempted_at"),)


def network(address: str | None) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that one IPv6 subscriber has to himself."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class LoginLimiter:
    """At most ``PER_ADDRESS`` failed tries per caller and ``OVERALL`` by everybody in any ``WINDOW`` seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def attempt(self, address: str | None) -> None:
        """Count a try; call before the password is looked at. Raises ``RateLimited`` when there were too many.

        The try is committed before it is counted: however many arrive at once, each is seen by those that are let through after it.
        """
        caller = network(address)
        with self._database.write() as session:
            now = self._database.now(session)
            session.execute(delete(LoginAttempt).where(LoginAttempt.attempted_at < now - WINDOW))
            row = LoginAttempt(address=caller, attempted_at=now)
            session.add(row)
            session.flush()
            mine = row.id
        with self._database.read() as session:
            times = select(LoginAttempt.attempted_at).where(LoginAttempt.attempted_at >= now - WINDOW).order_by(LoginAttempt.attempted_at)
            own = list(session.scalars(times.where(LoginAttempt.address == caller)))
            total = session.scalar(select(func.count()).select_from(times.subquery())) or 0
            oldest = session.scalars(times.limit(1)).first()
        if len(own) <= PER_ADDRESS and total <= OVERALL:
            return
        with self._database.write() as session:  # a refused try tested no password: it must not prolong the wait
            session.execute(delete(LoginAttempt).where(LoginAttempt.id == mine))
        first = own[0] if len(own) > PER_ADDRESS else (oldest if oldest is not None else now)
        raise RateLimited(
            "Too many wrong passwords.", hint="Wait a few minutes, then try again.", retry_after=max(1.0, first + WINDOW - now)
        )

    def succeeded(self, address: str | None) -> None:
        """Forget the caller's failed tries: the password was right."""
        with self._database.write() as session:
            session.execute(delete(LoginAttempt).where(LoginAttempt.address == network(address)))
