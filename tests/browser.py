"""What tests of the page do again and again: make a document, open it, analyze a section, look for barriers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.servers import Server

Part = tuple[str, int, Iterable[str]]

TENDER: tuple[Part, ...] = (
    ("Invitation to bid", 1, ("The Department invites bids for the supply of road materials to four district offices.",)),
    (
        "Scope of supply",
        1,
        (
            "The goods are delivered to the places named in Appendix Q within 60 days after the notice to proceed.",
            "This draft was prepared on 31 September 2025 and replaces an earlier one.",
            "TBD: the amount of the advance payment.",
        ),
    ),
    ("Price", 2, ("The approved budget for the contract is 4,150,000 pesos.", "Payment is made within 30 days after acceptance.")),
    ("Contract terms", 1, ("The general conditions of contract apply to everything that this document does not settle.",)),
)
"""A small tender: titles, heading levels, paragraphs. "Scope of supply" has defects that anybody would find."""


def write_docx(path: Path, parts: Iterable[Part] = TENDER) -> Path:
    """A Word file with heading styles."""
    from docx import Document

    document = Document()
    for title, level, paragraphs in parts:
        document.add_heading(title, level)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    document.save(str(path))
    return path


def write_text(path: Path, text: str) -> Path:
    """A text or Markdown file."""
    path.write_text(text, encoding="utf-8")
    return path


def upload(page: Page, server: Server, path: Path) -> str:
    """Upload a document on the first page and wait for its first section; returns the document's id."""
    page.goto(f"{server.url}/#/")
    page.set_input_files("#file", str(path))
    expect(page.locator("#section-title")).to_be_visible()
    return session_in(page)


def session_in(page: Page) -> str:
    """The document that the address names."""
    return page.url.partition("#/")[2].partition("/")[0]


def open_section(page: Page, title: str) -> None:
    """Click a section in the list and wait for its text."""
    page.locator(".spine-link", has=page.get_by_text(title, exact=True)).click()
    expect(page.locator("#section-title")).to_have_text(title)
    expect(page.locator("#reading")).to_have_attribute("aria-busy", "false")


def analyze(page: Page) -> None:
    """Press Analyze and wait for the result."""
    page.locator("#analyze").click()
    expect(page.locator("#analyze")).to_have_text("Analyze again")


def assert_accessible(page: Page) -> None:
    """No barrier that axe knows how to find, best practices included."""
    page.emulate_media(reduced_motion="reduce")  # nothing is looked at in mid-flight
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def assert_fits(page: Page) -> None:
    """Nothing sticks out to the right: the page needs no horizontal scrolling."""
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert widths[0] <= widths[1], f"{widths[0]} px of content in {widths[1]} px"
