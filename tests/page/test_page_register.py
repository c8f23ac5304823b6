"""The contract register on the page: from an empty one to chips, charts, a contract, an export; with the keyboard; without barriers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import assert_accessible, assert_fits
from tests.page.test_page_access import WINDOWS
from tests.servers import Server, web_server

pytestmark = pytest.mark.usefixtures("_filled")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose register is this module's alone."""
    with web_server(tmp_path_factory.mktemp("register"), OWNER_PER_BROWSER="true") as server:
        yield server


@pytest.fixture(scope="module")
def _filled(desk: Server, browser: Browser) -> None:
    """The sample, loaded by the button of the empty register."""
    page = browser.new_page()
    page.goto(f"{desk.url}/#/register")
    expect(page.get_by_role("link", name="Import a file")).to_have_attribute("href", "#/imports")
    page.get_by_role("button", name="Load sample data").click()
    expect(page.locator(".contract-table tbody tr").first).to_be_visible()
    page.close()


def show(page: Page, desk: Server, query: str = "") -> None:
    """Open the register and wait until what the address asks for is there."""
    page.goto("about:blank")
    page.goto(f"{desk.url}/#/register{query and '?'}{query}")
    expect(page.locator("#tiles[aria-busy=false] .tile-figure").first).not_to_be_empty()


def total(page: Page) -> int:
    """The number of contracts that the summary says."""
    expect(page.locator("#tiles")).to_have_attribute("aria-busy", "false")
    return int(page.locator(".tile-figure").first.inner_text().replace(",", ""))


def search(page: Page, text: str) -> None:
    """Type into the search field and take the first suggestion."""
    page.locator("#chip-input").fill(text)
    page.locator("#chip-input").press("Enter")
    expect(page.locator("#chip-input")).to_have_value("")


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(page.url.partition("?")[2])


def test_chips_narrow_the_search_and_stand_in_the_address(page: Page, desk: Server) -> None:
    show(page, desk)
    everything = total(page)
    assert everything > 1000
    search(page, "ambulance")
    expect(page.locator(".chip")).to_have_text(["ambulance"])
    expect(page.locator("#contracts-frame[aria-busy=false] .row-title").first).to_contain_text(re.compile("ambulance", re.IGNORECASE))
    ambulances = total(page)
    assert 0 < ambulances < everything
    search(page, "2023")
    expect(page.locator(".chip")).to_have_text(["ambulance", "2023"])
    in_a_year = total(page)
    assert 0 < in_a_year < ambulances
    assert query_of(page) == {"k": ["ambulance"], "t": ["2023"]}
    expect(page.locator(".pager-shown")).to_contain_text(f"of {in_a_year}")
    page.reload()
    expect(page.locator(".chip")).to_have_text(["ambulance", "2023"])
    page.get_by_role("button", name="Remove words ambulance").click()
    expect(page.locator(".chip")).to_have_text(["2023"])
    page.go_back()
    expect(page.locator(".chip")).to_have_text(["ambulance", "2023"])
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert total(page) == everything


def test_names_are_suggested_with_their_counts_under_the_other_filters(page: Page, desk: Server) -> None:
    show(page, desk, "k=ambulance")
    page.locator("#chip-input").press_sequentially("ministry")
    group = page.get_by_role("group", name="Organization")
    option = group.get_by_role("option").filter(has_text="Ministry of Works")
    count = int(option.locator(".options-note").inner_text())
    option.click()
    expect(page.locator(".chip")).to_have_text(["ambulance", "Ministry of Works"])
    assert total(page) == count


def test_a_search_without_a_hit_says_so_and_offers_the_way_back(page: Page, desk: Server) -> None:
    show(page, desk, "k=xyzzy")
    expect(page.locator(".nothing-title")).to_have_text("No contract is like that")
    page.get_by_role("button", name="Clear all filters").click()
    expect(page.locator(".contract-table tbody tr").first).to_be_visible()


def test_the_table_is_sorted_by_its_headers_and_paged_to_the_end(page: Page, desk: Server) -> None:
    show(page, desk, "size=100")
    page.get_by_role("button", name="Amount").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Amount")
    expect(page.locator("#contracts-frame")).to_have_attribute("aria-busy", "false")
    amounts = [float(text.replace(",", "")) for text in page.locator("td[data-column=contract_amount]").all_inner_texts()]
    assert len(amounts) == 100
    assert amounts == sorted(amounts, reverse=True)
    page.get_by_role("button", name="Last page").click()
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()
    everything = total(page)
    expect(page.locator(".pager-shown").first).to_contain_text(f"–{everything:,} of {everything:,}")
    expect(page.locator(".contract-table tbody tr")).to_have_count(everything % 100 or 100)


def test_the_columns_chosen_are_remembered_and_shared(page: Page, desk: Server, browser: Browser) -> None:
    show(page, desk)
    page.locator("#open-columns").click()
    page.get_by_label("Contract no.").check()
    page.get_by_label("Category").uncheck()
    expect(page.get_by_role("columnheader", name="Contract no.")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Category")).to_have_count(0)
    other = browser.new_page()
    other.goto(page.url)
    expect(other.get_by_role("columnheader", name="Contract no.")).to_be_visible()
    other.close()
    show(page, desk)
    expect(page.get_by_role("columnheader", name="Contract no.")).to_be_visible()


def test_a_bar_drills_down_and_a_row_of_its_table_does_the_same(page: Page, desk: Server) -> None:
    show(page, desk, "view=charts&chart=organizations")
    first = page.locator(".figures tbody a").first
    name = first.inner_text()
    expect(page.locator(".chart-words")).to_contain_text(name)
    page.locator(".chart-picture .mark-rect path[role=graphics-symbol]").first.click()
    expect(page.locator(".chip")).to_have_text([name])
    expect(page.locator("#chart-trend_year")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator(".figures-frame:visible")).to_have_attribute("aria-busy", "false")
    first.press("Enter")
    expect(page.locator(".chip")).to_have_text([name])
    year = page.locator("#chart-figures tbody a").first
    label = year.inner_text()
    year.press("Enter")
    expect(page.locator(".chip")).to_have_text([name, label])
    expect(page.locator("#chart-trend_month")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("chart", ["contractors", "business_categories", "shares", "trend_quarter"])
def test_no_words_of_a_chart_lie_over_others_on_a_telephone(browser: Browser, desk: Server, chart: str) -> None:
    page = browser.new_page(**WINDOWS["telephone"])
    show(page, desk, f"view=charts&chart={chart}")
    expect(page.locator(".chart-picture svg")).to_be_visible()
    frame = page.locator(".chart-picture").bounding_box()
    assert frame is not None
    shown = page.locator(".chart-picture svg text:not([opacity='0'])").all()
    boxes = [text.bounding_box() for text in shown if text.text_content()]
    words = [box for box in boxes if box is not None]
    assert len(words) >= 3
    for number, one in enumerate(words):
        assert frame["x"] <= one["x"]
        assert one["x"] + one["width"] <= frame["x"] + frame["width"] + 1
        for other in words[:number]:
            wide = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
            high = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
            assert wide <= 1 or high <= 2, (one, other)
    page.close()


def test_a_contract_shows_every_column_of_its_file_and_leads_through_the_years(page: Page, desk: Server) -> None:
    show(page, desk, "k=ambulance&sort=contract_amount.desc")
    row = page.locator(".contract-table tbody tr").first
    title, contractor = row.locator(".row-title").inner_text(), row.locator("td[data-column=awardee_name]").inner_text()
    row.locator(".row-title").click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    expect(page).to_have_title(re.compile(re.escape(title)))
    source = page.locator(".source tbody tr")
    expect(source.filter(has_text=contractor).first).to_be_visible()
    assert source.count() >= 8
    page.reload()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    page.get_by_role("link", name=f"{contractor} through the years").click()
    expect(page.locator(".chip")).to_have_text([contractor])
    expect(page.locator(".chart-title")).to_contain_text("by year")
    expect(page.locator(".chart-picture svg")).to_be_visible()
    page.goto(f"{desk.url}/#/contract/1")
    expect(page.get_by_role("heading", name="This contract isn't here")).to_be_visible()


def test_filters_are_saved_used_and_deleted(page: Page, desk: Server) -> None:
    show(page, desk, "k=ambulance&t=2023")
    page.locator("#open-saved").click()
    page.get_by_label("Save these filters as").fill("Ambulances of 2023")
    page.locator("#save-filters").click()
    expect(page.locator(".saved-name")).to_contain_text("Ambulances of 2023")
    show(page, desk)
    page.locator("#open-saved").click()
    page.locator(".saved-name").click()
    expect(page.locator(".chip")).to_have_text(["ambulance", "2023"])
    page.locator("#open-saved").click()
    page.get_by_role("button", name="Delete Ambulances of 2023").click()
    expect(page.locator(".saved-name")).to_have_count(0)


def test_what_is_shown_is_exported(page: Page, desk: Server) -> None:
    show(page, desk, "k=ambulance")
    count = total(page)
    page.locator("#open-export").click()
    expect(page.locator("#export-estimate")).to_contain_text(f"{count} contracts, about")
    page.locator("#start-export").click()
    link = page.locator("#download-export")
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count
    assert rows[0]["award_title"] == page.locator(".row-title").first.inner_text()


def test_a_search_that_fails_can_be_tried_again(page: Page, desk: Server) -> None:
    page.route("**/tasks/search/", lambda route: route.fulfill(status=503, content_type="text/plain", body="no"))
    page.goto(f"{desk.url}/#/register")
    expect(page.locator(".contracts .problem")).to_contain_text("Searching: this didn't work")
    page.unroute("**/tasks/search/")
    page.locator("#again-found").click()
    expect(page.locator(".contract-table tbody tr").first).to_be_visible()


def test_a_search_is_made_with_the_keyboard_only(page: Page, desk: Server) -> None:
    show(page, desk)
    press = page.keyboard.press
    press("i")
    expect(page.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
    press("Shift+R")
    expect(page.locator("#register-title")).to_be_visible()
    press("/")
    field = page.get_by_role("combobox", name="Search contracts")
    expect(field).to_be_focused()
    page.keyboard.type("ministry of w")
    group = page.get_by_role("group", name="Organization")
    expect(group.get_by_role("option").first).to_be_visible()
    while group.get_by_role("option", selected=True).count() == 0:
        press("ArrowDown")
    name = group.get_by_role("option", selected=True).locator(".options-name").inner_text()
    press("Enter")
    expect(page.locator(".chip")).to_have_text([name])
    page.keyboard.type(">1m")
    press("Enter")
    expect(page.locator(".chip")).to_have_text([name, "at least 1M"])
    press("Backspace")
    expect(page.locator(".chip")).to_have_text([name])
    page.locator("#open-columns").focus()
    press("Enter")
    expect(page.get_by_label("Contract no.")).to_be_visible()
    press("Escape")
    expect(page.get_by_label("Contract no.")).to_be_hidden()
    expect(page.locator("#open-columns")).to_be_focused()
    page.locator("#sort-contract_amount").focus()
    press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Amount")
    expect(page.locator("#sort-contract_amount")).to_be_focused()


@pytest.mark.parametrize("kind", ["light", "phone-dark"])
def test_the_register_has_no_barriers(browser: Browser, desk: Server, kind: str) -> None:
    context = browser.new_context(**WINDOWS[kind.replace("phone", "telephone")], reduced_motion="reduce")
    page = context.new_page()
    show(page, desk, "k=ambulance&t=2023&min=1000")
    assert_accessible(page)
    assert_fits(page)
    page.locator("#chip-input").press_sequentially("road")
    expect(page.locator("#chip-options [role=option]").first).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    for menu in ("#open-time", "#open-saved", "#open-export"):
        page.locator(menu).click()
        assert_fits(page)
        page.keyboard.press("Escape")
    page.locator("#open-export").click()
    expect(page.locator("#export-estimate")).to_contain_text("contracts")
    assert_accessible(page)
    show(page, desk, "view=charts&chart=contractors")
    expect(page.locator(".chart-picture svg")).to_be_visible()
    expect(page.locator(".figures tbody tr").first).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.goto(f"{desk.url}/#/register")
    page.locator(".row-title").first.click()
    expect(page.locator(".source")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    context.close()
