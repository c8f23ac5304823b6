"""Which broker the tests of the task system use: Redis, or with ``TEST_BROKER=rabbitmq`` a real RabbitMQ server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Protocol

import pytest

from tests.servers import free_port
from tests.services import Redis, kill_tree, signal_tree, wait_for

RABBITMQ = os.environ.get("TEST_BROKER", "redis") == "rabbitmq"
needs_redis = pytest.mark.skipif(RABBITMQ, reason="about Redis only")


class Broker(Protocol):
    """A broker that tests may break."""

    url: str

    @property
    def running(self) -> bool: ...
    def start(self) -> None: ...
    def kill(self) -> None:
        """kill -9; what it knew is lost."""

    def forget(self) -> None:
        """Lose all messages and go on."""

    def waiting(self, queue: str) -> int:
        """How many messages of a queue nobody has taken."""
        ...

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None: ...


def make_broker(folder: Path) -> Broker:
    """The broker of this test run, not started yet."""
    return RabbitMQ() if RABBITMQ else Redis(folder)


def broker_environment(broker: Broker) -> dict[str, str]:
    """The setting that names the broker."""
    return {"CELERY_BROKER_URL" if RABBITMQ else "REDIS_URL": broker.url}


class RabbitMQ:
    """A RabbitMQ server on a free port, with a folder of its own that is deleted when it dies."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._environment: dict[str, str] = {}
        self._programs = next((path for path in (Path("/usr/lib/rabbitmq/bin"), Path("/usr/local/sbin")) if path.exists()), None)

    def start(self) -> None:
        """Start it, empty; takes 5 to 10 s. Skips the test where RabbitMQ isn't installed."""
        epmd = shutil.which("epmd")
        if self._programs is None or epmd is None:
            pytest.skip("needs RabbitMQ: apt-get install rabbitmq-server")
        self._folder = folder = Path(tempfile.mkdtemp(prefix="tenderline-rabbitmq-"))
        epmd_port = str(free_port())
        plugins = folder / "enabled_plugins"
        plugins.write_text("[].")
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")} | {
            "HOME": str(folder),
            "ERL_EPMD_PORT": epmd_port,
            "RABBITMQ_NODENAME": f"test-{uuid.uuid4().hex[:8]}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2",
        }
        self._epmd = subprocess.Popen([epmd, "-port", epmd_port, "-address", "127.0.0.1"], stdout=subprocess.DEVNULL)
        command = [str(self._programs / "rabbitmq-server")]
        silent = subprocess.DEVNULL
        self._process = subprocess.Popen(command, env=self._environment, stdout=silent, stderr=silent, cwd=folder, start_new_session=True)
        wait_for(self._answers, "RabbitMQ to answer", 60)

    def _answers(self) -> bool:
        from kombu import Connection

        with Connection(self.url, connect_timeout=1) as connection:
            try:
                connection.connect()
            except (*connection.connection_errors, OSError):
                return False
            return True

    @property
    def running(self) -> bool:
        return self._process is not None

    def forget(self) -> None:
        from kombu import Connection

        from tenderline.settings import QUEUES

        with Connection(self.url) as connection:
            for queue in QUEUES:
                with connection.channel() as channel:
                    channel.queue_declare(queue, durable=True, auto_delete=False)
                    channel.queue_purge(queue)

    def waiting(self, queue: str) -> int:
        from kombu import Connection

        with Connection(self.url) as connection, connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)

    def control(self, *words: str) -> None:
        """Run ``rabbitmqctl``."""
        assert self._programs is not None
        command = [str(self._programs / "rabbitmqctl"), *words]
        subprocess.run(command, env=self._environment, check=True, stdout=subprocess.DEVNULL, timeout=60)

    def kill(self) -> None:
        assert self._process is not None
        assert self._epmd is not None
        kill_tree(self._process.pid)
        self._process.wait()
        self._epmd.kill()
        self._epmd.wait()
        self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        assert self._process is not None
        signal_tree(self._process.pid, what)

    def stop(self) -> None:
        if self._process is not None:
            self.resume()
            self.kill()
