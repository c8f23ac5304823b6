"""The rows of an import on their way from its file into segments: prepared batches on disk, and beside them what is compared.

One directory for each run of a task, ``staging/<task id>/<run>/``. A run that was killed leaves one that a later run takes over, if it was
read to its end.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenderline.register.schema import NO_AMOUNT, prepared_schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from tenderline.register.files import RegisterFiles

COMPARED = ("hi", "lo", "content", "number", "ordinal", "amount")
"""What is kept of every row to compare it by; ``ordinal`` and ``amount`` are int64, the others uint64."""
_SIGNED = ("ordinal", "amount")
_PIECE = 16_384
"""Rows that are read back at once: they may be wide."""
_COMPARED_AT_ONCE = 131_072
_DONE, _ROWS, _BUILT = "read.json", "rows.arrow", "built.json"


class Staging:
    """A run's directory. Batches are appended, then ``finish`` closes it and they can be read as often as needed.

    Attributes:
        rows: how many it holds.
        earlier: the names of directories of earlier runs, which are gone.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.rows = 0
        self.earlier: list[str] = []
        self._writer: Any = None
        self._columns: dict[str, Any] = {}

    @classmethod
    def begin(cls, root: Path, task_id: str) -> tuple[Staging, dict[str, Any] | None]:
        """A directory for a new run of this task, and what ``finish`` was told if an earlier run had read everything.

        Of other earlier runs nothing is left.
        """
        home = root / str(uuid.UUID(task_id))
        home.mkdir(parents=True, exist_ok=True)
        earlier = [path for path in home.iterdir() if path.is_dir()]
        own = cls(home / uuid.uuid4().hex)
        own.earlier = [path.name for path in earlier]
        for path in earlier:
            if (path / _DONE).is_file() and not own.directory.exists():
                with suppress(FileNotFoundError):
                    path.rename(own.directory)  # whoever still works there finds nothing any more
                    continue
            shutil.rmtree(path, ignore_errors=True)
        if own.directory.exists():
            told: dict[str, Any] = json.loads((own.directory / _DONE).read_bytes())
            own.rows = told["rows"]
            for half_built in own.directory.glob("*/"):
                shutil.rmtree(half_built, ignore_errors=True)
            return own, told["facts"]
        own.directory.mkdir()
        return own, None

    @property
    def rejects(self) -> Path:
        return self.directory / "rejects.csv.gz"

    def append(self, batch: pa.RecordBatch) -> None:
        """Keep a prepared batch."""
        import pyarrow as pa

        if self._writer is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writer = pa.ipc.new_file(str(self.directory / _ROWS), prepared_schema(), options=options)
            self._columns = {name: (self.directory / name).open("wb") for name in COMPARED}
        for start in range(0, batch.num_rows, _PIECE):
            self._writer.write_batch(batch.slice(start, _PIECE))
        for name, values in _compared(batch).items():
            self._columns[name].write(values.tobytes())
        self.rows += batch.num_rows

    def finish(self, facts: dict[str, Any]) -> None:
        """Everything is there; ``facts`` are for a later run."""
        self.close()
        partial = self.directory / f"{_DONE}.partial"
        partial.write_text(json.dumps({"rows": self.rows, "facts": facts}))
        partial.rename(self.directory / _DONE)

    def close(self) -> None:
        """Let go of the files."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for file in self._columns.values():
            file.close()

    def compared(self, name: str) -> NDArray[Any]:
        """One of ``COMPARED`` for all rows, in the order of the file, as it lies on the disk: for some of them, or once."""
        import numpy as np

        kind = self.kind(name)
        return np.memmap(self.directory / name, dtype=kind, mode="r") if self.rows else np.empty(0, kind)

    def kind(self, name: str) -> np.dtype[Any]:
        """The type of one of ``COMPARED``."""
        import numpy as np

        return np.dtype("<i8" if name in _SIGNED else "<u8")

    def pieces(self, names: tuple[str, ...]) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
        """Some of ``COMPARED`` for all rows, piece by piece: the place of a piece's first row, and its values by name."""
        import numpy as np

        if not self.rows:
            return
        with ExitStack() as stack:
            files = {name: stack.enter_context((self.directory / name).open("rb")) for name in names}
            for begin in range(0, self.rows, _COMPARED_AT_ONCE):
                yield begin, {name: np.fromfile(file, self.kind(name), _COMPARED_AT_ONCE) for name, file in files.items()}

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The batches in the order of the file."""
        import pyarrow as pa

        if not self.rows:
            return
        with pa.OSFile(str(self.directory / _ROWS)) as file, pa.ipc.open_file(file) as reader:
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)

    def note_built(self, segments: list[str]) -> None:
        """Note which segments are made of these rows, before they are, so that a later run removes them if they were never published."""
        partial = self.directory / f"{_BUILT}.partial"
        partial.write_text(json.dumps(segments))
        partial.rename(self.directory / _BUILT)

    def built(self) -> list[str]:
        """The segments that an earlier run made."""
        path = self.directory / _BUILT
        return list(json.loads(path.read_bytes())) if path.is_file() else []

    def remove(self) -> None:
        """Delete the directory, and the task's if it is the last one."""
        shutil.rmtree(self.directory, ignore_errors=True)
        with suppress(OSError):
            self.directory.parent.rmdir()


def remove_staging(files: RegisterFiles, task_id: str) -> None:
    """Delete what the runs of a task that came to nothing left: its staged rows and the segments made of them."""
    from tenderline.register.building import discard_segment

    home = files.staging / str(uuid.UUID(task_id))
    if home.is_dir():
        for directory in home.iterdir():
            for segment in Staging(directory).built():
                discard_segment(files, segment)
        shutil.rmtree(home, ignore_errors=True)


def _compared(batch: pa.RecordBatch) -> dict[str, NDArray[Any]]:
    import numpy as np

    from tenderline.register.contents import contents_of_batch
    from tenderline.register.folding import fold_array, large
    from tenderline.register.identity import IDENTITY_FIELDS, NUMBER_FIELDS, hashes_of, number_hashes

    folded = {name: fold_array(large(batch.column(name))) for name in {*IDENTITY_FIELDS, *NUMBER_FIELDS}}
    hashes = hashes_of(folded, batch.column("award_date").cast("int32"), batch.column("contract_amount"))
    return {
        "hi": hashes["hi"],
        "lo": hashes["lo"],
        "content": contents_of_batch(batch, folded["awardee_name"]),
        "number": number_hashes(folded),
        "ordinal": np.asarray(batch.column("ordinal")),
        "amount": batch.column("contract_amount").fill_null(NO_AMOUNT).to_numpy(),
    }
