"""Whether the register's files are those that were written."""

from __future__ import annotations

from sqlalchemy import select, update

from tenderline.register.hidden import read_hidden
from tenderline.register.models import Member, RegisterState, SegmentRow
from tenderline.register.register import ORDERED, Register
from tenderline.register.segment import Damaged, Segment
from tenderline.tasks.operation import Json, TaskContext


def check_register(register: Register, params: Json, context: TaskContext) -> Json:
    """``{}`` -> compares every file with its checksum: how many segments were ``checked``, which are ``damaged``, and which were mended.

    A damaged one is left out of every search from then on, one that has been restored comes back.
    """
    with register.database.read() as session:
        listed = session.execute(
            select(Member.segment_id, Member.hidden_file, SegmentRow.damaged).join(SegmentRow, SegmentRow.id == Member.segment_id)
        ).all()
    damaged: dict[str, str] = {}
    mended: list[str] = []
    for done, (segment_id, hidden_file, known) in enumerate(listed):
        context.progress(done, len(listed), "Checking the register's files")
        try:
            _verify(register, segment_id, hidden_file, context)
        except Damaged as error:
            if _listed(register, segment_id, hidden_file):  # it may have left the list and been deleted in the meantime
                damaged[segment_id] = error.reason
                register.leave_out(error)
        else:
            if known is not None:
                mended.append(segment_id)
                _take_in(register, segment_id)
    return {"success": True, "checked": len(listed), "damaged": damaged, "mended": mended}


def _verify(register: Register, segment_id: str, hidden_file: str | None, context: TaskContext) -> None:
    path = register.files.segment(segment_id)
    try:
        Segment.open(path).verify(context.check)
        read_hidden(path, hidden_file)
    except FileNotFoundError:
        raise Damaged(segment_id, "its files are missing") from None
    except (ValueError, EOFError):
        raise Damaged(segment_id, f"{hidden_file} is not readable") from None


def _listed(register: Register, segment_id: str, hidden_file: str | None) -> bool:
    with register.database.read() as session:
        member = session.get(Member, segment_id)
        return member is not None and member.hidden_file == hidden_file


def _take_in(register: Register, segment_id: str) -> None:
    """A damaged segment is as it should be again."""
    with register.database.write() as session:
        session.execute(ORDERED)
        session.execute(update(SegmentRow).where(SegmentRow.id == segment_id).values(damaged=None))
        step = {"version": RegisterState.version + 1, "updated_at": register.database.now(session)}
        session.execute(update(RegisterState).values(**step))
