"""compose.yaml, read as Docker would read it. No Docker runs here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tenderline.settings import Settings
from tests.services import ROOT

TEXT = (ROOT / "compose.yaml").read_text()
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:(:-|:\?)([^}]*))?\}")
PROFILES = {"beat": {"beat"}, "postgres": {"postgres"}, "rabbitmq": {"rabbitmq"}}


def interpolated(**given: str) -> dict[str, Any]:
    """The file with its variables replaced. Raises ``KeyError`` for a required one that isn't given."""

    def value(found: re.Match[str]) -> str:
        name, kind, other = found.groups()
        if kind == ":?" and not given.get(name):
            raise KeyError(name)
        return given.get(name) or (other if kind == ":-" else "") or ""

    return yaml.safe_load(VARIABLE.sub(value, TEXT))


@pytest.fixture
def services() -> dict[str, Any]:
    return interpolated(ACCESS_PASSWORD="secret", FLOWER_BASIC_AUTH="user:password")["services"]


def test_what_starts_without_being_asked_for_is_page_workers_redis_and_flower(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "profiles" not in service} == {"web", "worker", "redis", "flower"}
    assert {name: set(service["profiles"]) for name, service in services.items() if "profiles" in service} == PROFILES


@pytest.mark.parametrize("missing", ["ACCESS_PASSWORD", "FLOWER_BASIC_AUTH"])
def test_nothing_starts_without_its_passwords(missing: str) -> None:
    given = {"ACCESS_PASSWORD": "secret", "FLOWER_BASIC_AUTH": "user:password"}
    with pytest.raises(KeyError, match=missing):
        interpolated(**{name: value for name, value in given.items() if name != missing})


def test_the_file_holds_no_secret(services: dict[str, Any]) -> None:
    secret = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|AUTH|_PASS$")
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if secret.search(name):
                assert value in (None, "secret", "user:password"), name
    assert not re.search(r"://[^/\s:]+:(?!PASSWORD@)[^@\s]+@", TEXT)


def test_workers_can_be_scaled(services: dict[str, Any]) -> None:
    assert not {"container_name", "ports", "hostname"} & services["worker"].keys()
    assert not any("container_name" in service for service in services.values())


def test_page_and_workers_share_their_data_and_settings_and_get_time_to_end(services: dict[str, Any]) -> None:
    web, worker, beat = (services[name] for name in ("web", "worker", "beat"))
    assert web["environment"] == worker["environment"] == beat["environment"]
    assert web["volumes"] == worker["volumes"] == ["data:/data"]
    assert web["environment"]["DATA_DIR"] == "/data"
    assert web["stop_grace_period"] == worker["stop_grace_period"] == "30s"
    assert (web["command"], worker["command"], beat["command"]) == (["web"], ["worker"], ["beat"])


def test_every_setting_named_there_exists(services: dict[str, Any]) -> None:
    assert {name.lower() for name in services["web"]["environment"]} <= set(Settings.model_fields)


def test_every_variable_is_a_setting_or_explained_at_the_top() -> None:
    explained = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", TEXT.partition("\nname:")[0]))
    assert {match[1] for match in VARIABLE.finditer(TEXT)} <= explained | {name.upper() for name in Settings.model_fields}


def test_nobody_is_root_and_nobody_gains_rights(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
        if "build" not in service:
            assert service["user"] not in ("", "root", "0"), name
    assert len(re.findall(r"^USER 10001:10001$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)) == 2


def test_redis_keeps_what_it_has_and_drops_nothing(services: dict[str, Any]) -> None:
    line = " ".join(services["redis"]["command"])
    assert "--appendonly yes" in line
    assert "--maxmemory 256mb --maxmemory-policy noeviction" in line
    assert "ports" not in services["redis"]
    small = interpolated(ACCESS_PASSWORD="secret", FLOWER_BASIC_AUTH="user:password", REDIS_MAX_MEMORY="64mb")
    assert "64mb" in small["services"]["redis"]["command"]


def test_only_page_and_flower_are_published_and_on_this_machine_alone(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"], "flower": ["127.0.0.1:5555:5555"]}


def test_every_service_has_a_health_check_of_its_own_or_of_its_image(services: dict[str, Any]) -> None:
    for service in services.values():
        if service.get("image") != "tenderline":
            assert service["healthcheck"]["test"][0] == "CMD"
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_what_a_service_waits_for_and_keeps_exists(services: dict[str, Any]) -> None:
    whole = interpolated(ACCESS_PASSWORD="secret", FLOWER_BASIC_AUTH="user:password")
    for service in services.values():
        for other, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert "healthcheck" in services[other]
            assert "profiles" not in services[other]
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in whole["volumes"]


def test_what_is_built_has_a_stage_and_what_it_copies_exists(services: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.search(rf"^FROM \S+ AS {services['flower']['build']['target']}$", dockerfile, re.MULTILINE)
    assert Path(ROOT / "docker" / "flower").stat().st_mode & 0o111
