"""Bytes to text: the encodings that people's text files really come in."""

from __future__ import annotations

import codecs
import re

from tenderline.errors import Invalid

_MARKS = (  # UTF-32 first: its little-endian mark begins like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_END = re.compile("\r\n|[\r\v\x85\u2028\u2029]")
_CONTROLS = {code: None for code in (*range(32), *range(0x7F, 0xA0), 0xFEFF) if chr(code) not in "\t\n"}
_MOST_CONTROLS = 0.02  # share of control characters above which it is no text


def decode(data: bytes) -> tuple[str, list[str]]:
    """Text with ``\\n`` line ends and without control characters, and sentences for people about what was guessed.

    The byte order mark decides; without one it is UTF-8, else Windows-1252.

    Raises:
        Invalid: the bytes are no text.
    """
    warnings: list[str] = []
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding is None and b"\0" in data:
        raise _binary()
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding is not None:
            raise Invalid(
                f"The file says it is {encoding[:6].upper()} text, but it is damaged or cut off.", hint="Save it again as UTF-8 text."
            ) from None
        text = data.decode("cp1252", errors="replace")
        if "\ufffd" in text:
            warnings.append("Some characters could not be read; save the file as UTF-8 if they matter.")
    if "\0" in text:
        raise _binary()
    text = _LINE_END.sub("\n", text)
    readable = text.translate(_CONTROLS)
    if len(text) - len(readable) > max(8, _MOST_CONTROLS * len(text)):
        raise _binary()
    return readable, warnings


def _binary() -> Invalid:
    return Invalid(
        "The file is not text: it holds binary data.",
        hint="Upload the document it was made from, or save it as UTF-8 text.",
    )
