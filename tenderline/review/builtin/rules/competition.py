"""What narrows competition: brands without "or equivalent", no competition without a reason, too high a turnover."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.amounts import Amount, money
from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import Span, words
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Competition"

# Makers whose names are hardly ever anything else; a structural pattern ("brand: …", "…®") finds the others.
_BRANDS = (
    "Acer|Adobe|Agilent|Airbus|AutoCAD|Avaya|Bobcat|Bosch|Caterpillar|Cisco|Citrix|Cummins|Daikin|Dell|D-Link|Dräger|Epson|Ericsson"
    "|ESRI|Fortinet"
    "|Fujitsu|GE Healthcare|Genie|Grundfos|Hewlett[- ]Packard|HP|Hikvision|Hilti|Hitachi|Honda|Honeywell|Huawei|Hyundai|Ingersoll"
    "|Isuzu|IVECO"
    "|JCB|John Deere|Juniper|Kawasaki|Kaspersky|Komatsu|Konica[ -]Minolta|Kubota|Kyocera|Lenovo|Lexmark|Logitech|Makita"
    "|Mercedes(?:-Benz)?|Microsoft"
    "|Mindray|Mitsubishi|Motorola|Netgear|Nikon|Nissan|Nokia|Olympus|Osram|Panasonic|Perkins|Philips|Polycom|Ricoh|Roche|Samsung"
    "|Scania|Schneider"
    "|Siemens|Sony|Stihl|Suzuki|Symantec|Thermo Fisher|Toshiba|Toyota|TP-Link|Ubiquiti|VMware|Volvo|Xerox|Yamaha|Zebra|ZTE|iPad"
    "|iPhone|MacBook|ThinkPad|Apple|Oracle|SAP|IBM|Intel|AMD|Nvidia|NVIDIA|Google|Salesforce|Autodesk|ArcGIS|SPSS|Stata|Zoom|Bridgestone"
    "|Goodyear|Michelin|Pirelli|Continental|Dunlop|Castrol|Shell Helix|Mobil|Philips|Medtronic|Drager|Abbott|Pfizer|Bayer|Novartis|Massey"
    "|Ferguson|New Holland|Renault|Peugeot|Ford|Chevrolet|Mazda|Subaru|Land Rover|Varta|Duracell|Exide|Milwaukee|DeWalt|Knauf|Sika"
    "|Holcim|Lafarge|Wilo|Atlas Copco|Parker|Festo|Legrand|Hager|Eaton|Vertiv|Brother|Kodak|Fujifilm|Zeiss|Leica|Trimble|Garmin|Steelcase"
    "|LaserJet|Land Cruiser|Hilux|PowerEdge|ProLiant|OptiPlex|Latitude \\d{4}|Windows Server|SQL Server|Photoshop"
)
_BRAND = re.compile(rf"(?<![\w-])(?:{_BRANDS})(?![\w-])")
_MARKED = re.compile(
    r"\b(?i:brand(?:\sname)?|make|manufacturer|trade\s?mark)\s{0,2}(?:(?i:and\smodel|name))?\s{0,2}(?::"
    r"|\|)\s{0,2}(?P<named>[A-Z][\w-]{2,30})"
    r"|\b(?i:of\sthe\s(?:brand|make|type)|branded?|(?:made|manufactured)\sby|from\sthe\smanufacturer)\s[“\"‘]?(?P<stated>[A-Z][\w-]{2,30})"
    r"|(?<=[\w,]\s)(?P<model>[A-Z][a-z]{2,20}\s(?:[A-Z]{1,4}[ -]?\d{2,4}[A-Z]{0,2}|\d{2,4}[A-Z]{1,3}))\b"
    r"|\b(?P<signed>[A-Z][\w-]{2,30})\s?[®™]|\b(?i:genuine|original)\s(?P<genuine>[A-Z][\w-]{2,30})\s(?i:parts|spares?|spare\sparts"
    r"|accessories|toner|cartridges)"
)
# A name that is said to be the only one, whoever bears it.
_ALONE = re.compile(
    r"(?<=[\s“\"])(?P<only>[A-Z][\w&-]*(?:\s[A-Z\d][\w&-]*){0,3})[”\"]?,?\s(?:(?i:brand|make|product)s?,?\s)?(?:(?i:only|exclusively)\b"
    r"|(?i:make|brand),\s(?i:no\sother))"
    r"|(?<=[\s“\"(])(?P<sole>[A-Z][\w&-]*(?:\s[A-Z\d][\w&-]*){0,3})[”\"]?[;,.]?\s(?:(?i:make|brand),?\s)?"
    r"(?i:no\s(?:other|substitut\w+|alternativ\w+)|(?:substitut\w+|alternativ\w+|other\s(?:makes?|brands?|products?))\s(?:\w+\s){0,2}not\b)"
)
_EQUIVALENT = any_of(
    "equivalents?|or similar|or equal|approved equal|comparable|or better|or other brands?|any (?:brand|make)|not limited to"
    "|e\\.g\\.?|for example|such as",
    "compatib(?:le|ility)|interoperab(?:le|ility)|existing|currently|installed|already|alternative",
)
_GENERAL_CLAUSE = re.compile(
    r"\b(?:brands?|trade\s?(?:marks?|names?)|makes?|manufacturers?|products?|models?)\b[^.]{0,160}\b(?:or\sequivalent|equivalents?"
    r"|equally\sacceptable)\b"
    r"|\bequivalent\sproducts\b[^.]{0,80}\baccepted\b",
    re.IGNORECASE,
)
# "Varta or equivalent" speaks of that product, "equivalent products are accepted" of all.
_OF_ONE = re.compile(r"\b[A-Z][\w-]+(?:\s\w+)?,?\sor\s(?:an?\s|its\s)?(?:equivalent|equal|similar)")
_NO_NAMES = words("any the and model name must shall not various offered")
# "Grade C30", "Type II", "Annex B12", "Regulation EC 1907": a code of a standard, a form or a law, not of a maker.
_NO_MAKERS = words(
    "grade type class form annex appendix section article clause lot item part standard regulation directive category level zone room",
    "phase",
    "version model table figure schedule number no code ref reference case file tender contract order invoice road route highway size rule",
    "january february march april may june july august september october november december union act policy decree law norm",
    "column row page box chapter paragraph exhibit attachment block building floor unit plot area site point station hall ward",
)
_COMPANY = re.compile(
    r"[\s-]{1,2}(?:[A-Z]\w*\s){0,2}(?:Ltd|Limited|Inc|LLC|GmbH|AG|Co|Corp|Corporation|plc|SA|SpA|KG|Group|Company|Services|Dealers?)\b"
)
_DEMANDS = any_of(
    "shall|must|required?|requires|requirements?|specifications?|minimum|supply|supplied|deliver(?:y|ed)?|provide[sd]?|procure"
    "|purchase|laptops?|"
    "computers?|printers?|servers?|switch(?:es)?|routers?|vehicles?|generators?|model|brand|make|licen[cs]es?|software|engine|pumps?"
    "|scanners?|tyres?"
)
_SPECIFYING = re.compile(
    r"\b(?:specification|technical|requirement|scope|bill of quantities|schedule|supplies|goods|equipment|items|lot)\b", re.IGNORECASE
)

_UNCOMPETED = re.compile(
    r"\b(?:(?:single|sole)[\s-](?:sourc\w+|tender(?:ing|er)?|supplier|bidder)|direct(?:ly)?[\s-](?:award(?:ed)?|contract(?:ing|ed)?"
    r"|procure(?:ment|d)|purchas\w+)"
    r"|negotiated\sprocedure\swithout(?:\sprior)?\s(?:publication|notice|competition)|without\s(?:a\s)?(?:competi\w+|competitive\s\w+"
    r"|tender(?:ing)?|an?\sinvitation)"
    r"|non-competitive(?:ly)?)\b",
    re.IGNORECASE,
)
_HAPPENED = any_of(
    "was|were|is|are|has|have|had|will|awarded|selected|procured|purchased|engaged|contracted|bought|signed|used|chose|chosen|adopted"
    "|approved|proposes?"
)
_REASON = any_of(
    "because|due to|since|owing to|as there|as only|as the|justif\\w+|urgen\\w+|emergenc\\w+|exclusiv\\w+|only (?:one )?(?:supplier"
    "|manufacturer|company)",
    "proprietary|patent\\w*|compatib\\w+|in order to|no (?:other|tenders?|bids?)|(?:section|article|regulation|rule|clause) \\d+"
    "|below the threshold|reasons?",
    "grounds|exception\\w*|waiver|unforeseen|disaster|monopoly|failed (?:tender|procedure)|the basis of|rationale|explain\\w*"
    "|under (?:the|a) framework",
)
_NOT_A_CASE = any_of(
    "not|never|no|prohibit\\w*|avoid\\w*|only (?:where|when|if)|if|unless|may be|rules?|policy|definition|means|risk of|instead of"
    "|rather than|allegation",
    "limit|limits|thresholds?|whether|complain\\w*|should|would|could|method(?:s)? (?:are|include)|without (?:a )?justif\\w+|unjustified",
    "types? of",
)

_TURNOVER = re.compile(r"\bturnover\b", re.IGNORECASE)
_ESTIMATE = re.compile(
    r"\b(?:estimated?\s(?:\w+\s){0,3}(?:value|cost|price|amount)|estimates?\s(?:its|the)\s(?:value|cost)|budget)\b", re.IGNORECASE
)
_MOST_AMOUNTS = 2_000


def brands(section: SectionView) -> Iterator[Remark]:
    """A brand demanded by a tender document without "or equivalent": each brand once a section."""
    document = section.document
    if document.kind not in ("tender", "other") or document.once("equivalents", lambda: document.has(_GENERAL_CLAUSE)):
        return
    specifying = document.kind == "tender" or bool(_SPECIFYING.search(section.title))
    told: set[str] = set()
    for span, name in _named(section):
        own, context = _own_words(section, span.start), _row_or_sentences(section, span.start)
        if name.lower() in told or _COMPANY.match(section.text, span.end, span.end + 50):
            continue
        if _EQUIVALENT.search(own) or any(
            _EQUIVALENT.search(near) and not _BRAND.search(near) and not _OF_ONE.search(near) for near in _neighbours(section, span.start)
        ):
            continue
        if not (specifying and _DEMANDS.search(context)):
            continue
        told.add(name.lower())
        yield Remark(
            "brand", CATEGORY, "specifications", "important", "High", 0.88, span.start, span.end,
            f"The requirement names the brand {name} without “or equivalent”.",
            "Describe performance and function; where only a brand can describe the need, add “or equivalent” and say how it is shown.",
            (f"Which property of {name} is needed?",),
            detail=name.lower(),
        )  # fmt: skip


def uncompeted(section: SectionView) -> Iterator[Remark]:
    """A purchase without competition for which neither the sentence nor its neighbours give a reason."""
    for sentence, text in section.each_sentence():
        match = _UNCOMPETED.search(text)
        if match is None or not _HAPPENED.search(text) or _NOT_A_CASE.search(text):
            continue
        if _REASON.search(section.around(sentence.start + match.start(), 2, 3)):
            continue
        yield Remark(
            "no-competition", CATEGORY, "method", "critical", "High", 0.84, sentence.start + match.start(), sentence.start + match.end(),
            "A purchase without competition is reported, but no reason for it is given here.",
            "Give the facts and the legal provision that allow it, or point to where they stand.",
            ("Which legal ground was relied on, and who approved it?",),
        )  # fmt: skip
        return


def turnover(section: SectionView) -> Iterator[Remark]:
    """A required turnover of more than twice the contract's value shuts companies out (Directive 2014/24/EU, Article 58(3))."""
    document = section.document
    value = document.once("estimated value", lambda: _estimated_value(document))
    if value is None or document.kind not in ("tender", "other"):
        return
    for amount in section.money[:_MOST_AMOUNTS]:
        if amount.currency != value.currency or not _TURNOVER.search(section.around(amount.start, 0, 0)):
            continue
        if amount.value > 2 * value.value:
            yield Remark(
                "turnover", CATEGORY, "requirements", "important", "High", 0.84, amount.start, amount.end,
                f"The turnover required ({money(amount)}) is more than twice the estimated value of the contract ({money(value)}).",
                "Lower it to at most twice the value, or give the special risk that calls for more.",
            )  # fmt: skip
            return


def _named(section: SectionView) -> Iterator[tuple[Span, str]]:
    """Names of makers and products; "Dell OptiPlex" is one name."""
    last: Span | None = None
    for match in section.search(_BRAND):
        if last and match.start() - last.end <= 1:
            last = Span(last.start, match.end())
            continue
        if last:
            yield last, section.text[last.start : last.end]
        last = Span(*match.span())
    if last:
        yield last, section.text[last.start : last.end]
    for match in section.search(_ALONE):
        group = match.lastgroup or "only"
        if match[group].split()[0].lower() not in _NO_MAKERS and match[group].lower() not in _NO_NAMES:
            yield Span(*match.span(group)), match[group]
    for match in section.search(_MARKED):
        group = match.lastgroup or "named"
        if match[group].lower() not in _NO_NAMES and match[group].split()[0].lower() not in _NO_MAKERS:
            yield Span(*match.span(group)), match[group]


def _row_or_sentences(section: SectionView, position: int) -> str:
    row = section.row_at(position)
    return " ".join(cell.text for cell in row) if row else section.around(position, 1, 1)


def _own_words(section: SectionView, position: int) -> str:
    row = section.row_at(position)
    return " ".join(cell.text for cell in row) if row else section.around(position, 0, 0)


def _neighbours(section: SectionView, position: int) -> list[str]:
    """The sentences on both sides: "Equivalent products are accepted." excuses, "or equivalent" behind another brand does not."""
    if section.row_at(position):
        return []
    place = section.sentence_at(position)
    return [
        section.text[section.sentences[near].start : section.sentences[near].end]
        for near in (place - 1, place + 1)
        if 0 <= near < len(section.sentences)
    ]


def _estimated_value(document: DocumentView) -> Amount | None:
    for view in document.sections():
        for amount in view.money:
            if _ESTIMATE.search(view.text[max(0, amount.start - 80) : amount.start].rpartition(". ")[2]):
                return amount
    return None
