"""Every setting, read once from the environment (and ``.env``). ``.env.example`` documents each for the person who runs the app."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tenderline.errors import ConfigurationError
from tenderline.prices import parse_prices, price_of

Names = Annotated[tuple[str, ...], NoDecode]

QUEUES = ("analysis", "chat", "test", "register", "imports", "speech", "upkeep")
INTERACTIVE_QUEUES = ("analysis", "chat", "test", "register")
HEAVY_QUEUES = ("imports", "speech", "upkeep")
MAX_UPLOAD_BYTES = 25 * 1024 * 1024
MAX_DOCUMENT_CHARS = 2_000_000


class Settings(BaseSettings):
    """Immutable; handed to whoever needs it. Durations are seconds."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    # Where it runs
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    data_dir: Path = Path("data")
    database_url: str = ""
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(64, ge=2, le=1024)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    # Who may use it
    secret_key: SecretStr = SecretStr("")
    access_password: SecretStr = SecretStr("")
    metrics_token: SecretStr = SecretStr("")
    allow_anonymous: bool = False
    owner_per_browser: bool = False
    trusted_hosts: Names = ("127.0.0.1", "localhost", "[::1]")
    trusted_proxies: int = Field(0, ge=0, le=8)

    # The reviewer
    ai_provider: Literal["auto", "anthropic", "bedrock", "builtin"] = "auto"
    anthropic_api_key: SecretStr = SecretStr("")
    anthropic_base_url: str = ""
    claude_model: str = "claude-sonnet-5-5"
    claude_fallback_models: Names = ("claude-haiku-5-5",)
    aws_region: str = ""
    feedback_min_confidence: float = Field(0.80, ge=0, le=1)
    max_calls_per_task: int = Field(8, ge=1)
    ai_daily_budget: float | None = Field(None, ge=0, description="US dollars that all owners together may spend in a day (UTC)")
    ai_prices: Names = ()

    # The task system
    task_executor: Literal["inline", "background", "celery", "hybrid"] = "hybrid"
    use_celery: Literal["auto", "true", "false"] = "auto"
    redis_url: str = ""
    celery_broker_url: str = ""
    celery_worker_concurrency: int = Field(2, ge=1, le=256)
    celery_task_soft_time_limit: float = Field(600, gt=0)
    celery_task_time_limit: float = Field(900, gt=0)
    heavy_tasks: Names = ()
    background_workers: int = Field(2, ge=1, le=64)
    background_queue: int = Field(50, ge=1, description="waiting background tasks per web process")
    shutdown_grace: float = Field(8, ge=0)
    inline_timeout: float = Field(100, gt=0)
    inline_max_wait: float = Field(10, ge=0)
    analysis_rate_limit: int = Field(5, ge=0, description="starts per window; 0 is no limit")
    chat_rate_limit: int = Field(10, ge=0)
    test_rate_limit: int = Field(3, ge=0)
    rate_limit_window: float = Field(60, gt=0)
    retry_attempts: int = Field(4, ge=1)
    retry_base: float = Field(1.0, gt=0)
    retry_max: float = Field(60, gt=0)
    result_ttl: float = Field(1800, ge=0)
    task_history_days: float = Field(30, gt=0)
    session_retention_days: float = Field(0, ge=0, description="0 keeps documents until they are deleted")

    # The contract register
    register_max_upload_bytes: int = Field(20 * 1024**3, ge=1)
    import_time_limit: float = Field(6 * 3600, gt=0)
    import_stall_limit: float = Field(1800, gt=0, description="an import without progress for so long is ended")
    export_ttl: float = Field(86400, gt=0)

    @field_validator("trusted_hosts", "claude_fallback_models", "heavy_tasks", "ai_prices", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.celery_task_time_limit <= self.celery_task_soft_time_limit:
            raise ValueError("CELERY_TASK_TIME_LIMIT must be larger than CELERY_TASK_SOFT_TIME_LIMIT")
        if self.task_executor == "celery" and not self.broker_url:
            raise ValueError("TASK_EXECUTOR=celery needs REDIS_URL or CELERY_BROKER_URL")
        if self.ai_provider == "anthropic" and not self.anthropic_api_key.get_secret_value():
            raise ValueError("AI_PROVIDER=anthropic needs ANTHROPIC_API_KEY")
        prices = parse_prices(self.ai_prices)
        if self.ai_daily_budget is not None and self.provider != "builtin":
            unknown = [name for name in (self.claude_model, *self.claude_fallback_models) if price_of(name, prices) is None]
            if unknown:
                raise ValueError(f"AI_DAILY_BUDGET cannot be kept: the price of {', '.join(unknown)} is unknown. Set AI_PRICES")
        return self

    @property
    def broker_url(self) -> str:
        """Where bells are rung; "" when Celery is not to be used."""
        if self.use_celery == "false" or self.task_executor in ("inline", "background"):
            return ""
        return self.celery_broker_url or self.redis_url

    @property
    def provider(self) -> Literal["anthropic", "bedrock", "builtin"]:
        """The reviewer in force: ``auto`` is Anthropic when there is a key, else the built-in one."""
        if self.ai_provider == "auto":
            return "anthropic" if self.anthropic_api_key.get_secret_value() else "builtin"
        return self.ai_provider

    @property
    def sqlalchemy_url(self) -> str:
        """The database's URL; SQLite in ``data_dir`` by default, PostgreSQL always through psycopg 3."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.absolute() / 'tenderline.db'}"
        scheme, separator, rest = self.database_url.partition("://")
        return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgres", "postgresql") else self.database_url

    @property
    def rate_limits(self) -> dict[str, int]:
        """Queue -> starts per ``rate_limit_window``; queues without limit are absent."""
        limits = {"analysis": self.analysis_rate_limit, "chat": self.chat_rate_limit, "test": self.test_rate_limit}
        return {queue: count for queue, count in limits.items() if count}

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def require_safe(self) -> None:
        """Raise ``ConfigurationError`` when the server would be reachable by others without a password."""
        if not self.loopback and not self.access_password.get_secret_value() and not self.allow_anonymous:
            raise ConfigurationError(
                f"Refusing to listen on {self.host} without a password.",
                hint="Set ACCESS_PASSWORD, or ALLOW_ANONYMOUS=true if everybody who can reach this address may use it.",
            )

    def as_environment(self) -> dict[str, str]:
        """What was set, as environment variables: for a child process that is to read the same settings."""
        return {name.upper(): _as_text(getattr(self, name)) for name in self.model_fields_set}


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)
