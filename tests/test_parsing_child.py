"""The child process that parses: the same result as without it, and whatever befalls it is an error with a hint, never a hang."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tenderline.errors import Invalid, TaskCancelled
from tenderline.review.parsing import parse, parse_safely, safe
from tests.documents import plain_report_markdown, procurement_report
from tests.pdf_documents import Print, pdf

ROOT = Path(__file__).parent.parent
DENSE = [
    [Print(72, 760 - 12 * row, f"Page {page}, line {row}: the supplier delivers all goods in time.") for row in range(50)]
    for page in range(400)
]


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF of 5,000 pages: honest, and minutes of work."""
    path = tmp_path_factory.mktemp("slow") / "slow.pdf"
    path.write_bytes(pdf([DENSE[number % len(DENSE)][:3] for number in range(5000)]))
    return path


def children(path: Path) -> list[int]:
    """Processes that have the file's name on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:  # gone in the meantime
                continue
            if b"parsing.child" in command and str(path).encode() in command:
                found.append(int(entry.name))
    return found


def wait_until(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        select.select([], [], [], 0.02)  # give the processor to what is waited for


def test_the_child_reads_what_we_would_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # wherever the server was started from
    report = procurement_report(Path("report.docx"))
    markdown = Path("report.md")
    markdown.write_text(plain_report_markdown() + "\ud7ff \U0001f4c4")
    printed = Path("report.pdf")
    printed.write_bytes(pdf(DENSE[:3]))
    for path, kind in ((report, "docx"), (markdown, "md"), (printed, "pdf")):
        assert parse_safely(path, kind) == parse(path, kind)


def test_a_document_that_takes_too_long_is_given_up_and_its_child_is_gone(slow: Path) -> None:
    with pytest.raises(Invalid) as caught:
        parse_safely(slow, "pdf", timeout=0.5)
    assert "longer than 0.5 seconds" in caught.value.message
    assert "split" in (caught.value.hint or "")
    assert children(slow) == []


def test_cancelling_ends_the_child(slow: Path) -> None:
    looks: list[list[int]] = []

    def cancelled() -> bool:
        looks.append(children(slow))
        for child in looks[-1]:
            os.kill(child, signal.SIGSTOP)  # it will not end by itself
        return len(looks) > 2

    with pytest.raises(TaskCancelled):
        parse_safely(slow, "pdf", cancelled=cancelled)
    assert len(looks) == 3
    assert all(looks)
    assert children(slow) == []


def test_an_error_while_waiting_ends_the_child_and_is_passed_on(slow: Path) -> None:
    def cancelled() -> bool:
        raise TaskCancelled

    with pytest.raises(TaskCancelled):
        parse_safely(slow, "pdf", cancelled=cancelled)
    assert children(slow) == []


def test_a_child_that_is_killed_is_an_error_with_a_hint(slow: Path) -> None:
    def cancelled() -> bool:
        for child in children(slow):
            os.kill(child, signal.SIGKILL)
        return False

    with pytest.raises(Invalid) as caught:
        parse_safely(slow, "pdf", cancelled=cancelled)
    assert "cannot be read" in caught.value.message
    assert caught.value.hint


def test_a_document_that_needs_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.md"
    path.write_text("# a\n" * 100_000)
    monkeypatch.setattr(safe, "CHILD_MEMORY", 90 * 1024 * 1024)
    with pytest.raises(Invalid) as caught:
        parse_safely(path, "md")
    assert "more memory" in caught.value.message


def test_an_answer_larger_than_agreed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("word " * 20_000)
    monkeypatch.setattr(safe, "CHILD_RESULT", 50_000)
    with pytest.raises(Invalid):
        parse_safely(path, "txt")


def test_the_child_knows_no_secrets(slow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    seen: list[bytes] = []

    def cancelled() -> bool:
        seen.extend(Path(f"/proc/{child}/environ").read_bytes() for child in children(slow))
        return bool(seen and seen[-1])

    with pytest.raises(TaskCancelled):
        parse_safely(slow, "pdf", cancelled=cancelled)
    assert b"PYTHONPATH=" in seen[-1]
    assert b"sk-secret" not in seen[-1]


def test_the_child_does_not_outlive_a_parent_that_is_killed(slow: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tenderline.review.parsing import parse_safely; parse_safely(Path(sys.argv[1]), 'pdf')"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, slow], cwd=ROOT)
    try:
        wait_until(lambda: children(slow))
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not children(slow))


def test_a_child_whose_parent_has_gone_before_it_started_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The contract.")
    request = {
        "path": str(tmp_path / "a.txt"),
        "kind": "txt", "max_chars": 100, "open_only": False, "memory": 2**30, "seconds": 10, "result": 10**6,
    }  # fmt: skip
    for parent, answers in ((os.getpid(), True), (os.getppid(), False)):
        command = [sys.executable, "-m", "tenderline.review.parsing.child", json.dumps({**request, "parent": parent})]
        assert bool(subprocess.run(command, cwd=ROOT, capture_output=True).stdout) is answers


def test_the_child_imports_only_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(DENSE[:1]))
    code = (
        "import sys; from pathlib import Path; import tenderline.review.parsing.child; from tenderline.review.parsing import parse; "
        "parse(Path(sys.argv[1]), 'pdf', max_chars=10**6); print(*sys.modules)"
    )
    modules = set(subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert "pypdfium2" in modules
    assert modules.isdisjoint({"pydantic", "sqlalchemy", "flask", "structlog", "docx", "lxml", "markdown_it", "numpy", "PIL"})
