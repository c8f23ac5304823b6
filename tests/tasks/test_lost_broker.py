"""What the worker's parent does with a connection that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from kombu import Consumer as MessageConsumer

from celery_config import create_celery
from tenderline.settings import Settings
from tenderline.tasks.celery_worker import Consumer
from tests.services import Redis

pytestmark = pytest.mark.redis


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
            connection.drain_events(timeout=2)
        redis.kill()

        def cut_short(**_: object) -> None:
            """What a first try to close it can leave: the transport has let go of it, the channel is still open."""
            connection.transport.client = None

        connection.collect = cut_short
        consumer = object.__new__(Consumer)
        consumer.app, consumer.connection = app, connection
        consumer.on_connection_error_after_connected(ConnectionError())
    assert consumer.connection is None
