"""The broker as seen from our side: ringing a bell through Celery, and asking whether anybody is there. Every wait is bounded."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from celery_config import BROKER_TIMEOUT
from tenderline.settings import Settings
from tenderline.tasks.availability import PROBE_TIMEOUT, Probe
from tenderline.tasks.dispatcher import Bell, BellFailed, Ring
from tenderline.tasks.operation import Operation

if TYPE_CHECKING:
    from celery import Celery


def celery_ring(app: Celery, settings: Settings, operation: Callable[[str], Operation | None]) -> Ring:
    """A ring that publishes task ids on their operations' queues. Raises ``BellFailed`` within about half a second when it can't.

    Over Redis they leave together, in one round trip. Over AMQP the broker confirms each: a publish alone returns before anybody has read
    it, also when nobody ever will.
    """
    from kombu.exceptions import BatchPublishError, OperationalError
    from redis.exceptions import RedisError

    amqp = not _speaks_redis(settings.broker_url)
    if amqp:
        app.conf.broker_transport_options = {**app.conf.broker_transport_options, "confirm_publish": True}

    def publish(producer: Any, bell: Bell) -> None:
        known = operation(bell.operation)
        soft = (known and known.soft_time_limit) or settings.celery_task_soft_time_limit
        hard = (known and known.time_limit) or settings.celery_task_time_limit
        # What ``send_task`` does after it has looked for routes, options and parents, of which a bell has none.
        shown = {"argsrepr": repr([bell.task_id]), "kwargsrepr": "{}"}
        message = app.amqp.as_task_v2(bell.task_id, bell.operation, [bell.task_id], soft_time_limit=soft, time_limit=hard, **shown)
        # Redis makes a queue of whatever it is given.
        own = {"declare": [app.amqp.queues[bell.queue]], "confirm_timeout": BROKER_TIMEOUT} if amqp else {}
        how = {"serializer": "json", "delivery_mode": "transient", "headers": message.headers, **message.properties}
        producer.publish(message.body, routing_key=bell.queue, exchange="", **how, **own)

    def ring(bells: Sequence[Bell]) -> None:
        confirmed = 0
        try:
            acquired = app.producer_pool.acquire(block=True, timeout=BROKER_TIMEOUT)
            with acquired as producer, _bounded(producer) if amqp else producer.batch():
                for bell in bells:
                    publish(producer, bell)
                    confirmed += amqp
        except (BatchPublishError, OperationalError, RedisError, RuntimeError, OSError) as error:
            raise BellFailed(type(error.__cause__ or error).__name__, bells[confirmed:]) from error

    return ring


def broker_probe(url: str) -> Probe:
    """A function that asks the broker at ``url`` whether it answers: ``PROBE_TIMEOUT`` for connecting, the same for the answer."""
    return _redis_probe(url) if _speaks_redis(url) else _amqp_probe(url)


def _speaks_redis(url: str) -> bool:
    return url.startswith(("redis", "rediss", "unix"))


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


def _amqp_probe(url: str) -> Probe:
    from amqp import Message
    from kombu.connection import Connection

    def probe() -> bool:
        connection = Connection(url, connect_timeout=PROBE_TIMEOUT, transport_options={"confirm_publish": True})
        try:
            opened = connection.transport.establish_connection()  # once: ``connect`` would pause for 2 s and try again
            try:
                with opened.transport.having_timeout(PROBE_TIMEOUT):
                    # To nobody. A broker that is out of memory or disk accepts connections, but answers no message.
                    opened.channel().basic_publish(Message("?"), routing_key="tenderline.probe", confirm_timeout=PROBE_TIMEOUT)
            finally:
                opened.collect()
        except (*connection.connection_errors, *connection.channel_errors, OSError):
            return False
        return True

    return probe


@contextmanager
def _bounded(producer: Any) -> Iterator[None]:
    """Within it every answer of an AMQP broker is waited for ``BROKER_TIMEOUT`` at most; a connection that failed is not used again, nor is
    one whose broker has gone since, perhaps to be started again."""
    from kombu.exceptions import OperationalError

    connection = producer.connection
    failures = (OperationalError, *connection.connection_errors, *connection.channel_errors, OSError)
    try:
        opened = connection.default_channel.connection
        if _has_ended(opened.sock):
            opened.collect()
            opened = connection.default_channel.connection
    except failures as error:
        raise ConnectionError(type(error).__name__) from error
    try:
        with opened.transport.having_timeout(BROKER_TIMEOUT):
            yield
    except failures as error:
        opened.collect()  # without a word: to say goodbye would wait for an answer
        raise ConnectionError(type(error).__name__) from error


def _has_ended(idle: socket.socket) -> bool:
    """Whether something has come over an idle connection: a broker that isn't asked speaks only when it ends it."""
    poll = select.poll()
    poll.register(idle, select.POLLIN)
    return bool(poll.poll(0))
