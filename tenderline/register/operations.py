"""The register's operations, for the task system."""

from __future__ import annotations

from tenderline.database import Database
from tenderline.register.answering import answering_operations
from tenderline.register.importing import import_operation
from tenderline.register.looking import look_operation
from tenderline.register.register import Register
from tenderline.register.upkeep import upkeep_operations
from tenderline.settings import Settings
from tenderline.tasks.operation import Operation


def register_operations(settings: Settings, database: Database, register: Register) -> list[Operation]:
    """All of them; ``register`` is the process's one, so that what has been opened serves every operation."""
    return [
        look_operation(settings, database),
        import_operation(settings, database, register),
        *answering_operations(settings, database, register),
        *upkeep_operations(register),
    ]
