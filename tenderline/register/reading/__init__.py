"""From an uploaded file to its rows as text: ``recognise`` says what a file is, ``read`` streams it in batches."""

from tenderline.register.reading.archive import takes_long
from tenderline.register.reading.batches import ReadBatch, Reject
from tenderline.register.reading.reader import read
from tenderline.register.reading.recognised import Recognised
from tenderline.register.reading.recognising import recognise

__all__ = ["ReadBatch", "Recognised", "Reject", "read", "recognise", "takes_long"]
