"""Imports on the page: look a file over, correct what was recognised, import it, see what came of it, decide conflicts, undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import assert_accessible, assert_fits
from tests.page.test_page_access import WINDOWS
from tests.servers import Server, web_server

HEADER = "Contract No.;Title;Supplier;Second supplier;Buyer;Amount;Date"
ROWS = (
    "C-1;Repair of the north bridge;ACME Works;Zenith;Ministry of Works;1.250.000,00;31/12/2023",
    "C-2;Gravel for district roads;Bolt & Sons;Orion;Ministry of Works;480.000,50;15/03/2024",
    "C-3;Patient monitors;Médical Ñandú;Vega;Ministry of Health;96.300,00;02/04/2024",
    "C-4;Copy paper;Bolt & Sons;Orion;Ministry of Health;a lot;05/04/2024",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose register is this module's alone."""
    with web_server(tmp_path_factory.mktemp("imports")) as server:
        yield server


def write(path: Path, *rows: str) -> Path:
    path.write_bytes("\r\n".join((HEADER, *rows)).encode("cp1252"))
    return path


def take_in(page: Page, desk: Server, path: Path) -> None:
    """Choose a file and wait for what was recognised in it."""
    page.goto(f"{desk.url}/#/imports")
    page.locator("#import-file").set_input_files(path)
    expect(page.get_by_role("heading", name="What was recognised")).to_be_visible()


def run(page: Page) -> None:
    """Start the import and wait until it is done."""
    page.locator("#start-import").click()
    expect(page.locator("#import-state")).to_have_text("Imported")


def undo(page: Page) -> None:
    """Undo the import that is open."""
    page.locator("#undo-import").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#import-state")).to_have_text("Undone")


def figure(page: Page, label: str) -> str:
    return page.locator(".counts > div", has=page.get_by_text(label, exact=True)).locator("dd").inner_text()


def test_a_file_is_looked_over_corrected_imported_and_undone(page: Page, desk: Server, tmp_path: Path) -> None:
    take_in(page, desk, write(tmp_path / "awards.csv", *ROWS))
    expect(page.locator(".recognised")).to_contain_text("semicolon")
    expect(page.locator(".preview tbody tr")).to_have_count(4)
    expect(page.locator(".preview")).to_contain_text("Médical Ñandú")
    page.locator("#map-contract_amount").select_option("Amount")
    page.locator("#map-awardee_name").select_option("Second supplier")
    expect(page.locator("tr", has=page.locator("#map-awardee_name")).locator(".mapping-examples")).to_contain_text("Zenith")
    expect(page.locator("#unused-columns")).to_contain_text("Supplier")
    run(page)
    assert (figure(page, "Rows read"), figure(page, "Contracts added"), figure(page, "Rejected")) == ("4", "3", "1")
    expect(page.locator("#quality-score")).not_to_be_empty()
    page.locator("#see-rejects").click()
    expect(page.locator(".listing-frame tbody tr")).to_have_count(1)
    expect(page.locator(".listing-frame tbody")).to_contain_text("a lot")
    with page.expect_download() as download:
        page.locator("#download-rejects").click()
    assert "a lot" in download.value.path().read_text(encoding="utf-8-sig")
    page.locator("#back-to-imports").click()
    page.locator(".created a", has_text="suppliers").click()
    expect(page.locator(".listing-frame tbody a")).to_have_text(["Orion", "Vega", "Zenith"])
    page.locator(".listing-frame tbody a", has_text="Zenith").click()
    expect(page.locator(".chip")).to_have_text(["Zenith"])
    expect(page.locator("td[data-column=contract_amount]")).to_have_text(["1,250,000.00"])
    page.goto(f"{desk.url}/#/imports")
    page.get_by_role("link", name="awards.csv").click()
    undo(page)
    expect(page.locator(".import-note")).to_contain_text("upload it again")
    expect(page.locator("#start-import")).to_have_count(0)
    page.goto(f"{desk.url}/#/register")
    expect(page.locator("#load-sample")).to_be_visible()


def test_another_sheet_of_a_workbook_is_looked_at_anew(page: Page, desk: Server, tmp_path: Path) -> None:
    from xlsxwriter import Workbook

    with Workbook(tmp_path / "book.xlsx") as book:
        for name, rows in (("Awards", 9), ("Orders", 2)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [f"{name} No", "Item", "Supplier", "Total"])
            for number in range(rows):
                sheet.write_row(number + 1, 0, [f"{name}-{number}", "Cement", "Berta", 5 + number])
    take_in(page, desk, tmp_path / "book.xlsx")
    expect(page.locator(".preview thead")).to_contain_text("Awards No")
    page.locator("#import-sheet").select_option("Orders")
    expect(page.locator(".preview thead")).to_contain_text("Orders No")
    expect(page.locator(".preview tbody tr")).to_have_count(2)
    expect(page.locator("#import-sheet")).to_have_value("Orders")
    expect(page.locator("#import-sheet")).to_be_focused()
    page.locator("#map-contract_no").select_option("Orders No")
    run(page)
    assert figure(page, "Contracts added") == "2"
    undo(page)


def test_conflicts_are_decided_one_by_one_and_all_at_once(page: Page, desk: Server, tmp_path: Path) -> None:
    take_in(page, desk, write(tmp_path / "ours.csv", *ROWS[:3]))
    run(page)
    theirs = [
        row.replace("1.250.000,00", "1.300.000,00").replace("480.000,50", "500.000,00").replace("96.300", "99.300") for row in ROWS[:3]
    ]
    take_in(page, desk, write(tmp_path / "theirs.csv", *theirs))
    run(page)
    assert (figure(page, "Contracts added"), figure(page, "Conflicts")) == ("0", "3")
    page.locator("#to-conflicts").click()
    conflicts = page.locator(".conflict")
    expect(conflicts).to_have_count(3)
    first = conflicts.filter(has_text="north bridge")
    expect(first.locator("[data-differs=true] td")).to_have_text(["1,250,000.00", "1,300,000.00"])
    first.get_by_role("button", name="Take theirs").click()
    expect(first).to_contain_text("Theirs was taken")
    expect(page.locator(".conflicts-head")).to_contain_text("2 conflicts to decide")
    page.locator("#all-ours").click()
    page.locator("#confirm-yes").click()
    expect(page.locator(".conflicts-head")).to_contain_text("Everything is decided")
    page.goto(f"{desk.url}/#/register?sort=contract_amount.desc")
    expect(page.locator("td[data-column=contract_amount]")).to_have_text(["1,300,000.00", "480,000.50", "96,300.00"])


def test_what_can_not_be_read_is_refused_with_the_reason(page: Page, desk: Server, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    page.goto(f"{desk.url}/#/imports")
    page.locator("#import-file").set_input_files(empty)
    expect(page.get_by_role("alert").get_by_text("is empty")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    page.locator("#import-file").set_input_files(picture)
    expect(page.get_by_text("picture.csv was not taken in")).to_be_visible()


def test_a_file_is_deleted_before_it_is_imported(page: Page, desk: Server, tmp_path: Path) -> None:
    take_in(page, desk, write(tmp_path / "unwanted.csv", *ROWS))
    page.locator("#delete-upload").click()
    page.locator("#confirm-yes").click()
    expect(page.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="unwanted.csv")).to_have_count(0)


@pytest.mark.parametrize("kind", ["dark", "telephone"])
def test_the_imports_have_no_barriers(browser: Browser, desk: Server, tmp_path: Path, kind: str) -> None:
    context = browser.new_context(**WINDOWS[kind], reduced_motion="reduce")
    page = context.new_page()
    take_in(page, desk, write(tmp_path / "a long name that goes on and on, version 12 (final).csv", *ROWS))
    assert_accessible(page)
    assert_fits(page)
    run(page)
    assert_accessible(page)
    assert_fits(page)
    page.locator("#see-rejects").click()
    expect(page.locator(".listing-frame tbody tr")).to_have_count(1)
    assert_accessible(page)
    page.goto(f"{desk.url}/#/imports")
    expect(page.locator(".import").first).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.goto(f"{desk.url}/#/imports/lists/suppliers")
    expect(page.locator(".listing-frame tbody tr").first).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    context.close()
