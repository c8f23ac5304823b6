from __future__ import annotations

import threading

import pytest

from tenderline.register.answer_cache import AnswerCache


def test_an_answer_is_made_once() -> None:
    cache = AnswerCache(1000)
    made: list[str] = []

    def make() -> bytes:
        made.append("x")
        return b"answer"

    assert cache.get("key", make) == (b"answer", False)
    assert cache.get("key", make) == (b"answer", True)
    assert cache.find("key") == b"answer"
    assert made == ["x"]


def test_who_asks_at_the_same_time_waits_for_the_one_that_works() -> None:
    cache = AnswerCache(1000)
    begun, go = threading.Event(), threading.Event()
    made: list[str] = []
    answers: list[tuple[bytes, bool]] = []

    def make() -> bytes:
        made.append("x")
        begun.set()
        assert go.wait(20)
        return b"answer"

    threads = [threading.Thread(target=lambda: answers.append(cache.get("key", make))) for _ in range(4)]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(20)
    assert made == ["x"]
    assert sorted(answers) == [(b"answer", False), *[(b"answer", True)] * 3]


def test_it_stays_within_its_bytes_and_forgets_the_longest_unused() -> None:
    cache = AnswerCache(100)
    for name in "abcde":
        cache.get(name, lambda: b"x" * 20)
    cache.find("a")
    cache.get("f", lambda: b"x" * 20)
    assert cache.bytes == 100
    assert cache.find("a") is not None
    assert cache.find("b") is None


def test_what_is_too_large_is_answered_and_not_kept() -> None:
    cache = AnswerCache(100)
    assert cache.get("big", lambda: b"x" * 60) == (b"x" * 60, False)
    assert cache.find("big") is None
    assert cache.bytes == 0


def test_a_failure_is_not_kept() -> None:
    cache = AnswerCache(100)

    def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.get("key", fail)
    assert cache.get("key", lambda: b"later") == (b"later", False)
