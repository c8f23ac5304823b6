"""The operations that keep the register in order: undoing an import, merging small segments, checking and deleting files."""

from __future__ import annotations

from functools import partial

from tenderline.register.compaction import compact_register
from tenderline.register.integrity import check_register
from tenderline.register.operation_names import CHECK, CLEAN, COMPACT, UNDO
from tenderline.register.register import Register
from tenderline.register.tidying import clean_register
from tenderline.register.undo import undo_import
from tenderline.tasks.operation import Operation


def upkeep_operations(register: Register) -> list[Operation]:
    """Undoing changes the list and little else, so it is no heavy work; the others read or write a lot."""
    return [
        Operation(UNDO, "register", partial(undo_import, register), repeatable=False),
        Operation(COMPACT, "upkeep", partial(compact_register, register), heavy=True),
        Operation(CHECK, "upkeep", partial(check_register, register), heavy=True),
        Operation(CLEAN, "upkeep", partial(clean_register, register), heavy=True),
    ]
