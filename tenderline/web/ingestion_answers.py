"""Uploads as the interface tells them."""

from __future__ import annotations

from typing import Any

from tenderline.register.mapping import NEEDED, OPTIONS
from tenderline.register.mappings import SAVED
from tenderline.register.models import UploadRow
from tenderline.register.schema import FIELDS
from tenderline.register.uploads import mapping_of
from tenderline.web.answers import ErrorDetail
from tenderline.web.ingestion_models import FieldItem, GuessItem, ImportResult, UploadDetail, UploadItem

_HELP = {
    "reference_id": ("Reference", "The number of the award or the notice, where the contract has none of its own."),
    "contract_no": (
        "Contract number",
        "The number of the contract or purchase order: by it and the organization contracts are told apart.",
    ),
    "award_title": ("Award title", "What was bought, as the award says."),
    "notice_title": ("Notice title", "What was asked for, as the notice said."),
    "awardee_name": ("Awardee", "Who got the contract: the supplier or contractor."),
    "organization_name": ("Organization", "Who bought: the procuring entity."),
    "area_of_delivery": ("Area", "Where it is delivered or built."),
    "business_category": ("Category", "The kind of goods, works or services."),
    "award_status": ("Status", "What became of the award."),
    "item_name": ("Item", "The name of the item or material, one a row."),
    "item_description": ("Item description", "More about the item."),
    "unit": ("Unit", "What the quantity counts: pieces, metres, lots."),
    "contract_amount": ("Amount", "What the contract is worth."),
    "unit_price": ("Unit price", "What one unit of the item costs."),
    "award_date": ("Date", "When it was awarded: a date, or a year."),
    "quantity": ("Quantity", "How many units."),
}


def item(row: UploadRow, open_conflicts: int) -> UploadItem:
    """An upload in a list."""
    return UploadItem(**_facts(row, open_conflicts))


def detail(row: UploadRow, open_conflicts: int) -> UploadDetail:
    """An upload with what was recognised."""
    known = row.recognised
    mapping = mapping_of(row)
    return UploadDetail(
        **_facts(row, open_conflicts),
        encoding=known["encoding"],
        delimiter=known["delimiter"],
        sheets=[sheet["name"] for sheet in known["sheets"]],
        columns=row.columns,
        preview=known["rows"],
        warnings=known["warnings"],
        mapping={name: column for name, column in mapping.items() if name != OPTIONS},
        saved_mapping=bool((row.mapping or {}).get(SAVED)),
        guesses={
            name: GuessItem(column=guess["column"], confidence=guess["sure"], why=guess["why"]) for name, guess in known["mapping"].items()
        },
        options=mapping[OPTIONS],
        fields=[FieldItem(name=name, label=_HELP[name][0], required=name in NEEDED, help=_HELP[name][1]) for name in FIELDS],
    )


def _facts(row: UploadRow, open_conflicts: int) -> dict[str, Any]:
    return {
        "upload_id": row.id,
        "number": row.number,
        "file_name": row.file_name,
        "size": row.size,
        "state": row.state,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "format": row.recognised["format"],
        "row_estimate": row.recognised["row_estimate"],
        "on_duplicate": row.on_duplicate,
        "task_id": row.task_id,
        "result": ImportResult(**row.result) if row.result else None,
        "error": ErrorDetail(**row.error) if row.error else None,
        "has_rejects": bool(row.result and row.result["rejected"]),
        "open_conflicts": open_conflicts,
    }
