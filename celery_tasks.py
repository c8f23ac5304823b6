"""The named tasks that a worker runs: ``celery -A celery_tasks worker``. Each bell carries a task id; the ledger knows the rest."""

from __future__ import annotations

from celery_config import START_PERIODIC, create_celery
from tenderline.logs import configure_logging
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.tasks.celery_worker import connect_worker

settings = Settings()
app = create_celery(settings)
worker = connect_worker(settings, create_runtime, configure_logging)
answer, start_due = worker.answer, worker.start_due


@app.task(name="analyze_section")
def analyze_section(task_id: str) -> None:
    """Review one section."""
    answer(task_id, "analyze_section")


@app.task(name="analyze_document")
def analyze_document(task_id: str) -> None:
    """Sum up the sections and review the document as a whole."""
    answer(task_id, "analyze_document")


@app.task(name="chat")
def chat(task_id: str) -> None:
    """Answer a question about a document."""
    answer(task_id, "chat")


@app.task(name="test")
def test(task_id: str) -> None:
    """Try whether the reviewer answers."""
    answer(task_id, "test")


@app.task(name="parse_document")
def parse_document(task_id: str) -> None:
    """Read an uploaded file into sections."""
    answer(task_id, "parse_document")


@app.task(name="complete_review")
def complete_review(task_id: str) -> None:
    """Write a finished review to a file."""
    answer(task_id, "complete_review")


@app.task(name="cleanup_sessions")
def cleanup_sessions(task_id: str) -> None:
    """Remove what no document needs any more."""
    answer(task_id, "cleanup_sessions")


@app.task(name="process_procurement_data")
def process_procurement_data(task_id: str) -> None:
    """Import a file into the register."""
    answer(task_id, "process_procurement_data")


@app.task(name="recognise_upload")
def recognise_upload(task_id: str) -> None:
    """Find out what is in a file for the register."""
    answer(task_id, "recognise_upload")


@app.task(name="search_register")
def search_register(task_id: str) -> None:
    """Find contracts."""
    answer(task_id, "search_register")


@app.task(name="analyze_register")
def analyze_register(task_id: str) -> None:
    """Add up contracts."""
    answer(task_id, "analyze_register")


@app.task(name="export_contracts")
def export_contracts(task_id: str) -> None:
    """Write contracts to a file."""
    answer(task_id, "export_contracts")


@app.task(name="undo_import")
def undo_import(task_id: str) -> None:
    """Take an import out of the register."""
    answer(task_id, "undo_import")


@app.task(name="compact_register")
def compact_register(task_id: str) -> None:
    """Merge small parts of the register."""
    answer(task_id, "compact_register")


@app.task(name="check_register")
def check_register(task_id: str) -> None:
    """Compare the register's files with their checksums."""
    answer(task_id, "check_register")


@app.task(name="clean_register")
def clean_register(task_id: str) -> None:
    """Delete what the register does not need any more."""
    answer(task_id, "clean_register")


@app.task(name=START_PERIODIC)
def start_periodic() -> None:
    """Celery beat's word that something is due."""
    start_due()
