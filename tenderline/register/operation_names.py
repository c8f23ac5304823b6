"""The names of the register's operations that views ask for, so that nothing heavy is loaded for a name."""

from __future__ import annotations

PROCESS = "process_procurement_data"
LOOK = "recognise_upload"
UNDO = "undo_import"
COMPACT, CHECK, CLEAN = "compact_register", "check_register", "clean_register"
