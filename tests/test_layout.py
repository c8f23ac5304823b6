"""Who may import whom (docs/architecture.md), read from the imports themselves, and rules of the house that a search can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "tenderline"
DOMAINS = {"review", "register", "speech", "upkeep"}
HEAVY = {"anthropic", "pandas", "harper", "proselint", "wordllama", "pypdfium2", "pdfplumber", "docx", "altair", "boto3", "numpy"}
HEAVY |= {"pyarrow", "duckdb", "python_calamine", "xlsxwriter", "vl_convert", "ijson"}
FACTORY = {"app"}
"""The modules that put the application together may name every package."""


def _modules() -> dict[str, Path]:
    files = [*ROOT.glob("*.py"), *(ROOT / PACKAGE).rglob("*.py")]
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    return {name: file for name, file in names.items() if name != "gunicorn.conf"}


MODULES = _modules()


@cache
def _imports(module: str, *, at_load: bool) -> frozenset[str]:
    """What a module imports: names of modules as far down as they exist here; of others, the top-level package.

    Imports for the type checker don't count. ``at_load`` leaves out those inside functions.
    """
    found: set[str] = set()
    is_package = MODULES[module].name == "__init__.py"

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if at_load and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        if isinstance(node, ast.Import):
            found.update(_known(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level + is_package or None] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            found.update(_known(f"{origin}.{alias.name}", origin) for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(MODULES[module].read_text()))
    return frozenset(found - {module})


def _known(*candidates: str) -> str:
    for name in candidates:
        if name in MODULES:
            return name
    origin = candidates[-1]
    return origin if origin.startswith(PACKAGE) else origin.partition(".")[0]


def _part(module: str) -> str:
    """The part of the house a module belongs to: a package of tenderline, or the module itself when it stands at the top."""
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else parts[0]


def _own(part: str) -> list[str]:
    return [module for module in MODULES if module.startswith(f"{PACKAGE}.{part}.") or module == f"{PACKAGE}.{part}"]


def _offences(modules: list[str], allowed: set[str]) -> list[str]:
    """Imports of our own modules that are not in the allowed parts (a part, or one module of it in full)."""
    return [
        f"{module} imports {name}"
        for module in modules
        for name in sorted(_imports(module, at_load=False))
        if name in MODULES and not {_part(name), name} & allowed and name != PACKAGE
    ]


def test_the_search_for_imports_sees_what_there_is() -> None:
    assert "tenderline.tasks.operation" in _imports("tenderline.review.reviewer", at_load=True)
    assert "sqlalchemy" in _imports("tenderline.database", at_load=True)
    assert "alembic" in _imports("tenderline.database", at_load=False) - _imports("tenderline.database", at_load=True)


def test_review_knows_of_the_task_system_only_what_an_operation_is() -> None:
    allowed = {"review", "tenderline.tasks.operation", "database", "settings", "errors", "cells", "prices", "confined"}
    assert not _offences(_own("review"), allowed)


def test_the_task_system_knows_no_domain_and_no_web() -> None:
    forbidden = DOMAINS | {"web"} | FACTORY | {"celery_integration", "celery_tasks", "runtime"}
    offences = [
        f"{module} imports {name}" for module in _own("tasks") for name in _imports(module, at_load=False) if _part(name) in forbidden
    ]
    assert not offences


def test_views_reach_the_task_system_through_celery_integration_alone() -> None:
    offences = [offence for offence in _offences(_own("web"), DOMAINS | {"web"}) if " imports tenderline.tasks" in offence]
    behind_its_back = re.compile(r"\.tasks\.(?:submit|cancel)\b")
    offences += [f"{module}: {call}" for module in _own("web") for call in behind_its_back.findall(MODULES[module].read_text())]
    assert not offences
    assert "celery_integration" in {name for module in _own("web") for name in _imports(module, at_load=False)}


def test_nothing_but_the_factory_imports_the_web() -> None:
    offences = [
        f"{module} imports {name}"
        for module in MODULES
        if _part(module) not in {"web"} | FACTORY
        for name in _imports(module, at_load=False)
        if _part(name) == "web"
    ]
    assert not offences


def test_settings_errors_and_cells_stand_on_nothing_of_ours() -> None:
    assert not _offences(["tenderline.errors", "tenderline.confined"], set())
    assert not _offences(["tenderline.cells"], set())
    assert not _offences(["tenderline.prices"], set())
    assert not _offences(["tenderline.settings"], {"errors", "prices"})
    assert not _offences(["tenderline.database"], {"settings", "errors", "postgresql"})
    assert not _offences(["tenderline.postgresql"], set())


def test_imports_go_in_no_circle() -> None:
    done: set[str] = set()

    def follow(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, "circle: " + " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for name in _imports(module, at_load=False) & MODULES.keys():
                follow(name, (*path, module))
            done.add(module)

    for module in MODULES:
        follow(module, ())


def _loaded_with(*roots: str) -> set[str]:
    """Our modules that are loaded when these are."""
    loaded: set[str] = set()
    waiting = [root for root in roots if root in MODULES]
    while waiting:
        module = waiting.pop()
        if module not in loaded:
            loaded.add(module)
            waiting += _imports(module, at_load=True) & MODULES.keys()
    return loaded


def test_a_web_process_loads_no_heavy_library_with_its_modules() -> None:
    loaded = _loaded_with("app", "tenderline.startup")
    assert len(loaded) > 10
    assert not [f"{module} imports {name}" for module in loaded for name in _imports(module, at_load=True) & HEAVY]


def test_a_fresh_process_that_imports_the_application_has_no_heavy_library() -> None:
    script = "import sys, app; print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    loaded = set(ran.stdout.split())
    assert "flask" in loaded
    assert not HEAVY & loaded


# ---- House rules ----


class _Markup(HTMLParser):
    """Collects what a strict Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.offences: list[str] = []
        self._bare = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self._bare = tag if tag == "style" or (tag == "script" and "src" not in named) else ""
        self.offences += [f"<{tag} {name}>" for name in named if name.startswith("on") or name == "style"]
        self.offences += [
            f"<{tag} {name}={value}>" for name, value in named.items() if (value or "").strip().lower().startswith("javascript:")
        ]

    def handle_data(self, data: str) -> None:
        if self._bare and data.strip():
            self.offences.append(f"text inside <{self._bare}>")

    def handle_endtag(self, _tag: str) -> None:
        self._bare = ""


def _files(folder: str, *patterns: str) -> list[Path]:
    return sorted(file for pattern in patterns for file in (ROOT / folder).rglob(pattern))


@pytest.mark.parametrize("template", _files("templates", "*.html"), ids=lambda file: file.name)
def test_a_template_has_no_inline_script_handler_or_style(template: Path) -> None:
    markup = _Markup()
    markup.feed(template.read_text())
    assert not markup.offences


def test_the_page_never_turns_text_into_markup() -> None:
    scripts = [file for file in _files("static", "*.js") if file.parent.name != "vendor"]
    assert scripts
    makes_markup = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function\(")
    assert not [f"{file.name}: {found}" for file in scripts for found in makes_markup.findall(file.read_text())]


def test_the_scripts_of_the_page_import_in_no_circle() -> None:
    source = re.compile(r'^(?:import|export)\b[^;]*?["\'](\.[^"\']+)["\'];', re.MULTILINE)
    scripts = {file.resolve(): file.read_text() for file in _files("static/js", "*.js")}
    imports = {file: [(file.parent / name).resolve() for name in source.findall(text)] for file, text in scripts.items()}
    assert sum(map(len, imports.values())) > len(imports)
    done: set[Path] = set()

    def follow(file: Path, path: tuple[Path, ...]) -> None:
        assert file not in path, "circle: " + " -> ".join(each.name for each in (*path[path.index(file) :], file))
        if file not in done:
            for other in imports.get(file, ()):
                follow(other, (*path, file))
            done.add(file)

    for file in imports:
        follow(file, ())


def test_requirements_name_no_registry() -> None:
    names_one = re.compile(r"://|^\s*(?:-i\b|-f\b|--index-url|--extra-index-url|--find-links|--trusted-host).*", re.MULTILINE)
    files = [*ROOT.glob("requirements*.in"), *ROOT.glob("requirements*.txt")]
    assert len(files) == 8
    assert not [f"{file.name}: {found}" for file in files for found in names_one.findall(file.read_text())]


def test_tests_wait_for_conditions_and_never_sleep() -> None:
    sleeps = re.compile(r"\btime\s*\.\s*sleep\s*\(|^\s*from time import .*\bsleep\b", re.MULTILINE)
    assert not [file.name for file in _files("tests", "*.py") if sleeps.search(file.read_text())]
