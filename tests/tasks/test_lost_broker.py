"""What becomes of connections to a broker that has gone: the worker's, and the one over which bells are rung."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Consumer as MessageConsumer

from celery_config import create_celery
from tenderline.settings import Settings
from tenderline.tasks.bells import celery_ring
from tenderline.tasks.celery_worker import Consumer
from tenderline.tasks.dispatcher import Bell
from tests.brokers import Broker, make_broker, needs_redis
from tests.services import Redis

pytestmark = pytest.mark.redis


@needs_redis  # only there kombu puts messages back by itself
def test_a_half_closed_connection_with_an_unacknowledged_message_does_not_end_the_worker(tmp_path: Path) -> None:
    redis = Redis(tmp_path)
    redis.start()
    with create_celery(Settings(_env_file=None, data_dir=tmp_path, redis_url=redis.url)) as app:
        app.conf.worker_enable_prefetch_count_reduction = False
        app.send_task("echo", args=["id"], queue="analysis")
        connection = app.connection_for_read()
        heard: list[object] = []
        MessageConsumer(connection.default_channel, [app.amqp.queues["analysis"]], on_message=heard.append).consume()
        while not heard:
            connection.drain_events(timeout=30)
        redis.kill()

        def cut_short(**_: object) -> None:
            """What a first try to close it can leave: the transport has let go of it, the channel is still open."""
            connection.transport.client = None

        connection.collect = cut_short
        consumer = object.__new__(Consumer)
        consumer.app, consumer.connection = app, connection
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nor is anybody told of what Celery 6 will do
            consumer.on_connection_error_after_connected(ConnectionError())
    assert consumer.connection is None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = make_broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


def test_the_first_bell_after_the_broker_was_started_again_is_taken(tmp_path: Path, broker: Broker) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, celery_broker_url=broker.url)
    with create_celery(settings) as app:
        ring = celery_ring(app, settings, lambda name: None)
        ring([Bell("first", "echo", "analysis")])
        broker.kill()
        broker.start()
        ring([Bell("second", "echo", "analysis")])
    assert broker.waiting("analysis") == 1
