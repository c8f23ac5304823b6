"""One question to Claude, asked of one model after the other until one answers; counted, logged and with its failures mapped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import structlog

from tenderline.errors import TenderlineError, TransientError, UpstreamError
from tenderline.review.claude.clean import clean_line
from tenderline.review.claude.failures import failure_of
from tenderline.review.claude.link import Link, WireError
from tenderline.review.claude.statuses import Failure
from tenderline.review.claude.wire import Ask, Reply
from tenderline.tasks.operation import TaskContext

log = structlog.get_logger(__name__)

FINISHED = ("end_turn", "stop_sequence", "tool_use")
TRUNCATED = ("max_tokens", "model_context_window_exceeded")


class CallsUsedUp(TenderlineError):
    """The task has asked the model as often as one task may."""


class Refused(UpstreamError):
    """Claude declined to answer."""


@dataclass(frozen=True)
class Told:
    """An answer and the model that gave it. ``truncated``: it was cut short at the longest it may be."""

    reply: Reply
    model: str
    truncated: bool


class Exchange:
    """The calls of one task. A model that was overloaded or unknown is not asked again within it.

    Args:
        link: the connection.
        models: the models to ask, best first.
        context: the task's; every request is counted by it before it is made.
        secret: the key, so that it can be kept out of messages.
    """

    def __init__(self, link: Link, models: tuple[str, ...], context: TaskContext, secret: str) -> None:
        self._link = link
        self._models = list(models)
        self._context = context
        self._secret = secret
        self.warnings: list[str] = []

    def ask(self, ask: Ask, on_text: Callable[[str], None]) -> Told:
        """Ask until a model answers; ``on_text`` gets the whole text so far whenever there is more of it (anew for each model asked).

        Raises ``TransientError``, ``UpstreamError`` (``Refused``), ``CallsUsedUp``, and what the context and ``on_text`` raise.
        """
        failed: list[TenderlineError] = []
        while True:
            self._count_call(failed)
            told = self._once(ask, self._models[0], on_text)
            if isinstance(told, Told):
                return told
            failed.append(told.error)
            if not told.other_model or len(self._models) == 1:
                raise _gravest(failed)
            gone = self._models.pop(0)
            self.warnings.append(f"{gone} {told.other_model}; {self._models[0]} was asked instead.")

    def _count_call(self, failed: list[TenderlineError]) -> None:
        try:
            self._context.count_call()
        except TenderlineError as error:
            if failed:
                raise _gravest(failed) from None
            raise CallsUsedUp(error.message, hint=error.hint) from None

    def _once(self, ask: Ask, model: str, on_text: Callable[[str], None]) -> Told | Failure:
        so_far: list[str] = []

        def more(text: str) -> None:
            so_far.append(text)
            on_text("".join(so_far))

        started = time.monotonic()
        try:
            reply = self._link.stream(ask, model, self._context, more)
        except WireError as raised:
            self._context.check()
            error = raised.error
            log.warning(
                "claude_failed", purpose=ask.purpose, model=model, error=type(error).__name__, status=getattr(error, "status_code", None),
                kind=clean_line(str(getattr(error, "type", "")), 60), seconds=round(time.monotonic() - started, 3),
            )  # fmt: skip
            return failure_of(error, model, bedrock=self._link.provider == "bedrock", secret=self._secret)
        usage = reply.usage
        self._context.count_use(model, asdict(usage))
        log.info(
            "claude_answered", purpose=ask.purpose, model=model, stop_reason=clean_line(str(reply.stop_reason), 60),
            seconds=round(reply.seconds, 3), input_tokens=usage.input_tokens, output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens, cache_write_tokens=usage.cache_write_tokens,
        )  # fmt: skip
        return _judge(reply, model)


def _judge(reply: Reply, model: str) -> Told | Failure:
    """Whether the answer is one, by the reason it ended for."""
    if reply.stop_reason in FINISHED or reply.stop_reason in TRUNCATED:
        return Told(reply, model, reply.stop_reason in TRUNCATED)
    if reply.stop_reason is None:
        return Failure(TransientError("The connection to Claude ended in the middle of its answer."))
    if reply.stop_reason == "refusal":
        return Failure(
            Refused(
                "Claude declined to work on this text.",
                hint="Its safety rules apply; the built-in reviewer (AI_PROVIDER=builtin) has none.",
            )
        )
    return Failure(UpstreamError(f"Claude stopped for an unexpected reason ({clean_line(reply.stop_reason, 60)})."))


def _gravest(failed: list[TenderlineError]) -> TenderlineError:
    """What to say of several models that failed: what may pass, if anything may; else what became of the first."""
    return next((error for error in failed if isinstance(error, TransientError)), failed[0])
