"""How sources call what the register keeps: award registers and notices in English, Spanish, French and German, and OCDS paths.

Written as ``plain_header`` leaves them. The earlier a name stands, the surer it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_SHORT = MappingProxyType(
    {
        "no": "number", "num": "number", "nr": "number", "numero": "number", "nummer": "number", "id": "number", "ref": "reference",
        "amt": "amount", "desc": "description", "qty": "quantity", "org": "organization", "organisation": "organization",
    }
)  # fmt: skip

SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "reference_id": (
            "reference number", "ocid", "bid reference number", "notice reference number", "tender reference number",
            "solicitation number", "bid number", "tender number", "notice number", "procurement number", "project number", "reference",
            "award reference number", "referencia", "number referencia", "expediente", "number expediente", "reference avis",
            "reference marche", "referenznummer", "aktenzeichen", "vergabenummer", "bekanntmachungsnummer",
        ),
        "contract_no": (
            "contract number", "award reference number", "contract", "award number", "awards number", "contracts number",
            "contract reference", "po number", "purchase order number", "purchase order", "order number", "number contrato", "contrato",
            "codigo contrato", "number marche", "marche number", "number contrat", "contrat", "vertragsnummer", "auftragsnummer",
            "vertrag number", "contract code",
        ),
        "award_title": (
            "award title", "contract title", "awards title", "contract name", "contract description", "project description",
            "project name", "project title", "title", "subject", "description of contract", "objeto del contrato", "objeto",
            "descripcion del contrato", "objet", "objet du marche", "intitule", "titre", "auftragsgegenstand", "vertragsgegenstand",
            "gegenstand", "bezeichnung", "titel", "titulo", "description", "descripcion",
        ),
        "notice_title": (
            "notice title", "tender title", "tender name", "bid title", "solicitation title", "procurement title", "bid notice title",
            "titulo de la licitacion", "objeto de la licitacion", "intitule de l avis", "objet de l avis", "ausschreibungstitel",
            "titel der bekanntmachung", "notice name",
        ),
        "awardee_name": (
            "awardee name", "awardee organization name", "awardee", "contractor", "contractor name", "supplier", "supplier name",
            "suppliers name", "awards suppliers name", "vendor", "vendor name", "winner", "winning bidder", "awarded to", "company",
            "company name", "bidder", "adjudicatario", "proveedor", "contratista", "nombre del proveedor", "titulaire", "attributaire",
            "fournisseur", "nom du titulaire", "auftragnehmer", "lieferant", "zuschlagsempfanger", "zuschlagsempfaenger", "firma",
            "payee",
        ),
        "organization_name": (
            "organization name", "procuring entity", "procuring entity pe", "buyer name", "buyer", "contracting authority", "agency",
            "agency name", "entity", "entity name", "procuring organization", "purchasing organization", "department", "ministry",
            "implementing office", "district engineering office", "organization", "entidad", "entidad contratante", "organismo",
            "organo de contratacion", "comprador", "acheteur", "pouvoir adjudicateur", "organisme", "auftraggeber", "vergabestelle",
            "beschaffungsstelle", "client", "office",
        ),
        "area_of_delivery": (
            "awards items delivery addresses region",
            "area of delivery", "delivery area", "place of delivery", "delivery location", "place of performance", "province",
            "delivery region", "location", "region", "area", "district", "state", "city", "municipality", "lugar de ejecucion",
            "lugar de entrega", "provincia", "departamento", "lieu d execution", "lieu de livraison", "departement", "ausfuhrungsort",
            "ausfuehrungsort", "lieferort", "bundesland", "ort",
        ),
        "business_category": (
            "tender main procurement category",
            "business category", "category", "procurement category", "main procurement category", "typeof work", "type of work",
            "work type", "cpv description", "unspsc description", "classification", "commodity", "sector", "contract type", "type",
            "categoria", "rubro", "tipo de contrato", "categorie", "nature du marche", "type de marche", "kategorie", "warengruppe",
            "leistungsart", "cpv", "unspsc code",
        ),
        "award_status": (
            "award status", "award notice status", "awards status", "contract status", "status", "estado", "estado del contrato",
            "etat", "statut", "bid notice status", "stand",
        ),
        "item_name": (
            "awards items description",
            "item name", "item", "material", "material name", "product", "product name", "line item name", "articulo", "producto",
            "article", "produit", "artikel", "produkt", "items description",
        ),
        "item_description": (
            "awards items classification description",
            "item description", "line item description", "material description", "product description", "specification",
            "specifications", "descripcion del articulo", "description de l article", "artikelbeschreibung", "beschreibung", "details",
        ),
        "unit": (
            "awards items unit name",
            "uom", "unit of measure", "unit of measurement", "unit", "unit name", "items unit name", "unidad", "unidad de medida",
            "unite", "einheit", "mengeneinheit",
        ),
        "contract_amount": (
            "contract amount", "award amount", "contract value", "award value", "awards value amount", "contract cost",
            "contract price", "awarded amount", "amount", "total amount", "value", "total value", "price", "total price", "cost",
            "total cost", "importe de adjudicacion", "importe", "monto", "monto adjudicado", "monto del contrato", "valor",
            "valor del contrato", "montant", "montant du marche", "montant ht", "auftragswert", "auftragssumme", "vertragswert",
            "betrag", "wert", "net amount", "item amount",
        ),
        "unit_price": (
            "awards items unit value amount",
            "unit price", "unit cost", "price per unit", "rate", "items unit value amount", "precio unitario", "prix unitaire",
            "einzelpreis", "stuckpreis", "stueckpreis", "unit value",
        ),
        "award_date": (
            "award date", "date of award", "awarded date", "awards date", "contract date", "date awarded", "date of contract",
            "signing date", "date signed", "contract signing date", "award year", "infra year", "contract year",
            "fecha de adjudicacion", "fecha de firma", "fecha del contrato", "fecha", "date d attribution", "date de notification",
            "date de signature", "zuschlagsdatum", "vergabedatum", "auftragsdatum", "vertragsdatum", "date", "datum",
            "published date award", "po date", "order date", "year", "ano", "annee", "jahr",
        ),
        "quantity": (
            "awards items quantity",
            "quantity", "items quantity", "cantidad", "quantite", "menge", "anzahl", "units", "number of units",
        ),
    }
)  # fmt: skip


def plain_header(header: str) -> str:
    """A column's name without case, accents, signs and abbreviations: ``ContractID`` and ``Contract No.`` are both "contract number"."""
    parts = _CAMEL.sub(" ", header)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", parts.replace("ß", "ss")) if not unicodedata.combining(letter))
    words = _OTHER.sub(" ", plain.casefold()).split()
    return " ".join(_SHORT.get(word, word) for word in words)
