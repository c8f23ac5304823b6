"""The Celery app: broker, queues, time limits, periodic schedule. Every failure of the broker is bounded (see docs/architecture.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from celery import Celery
from celery.schedules import crontab
from kombu.entity import Exchange, Queue

from tenderline.settings import QUEUES, Settings
from tenderline.tasks.schedule import Entry

SCHEDULE: dict[str, tuple[str, crontab]] = {
    "cleanup_sessions": ("cleanup_sessions", crontab(minute=30, hour=2)),
    "compact_register": ("compact_register", crontab(minute=10)),
    "clean_register": ("clean_register", crontab(minute=40)),
    "check_register": ("check_register", crontab(minute=30, hour=3)),
}
"""The periodic tasks: name -> (operation, when, UTC). The keepers start them, and so does Celery beat where it runs; never both."""

START_PERIODIC = "start_periodic"
BROKER_TIMEOUT = 0.5
"""Seconds to connect, and to wait for an answer. Publishing to a dead broker takes no longer."""

AMQP_HEARTBEAT = 10
"""Seconds within which a worker notices that an AMQP broker has gone without a word."""

CHILD_STARTS_WITHIN = 120.0
"""Seconds after which a pool child that has not become ready is killed. Celery's own 4 are too few on a busy machine: there it killed each
child and its successor while they were still starting, and the worker never worked again."""


def create_celery(settings: Settings) -> Celery:
    """The app of this process. Without a broker it can't publish; nothing is connected here."""
    app = Celery("tenderline", broker=settings.broker_url or "memory://", set_as_current=False)
    app.conf.update(
        task_queues=[Queue(name, Exchange("tenderline"), routing_key=name) for name in QUEUES],
        task_default_exchange="tenderline",
        task_default_routing_key="analysis",
        task_default_queue="analysis",
        task_create_missing_queues=False,
        # The ledger holds state and results: the broker only carries ids.
        task_ignore_result=True,
        result_backend=None,
        task_serializer="json",
        accept_content=["json"],
        # A message is acknowledged late, so that nothing is prefetched; the ledger recovers what is lost, not the broker.
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_proc_alive_timeout=CHILD_STARTS_WITHIN,
        task_soft_time_limit=settings.celery_task_soft_time_limit,
        task_time_limit=settings.celery_task_time_limit,
        # Both halves are needed to bound a failure: the transport's and the publisher's.
        broker_transport_options=_transport_options(settings.broker_url),
        broker_connection_timeout=BROKER_TIMEOUT,
        broker_heartbeat=AMQP_HEARTBEAT,
        task_default_delivery_mode="transient",  # a bell need not outlive its broker, and no broker need wait for its disk
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_publish_retry=False,
        redis_socket_timeout=BROKER_TIMEOUT,
        redis_socket_connect_timeout=BROKER_TIMEOUT,
        redis_retry_on_timeout=False,
        result_backend_transport_options={"retry_policy": {"max_retries": 0}},
        worker_consumer="tenderline.tasks.celery_worker:Consumer",
        worker_hijack_root_logger=False,
        worker_send_task_events=True,
        beat_schedule_filename=str(settings.data_dir / "celerybeat-schedule"),
        timezone="UTC",
        beat_schedule={
            name: {"task": START_PERIODIC, "schedule": when, "options": {"queue": "upkeep"}} for name, (_, when) in SCHEDULE.items()
        },
    )
    return app


def schedule_entries() -> list[Entry]:
    """The periodic tasks, for whoever starts them."""
    return [Entry(name, operation, partial(_following, when)) for name, (operation, when) in SCHEDULE.items()]


def _following(when: crontab, moment: datetime) -> datetime:
    last, wait, _ = when.remaining_delta(moment, tz=UTC)
    following: datetime = last + wait
    return following


def _transport_options(url: str) -> dict[str, float]:
    retries = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    if url.startswith(("redis", "rediss")):
        # Redis need not keep who took which bell, two more questions a task: the ledger knows.
        return {**retries, "socket_timeout": BROKER_TIMEOUT, "socket_connect_timeout": BROKER_TIMEOUT, "ack_emulation": False}
    return {"max_retries": 0, "connect_timeout": BROKER_TIMEOUT}
