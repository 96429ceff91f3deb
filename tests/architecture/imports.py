"""Which module imports which: read from the source, function-level imports included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def sources() -> dict[str, Path]:
    """Every module of ours by its dotted name: the package, and what hooks run."""
    files = [*(ROOT / "telemetry").rglob("*.py"), *(ROOT / "hooks").glob("*.py")]
    return {_name_of(file): file for file in files}


def imports_of(file: Path) -> set[str]:
    """The dotted names that a source file imports, anywhere in it; not what only the type checker sees."""
    return {name for node in _running(ast.parse(file.read_text(encoding="utf-8"))) for name in _imported(node)}


def graph() -> dict[str, set[str]]:
    """For each module of ours, those of ours that it imports; a module runs its packages, too."""
    modules = sources()
    return {
        name: {above for found in imports_of(file) for above in (*_parents(found), found) if above in modules}
        for name, file in modules.items()
    }


def reached_from(start: str, edges: dict[str, set[str]]) -> set[str]:
    """All modules that are imported once one is."""
    reached, fringe = set[str](), [start]
    while fringe:
        for name in edges[fringe.pop()] - reached:
            reached.add(name)
            fringe.append(name)
    return reached


def is_in(name: str, room: str) -> bool:
    """Whether a dotted name is a module, or lies below it."""
    return name == room or name.startswith(room + ".")


def _name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)  # a module, or something in one


def _running(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    is_for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    children: list[ast.AST] = node.orelse if is_for_types else list(ast.iter_child_nodes(node))  # type: ignore[attr-defined]
    for child in children:
        yield from _running(child)
