"""What a file may cost us before we give up on it. Bytes unless a name says otherwise."""

from __future__ import annotations

MIB = 1024 * 1024

MAX_ENTRIES = 4096
"""Files inside a docx; Word's own largest documents hold some hundred."""

MAX_INFLATED = 200 * MIB
"""All files of a docx together once inflated, pictures included."""

MAX_XML = 64 * MIB
"""All XML of a docx together; a 2-million-character document needs about half of it."""

LIGHT_MAIN = 3 * MIB // 2
"""Main part of a docx that the calling process may parse itself: some 100 pages, or at worst about two seconds."""

LIGHT_XML = 3 * MIB
"""All XML of such a docx; its styles alone can be half of it."""

LIGHT_MARKDOWN = 128 * 1024
"""Markdown that the calling process may parse itself: hostile nesting makes every kilobyte expensive."""

MAX_STREAM = 75_000_000
"""One stream of a PDF once inflated, pictures excepted (they are never inflated). The same bound as pypdf's."""

MAX_STREAMS = 300_000_000
"""All those streams of a PDF together."""

MAX_STREAM_COUNT = 100_000

MAX_NESTING = 30
"""Tables within tables, text boxes within text boxes."""

MAX_PAGES = 10_000

MAX_SECTIONS = 2000
MAX_TITLE_CHARS = 200

CHILD_MEMORY = 512 * MIB
"""Address space of the parsing child: interpreter and libraries take 100 to 250 MiB of it."""

CHILD_RESULT = 64 * MIB
"""What the child may hand back."""
