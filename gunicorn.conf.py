"""How gunicorn serves: `gunicorn 'app:create_app()'` in this folder reads this file. What a user may choose comes from the settings."""

from __future__ import annotations

import errno
import importlib
import logging
import os
import queue
import signal
import socket
import sys
from typing import Any

import structlog
from gunicorn.workers.gthread import ThreadWorker

from tenderline.errors import ConfigurationError
from tenderline.logs import configure_logging
from tenderline.startup import refuse, settings_or_exit

SECONDS_TO_SAY_GOODBYE = 2.0

_settings = settings_or_exit(listens=True)
_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host


class Worker(ThreadWorker):
    """gunicorn's, with an end at Ctrl-C that cannot hang, and an ear for signals from the moment it is forked."""

    unheard: queue.SimpleQueue[int]

    def init_signals(self) -> None:
        """Handle signals from now on. Those that came since the fork went to this process's copy of the master's queue, which nobody reads:
        the master would wait in vain, for ``graceful_timeout``, for an end that it has asked for.
        """
        super().init_signals()
        while not self.unheard.empty():
            if self.unheard.get() in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
                raise SystemExit(0)  # nothing is under way yet

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End soon, wherever this process is and whatever its threads still wait for.

        This interrupts the main thread anywhere, also where it holds a lock of its thread pool, and a Ctrl-C comes twice: from the terminal
        and from the master. So it takes no lock and starts no thread, and it leaves the cleaning up to ``worker_exit``.
        """
        _ignore_signals()
        self.alive = False
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_SAY_GOODBYE)
        raise SystemExit(0)


os.umask(0o077)  # what people upload is nobody else's to read

bind = f"{_host}:{_settings.port}"
worker_class = Worker
workers = _settings.web_workers
threads = _settings.web_threads
preload_app = False  # engines and threads are made after the fork, never before

timeout = 120  # a worker that does not even answer its master for this long is replaced; no limit for a request
graceful_timeout = 30  # what SIGTERM leaves to requests under way; Ctrl-C leaves them nothing
keepalive = 65  # longer than the 60 s after which load balancers close idle connections; an idle one costs no thread
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None  # noqa: S108 (heartbeats must not wait for a disk)
control_socket_disable = True  # it would put a thread into the process that forks, and a socket into the home folder

# Only the application reads forwarded headers, and only as many as TRUSTED_PROXIES says.
forwarded_allow_ips = ""

accesslog = None  # the application logs requests itself, with their ids
errorlog = "-"
loglevel = "info" if _settings.log_level == "DEBUG" else "warning"


def on_starting(_server: Any) -> None:
    """Before anything listens: refuse a taken port, and load the application's code once for all workers to share."""
    configure_logging(_settings)
    _require_free_port()
    importlib.import_module("app")  # defines, and does nothing else: each worker calls create_app() after the fork


def _require_free_port() -> None:
    """Say at once when the port is taken: gunicorn would try for five seconds and then speak in errno."""
    if os.environ.get("GUNICORN_FD") or os.environ.get("LISTEN_FDS"):
        return  # the socket is handed to us
    try:
        addresses = socket.getaddrinfo(_settings.host, _settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = addresses[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        hint = f"Stop what uses it, or set another: PORT={_settings.port + 1}" if taken else "Check HOST and PORT."
        refuse(ConfigurationError(f"Cannot listen on {bind}: {'the port is in use' if taken else error.strerror}.", hint=hint))


def on_reload(_server: Any) -> None:
    """gunicorn has just set up its own log handlers again."""
    configure_logging(_settings)


def when_ready(_server: Any) -> None:
    """The one line that a person who started it looks for."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(_settings.host, _host)  # noqa: S104 (compared, not bound)
    url = f"http://{shown}:{_settings.port}"
    everyone = "" if _settings.loopback else " and every other address of this machine" if shown != _host else ""
    if _settings.log_format == "json":
        structlog.get_logger("tenderline").info("listening", url=url, bind=bind)
    else:
        print(f"Tenderline is at {url}{everyone} (Ctrl-C stops it)", flush=True)


def post_fork(server: Any, worker: Any) -> None:
    """Until it handles signals itself, a worker queues them as its master does."""
    worker.unheard = server.SIG_QUEUE


def post_worker_init(worker: Any) -> None:
    """Let open sockets see that this worker is to end: nothing else would end them before ``graceful_timeout`` is over."""
    worker.wsgi.extensions["tenderline_hub"].stopping = lambda: not worker.alive


def worker_exit(_server: Any, worker: Any) -> None:
    """Say goodbye in the database, so that nobody has to find out that this process is gone, and be gone.

    Nothing is left to do then: ending in Python's own way would take all modules apart, half a second of processor time.
    """
    application = getattr(worker, "wsgi", None)
    if application is None:
        return  # the worker failed before it had one, or this is the master, speaking of a worker that is gone
    _ignore_signals()
    runtime = application.extensions.get("tenderline")
    if runtime is not None:
        runtime.close()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _ignore_signals() -> None:
    """A Ctrl-C comes from the terminal and once more from the master: the second must not tear apart what the first began."""
    for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(signum, lambda *_: None)  # not SIG_IGN: Python complains when one is already on its way
