"""A web process dies with background tasks: another one takes them up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.stack import Flight, Stack, kill_web
from tests.services import kill_tree, tree


@pytest.fixture(scope="module")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack"), broker=False)
    yield stack
    stack.close()


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    """Two web servers on one database, nothing else."""
    shared_stack.mend(workers=0, webs=2)
    return shared_stack


@pytest.mark.parametrize("operation", ["work", "heavy_work"])
def test_background_tasks_of_a_killed_web_server_are_taken_up_by_another(stack: Stack, operation: str) -> None:
    seconds = 2.0 if operation == "work" else 0.2  # light work has many threads, heavy work few
    flight = Flight(stack, seconds=seconds, operation=operation, executor="background", more=False).start()
    kill_web(stack.webs[0])
    flight.landed(repeated=40)


def test_background_tasks_of_a_killed_web_worker_go_on(stack: Stack) -> None:
    flight = Flight(stack, seconds=2.0, executor="background", more=False).start()
    master = stack.webs[0].process.pid
    kill_tree(tree(master)[1])
    flight.landed(repeated=40)
