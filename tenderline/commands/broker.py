"""Whether the broker is well: asked from here, and as the live processes see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tenderline.commands.finding import BAD, LOOK, OK, Finding
from tenderline.settings import Settings
from tenderline.tasks.bells import broker_probe
from tenderline.tasks.models import Process

FULL = 0.9


def examine_broker(settings: Settings, live: Sequence[Process] | None) -> Iterator[Finding]:
    """Findings about the broker; ``live`` are the processes with a fresh heartbeat, None when they can't be known."""
    if not settings.broker_url:
        yield Finding(OK, "broker", "none is set: web processes do all work themselves")
        return
    scheme = settings.broker_url.partition("://")[0]
    if broker_probe(settings.broker_url)():
        yield Finding(OK, "broker", f"{scheme} answers")
        if scheme.startswith(("redis", "unix")):
            yield from _redis(settings.broker_url)
    else:
        stays = settings.task_executor == "celery"
        words = "tasks wait until it is back" if stays else "web processes work without it"
        yield Finding(
            BAD if stays else LOOK, "broker", f"{scheme} does not answer; {words}", "Start it, or mend REDIS_URL or CELERY_BROKER_URL."
        )
    blind = [process for process in live or () if process.broker == "none"]
    if blind:
        names = ", ".join(f"{process.kind} {process.host}:{process.pid}" for process in blind)
        yield Finding(LOOK, "broker", f"These use no broker: {names}", "Start all processes with the same settings.")


def _redis(url: str) -> Iterator[Finding]:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    address = url.replace("redis+socket://", "unix://", 1)
    client = redis.Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    try:
        memory: dict[str, Any] = client.info("memory")
    except (redis.RedisError, OSError) as error:
        yield Finding(LOOK, "broker", f"Redis says nothing of its memory ({type(error).__name__}).")
        return
    most, used = int(memory.get("maxmemory", 0)), int(memory.get("used_memory", 0))
    if most and memory.get("maxmemory_policy") != "noeviction":
        yield Finding(
            LOOK,
            "broker",
            f"Redis drops messages when its memory is full (maxmemory-policy {memory.get('maxmemory_policy')}).",
            "Nothing is lost, but tasks start late: set maxmemory-policy noeviction.",
        )
    if most and used > FULL * most:
        yield Finding(
            LOOK, "broker", f"Redis uses {used / most:.0%} of its memory.", "Raise maxmemory (REDIS_MAX_MEMORY), or see what fills it."
        )
