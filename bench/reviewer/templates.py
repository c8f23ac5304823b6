"""Templates as they lie in the folders of the sets: whole documents, and passages that exist in a right and in a wrong form.

The text of a template is the body of an f-string over ``values.Draw.names``. In ``documents.txt``::

    % tender notice | name of the file
    let city = pick("a", "b")
    # Title of the document
    ## Heading [role]                    a section; passages with that role are added to it
    ## Heading [role; may go: pattern]   the section that a missing-part defect leaves out; the finding's words must match the pattern

In the other files::

    % kind | roles, in order of preference | types of documents (all when left out)
    let price = n(10, 90) * 1000
    + the right form
    - the wrong form, with «the place» of the defect marked, perhaps more than once

A first line ``@ set`` in ``documents.txt`` borrows the passages of another set.
An empty wrong form means that the passage is missing; ``- missing: pattern`` says what the finding's words must match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
_SECTION = re.compile(r"^## (?P<title>.+?) \[(?P<role>[\w-]+)(?:; may go: (?P<pattern>.+))?\]$")


@dataclass
class Part:
    """A section of a document template: ``text`` and the passages that are added share its role."""

    title: str
    role: str
    may_go: str
    text: str = ""


@dataclass
class Document:
    """A document template."""

    type: str
    name: str
    lets: list[str] = field(default_factory=list)
    title: str = ""
    opening: str = ""
    parts: list[Part] = field(default_factory=list)


@dataclass
class Passage:
    """A passage in its right and its wrong form."""

    kind: str
    roles: tuple[str, ...]
    types: tuple[str, ...]
    lets: list[str] = field(default_factory=list)
    right: str = ""
    wrong: str = ""

    @property
    def missing(self) -> str:
        """What the words of a finding about something missing must match; "" when the wrong form has a place."""
        return self.wrong.removeprefix("missing:").strip() if self.wrong.startswith("missing:") else ""


@dataclass(frozen=True)
class Templates:
    """One set of templates."""

    documents: tuple[Document, ...]
    passages: tuple[Passage, ...]


def load(name: str) -> Templates:
    """A set by the name of its folder, with the passages that it borrows from another set of kinds that it has none of."""
    passages = [passage for path in sorted((HERE / name).glob("*.txt")) if path.stem != "documents" for passage in _passages(path)]
    documents = HERE / name / "documents.txt"
    lender = documents.read_text("utf-8").partition("\n")[0]
    if lender.startswith("@ "):
        own = {passage.kind for passage in passages}
        passages += [passage for passage in load(lender[2:]).passages if passage.kind not in own]
    return Templates(tuple(_documents(documents)), tuple(passages))


def texts(name: str) -> list[str]:
    """Every text of a set as it lies there, for comparing it with other texts."""
    return [path.read_text("utf-8") for path in sorted((HERE / name).glob("*.txt"))]


def _documents(path: Path) -> list[Document]:
    found: list[Document] = []
    for line in path.read_text("utf-8").splitlines():
        section = _SECTION.match(line)
        if line.startswith("% "):
            kind, _, name = line[2:].partition(" | ")
            found.append(Document(kind, name))
        elif line.startswith("let "):
            found[-1].lets.append(line[4:])
        elif line.startswith("# "):
            found[-1].title = line[2:]
        elif section:
            found[-1].parts.append(Part(section["title"], section["role"], section["pattern"] or ""))
        elif found and found[-1].parts:
            found[-1].parts[-1].text += line + "\n"
        elif found:
            found[-1].opening += line + "\n"
    return found


def _passages(path: Path) -> list[Passage]:
    found: list[Passage] = []
    form = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("% "):
            kind, roles, *types = (cell.strip() for cell in line[2:].split("|"))
            found.append(Passage(kind, _names(roles), _names(types[0]) if types else ()))
            form = ""
        elif line.startswith("let ") and not form:
            found[-1].lets.append(line[4:])
        elif line[:2] in ("+ ", "- ") and not (form == line[0] or (form == "-" and line[0] == "+")):
            form = line[0]
            _add(found[-1], form, line[2:])
        elif form:
            _add(found[-1], form, line)
    for passage in found:
        passage.right, passage.wrong = passage.right.strip(), passage.wrong.strip()
    return found


def _add(passage: Passage, form: str, line: str) -> None:
    if form == "+":
        passage.right += line + "\n"
    else:
        passage.wrong += line + "\n"


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(",") if name.strip())
