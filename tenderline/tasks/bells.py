"""The broker as seen from our side: ringing a bell through Celery, and asking whether anybody is there. Every wait is bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tenderline.settings import Settings
from tenderline.tasks.availability import PROBE_TIMEOUT, Probe
from tenderline.tasks.dispatcher import Bell, BellFailed, Ring
from tenderline.tasks.operation import Operation

if TYPE_CHECKING:
    from celery import Celery


def celery_ring(app: Celery, settings: Settings, operation: Callable[[str], Operation | None]) -> Ring:
    """A ring that publishes the task id on the operation's queue. Raises ``BellFailed`` within about half a second when it can't."""
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    def ring(bell: Bell) -> None:
        known = operation(bell.operation)
        soft = (known and known.soft_time_limit) or settings.celery_task_soft_time_limit
        hard = (known and known.time_limit) or settings.celery_task_time_limit
        try:
            app.send_task(
                bell.operation,
                args=[bell.task_id],
                task_id=bell.task_id,
                queue=bell.queue,
                soft_time_limit=soft,
                time_limit=hard,
                retry=False,
            )
        except (OperationalError, RedisError, RuntimeError, OSError) as error:
            raise BellFailed(type(error).__name__) from error

    return ring


def broker_probe(url: str) -> Probe:
    """A function that asks the broker at ``url`` whether it answers: ``PROBE_TIMEOUT`` for connecting, the same for the answer."""
    return _redis_probe(url) if url.startswith(("redis", "rediss", "unix")) else _connection_probe(url)


def _redis_probe(url: str) -> Probe:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis.from_url(
        url.replace("redis+socket://", "unix://", 1),
        socket_timeout=PROBE_TIMEOUT,
        socket_connect_timeout=PROBE_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        max_connections=2,
    )

    def probe() -> bool:
        try:
            return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    return probe


def _connection_probe(url: str) -> Probe:
    from kombu.connection import Connection

    def probe() -> bool:
        connection = Connection(url, connect_timeout=PROBE_TIMEOUT)
        try:
            connection.connect()
        except (*connection.connection_errors, OSError):
            return False
        finally:
            connection.release()
        return True

    return probe
