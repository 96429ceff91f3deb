"""AgentSpec's documents: which one was saved, for which feature, and what its tables say.

File names and contents are looked at here and go no further: rows leave as vocabulary words and
keyed hashes. A table that cannot be read is left out; it takes nothing else with it.
"""

from __future__ import annotations

from telemetry.capture.agents import agent_of
from telemetry.capture.commands import feature_of_path, normal_name
from telemetry.capture.tables import Table, cell, cells_of, fraction_of, number_of, tables_of, value_of
from telemetry.contract.vocabulary import DOMAINS, FILE_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from telemetry.capture.observe import Fact, Ref

ROWS_A_PART = 36
MAX_PARTS = 8
_FOLDER = ".claude/sdd/"
_FILES = {"BRAINSTORM_": "brainstorm", "DEFINE_": "define", "DESIGN_": "design", "BUILD_REPORT_": "build"}
_CLEAR_ENOUGH = 12  # AgentSpec's gate: Clarity Score of 15

# Words of a Status line in the order they are looked for: `❌ Blocked` before the ✅ of a legend.
_STATUSES = (
    ("needs_clarification", ("needs clarification",)),
    ("blocked", ("blocked", "❌")),
    ("in_progress", ("in progress", "incomplete", "partial", "not ready", "not complete", "🔄")),
    ("ready", ("ready for",)),
    ("complete", ("complete", "shipped", "✅")),
    ("draft", ("draft",)),
)
_INFRASTRUCTURE = (("new", "new"), ("modify", "modify"), ("tbd", "tbd"), ("none", "none"))
_NAMES_OF_FILE = ("file", "files", "path", "file path")


def document_of(path: object) -> tuple[str, str] | None:
    """(document, feature's name) of a path in `.claude/sdd/`, or None for any other file."""
    if not isinstance(path, str):
        return None
    path = path.replace("\\", "/")
    _, found, rest = ("/" + path).rpartition("/" + _FOLDER)
    folder, _, file = rest.partition("/")
    if not found or not file.endswith(".md"):
        return None
    if folder == "archive":
        name, _, file = file.partition("/")
        feature = normal_name(name) if file.startswith("SHIPPED") else None
        return ("ship", feature) if feature else None
    feature = feature_of_path(file)
    for start, document in _FILES.items():
        if feature and file.startswith(start) and folder in ("features", "reports"):
            return document, feature
    return None


def document_facts(document: str, feature: str, text: str | None, ref: Ref) -> list[Fact]:
    """What one saved document says; `text` is None where its contents are not known."""
    key = ref("feature", feature)
    if document == "ship":
        return [("document_saved", key, {"document": document, "status": "complete"})]
    tables = tables_of(text) if text else []
    facts: list[Fact] = []
    for reader in _READERS.get(document, ()):
        try:
            facts += reader(tables, key, ref)
        except (ValueError, IndexError, AttributeError):
            continue  # a broken table loses that table only
    status = status_of(text or "")
    if document == "define" and status == "ready" and _clarity(tables, below=_CLEAR_ENOUGH):
        status = "needs_clarification"
    return [("document_saved", key, {"document": document, "status": status}), *facts]


def status_of(text: str) -> str:
    """The document's own Status: the first `| Status | … |` or `**Status:** …` of its first page."""
    lowered = next((found for line in text[:20_000].splitlines() if (found := _status_line(line))), "")
    if "{" in lowered or " / " in lowered or len({_status_word(part) for part in lowered.split("/")} - {"unknown"}) > 1:
        return "unknown"  # the template's own line, not filled in
    return _status_word(lowered)


def _status_word(lowered: str) -> str:
    return next((status for status, words in _STATUSES if any(word in lowered for word in words)), "unknown")


def _status_line(line: str) -> str:
    """What a line says the status is, in lower case; a row counts even where its table is broken."""
    line = line.strip()
    if line.startswith("|"):
        row = cells_of(line)
        return row[1].lower() if len(row) > 1 and row[0].lower() == "status" else ""
    name, colon, rest = line.replace("*", "").partition(":")
    return rest.strip().lower() if colon and name.strip("#->| \t").lower() == "status" else ""


def scope_of(tables: list[Table], key: str, ref: Ref) -> list[Fact]:
    """DEFINE: knowledge domains, infrastructure, clarity."""
    named, impact = _filled(value_of(tables, "kb domains")), _filled(value_of(tables, "iac impact"))
    if named is None and impact is None and _clarity(tables) is None:
        return []
    fields = {
        "domains": domains_of(named or ""),
        "infrastructure": _infrastructure(impact or ""),
        "clarity": _clarity(tables),
    }
    return [("scope_defined", key, fields)]


def domains_of(text: str) -> list[str]:
    """`dbt, airflow/, [my-own]` → words of the vocabulary, each once, in their order."""
    found: list[str] = []
    for part in text.replace(";", ",").replace("<br>", ",").split(","):
        named = part.strip().strip("[](){}\"'./").lower()
        word = named.rpartition("/")[2].strip().split(" ")[0]
        if named in ("n/a", "n.a") or word in ("", "-", "–", "—", "none", "tbd"):
            continue
        domain = word if word in DOMAINS else "custom"
        if domain not in found:
            found.append(domain)
    return found


def planned_of(tables: list[Table], key: str, ref: Ref) -> list[Fact]:
    """DESIGN: the file manifest."""
    table = _find(tables, "file manifest", lambda table: table.column("agent") is not None)
    if table is None:
        return []
    file, agent = table.column(*_NAMES_OF_FILE), table.column("agent")
    rows = [
        {
            "file": ref("file", _path(name)),
            "agent": agent_of(cell(row, agent)) or "general",
            "type": file_type_of(name),
            "test": is_test(name),
        }
        for row in table.rows
        if (name := _path(cell(row, file)))
    ]
    return _parts("files_planned", key, rows)


def built_of(tables: list[Table], key: str, ref: Ref) -> list[Fact]:
    """BUILD_REPORT: the summary and the files table."""
    table = _find(tables, "files created", lambda table: table.column("verified", "lines") is not None)
    rows: list[dict[str, object]] = []
    lines: int | None = None
    if table is not None:
        file, agent, verified = table.column(*_NAMES_OF_FILE), table.column("agent"), table.column("verified")
        for row in table.rows:
            name, who = _path(cell(row, file)), agent_of(cell(row, agent))
            if not name:
                continue
            count = number_of(cell(row, table.column("lines")), 9_999_999)
            lines = count if lines is None else lines + (count or 0)
            mark = _mark(cell(row, verified))
            rows.append(
                {
                    "file": ref("file", name),
                    "agent": who or "general",
                    "type": file_type_of(name),
                    "verified": mark,
                }
            )
    summary = number_of(value_of(tables, "lines of code"), 9_999_999)
    tasks = fraction_of(value_of(tables, "tasks completed"), 9999)
    tests = fraction_of(value_of(tables, "tests passing"), 9999)
    facts = _parts("files_built", key, rows)
    if summary is None and lines is None and tasks[0] is None and tests[0] is None:
        return facts
    report = {
        "lines": summary if summary is not None else lines and min(lines, 9_999_999),
        "tasks_done": tasks[0],
        "tasks_total": tasks[1],
        "tests_passed": tests[0],
        "tests_total": tests[1],
    }
    return [("build_reported", key, report), *facts]


_READERS = {"define": (scope_of,), "design": (planned_of,), "build": (built_of,)}


def file_type_of(path: str) -> str:
    """The path's extension where it is on the list, else `other`."""
    _, dot, extension = path.rpartition("/")[2].rpartition(".")
    extension = (dot + extension).lower()
    return extension if extension in FILE_TYPES else "other"


def is_test(path: str) -> bool:
    """Whether the path says test: a tests folder, `test_x`, `x_test`, `x.spec`."""
    *folders, file = path.lower().split("/")
    stem = file.split(".")[0]
    return (
        any(folder in ("test", "tests", "spec", "specs", "__tests__") for folder in folders)
        or stem.startswith("test_")
        or stem.endswith(("_test", "_tests", "-test"))
        or ".test." in file
        or ".spec." in file
    )


def _path(text: str) -> str:
    """A table's file cell as one path: no link brackets, no leading `./`."""
    text = text.strip()
    if text.startswith("[") and "](" in text:
        text = text[1:].partition("](")[0]
    text = text.replace("\\", "/").removeprefix("./")
    return "" if text in ("-", "–", "—", "…", "...") or text.startswith("{") else text


def _filled(text: str | None) -> str | None:
    """The value, unless it is still the template's own `{…}`."""
    return None if text and text.startswith("{") else text


def _clarity(tables: list[Table], below: int = 0) -> int | None:
    """Clarity Score of 15, or None; with `below`, only a score under it."""
    score, of = fraction_of(value_of(tables, "clarity score"), 99)
    if score is None or of != 15 or score > 15:
        return None
    return score if not below or score < below else None


def _infrastructure(text: str) -> str:
    lowered = text.lower()
    if lowered.count("|") > 1:
        return "unknown"  # the template's own choices
    return next((word for start, word in _INFRASTRUCTURE if lowered.startswith(start)), "unknown")


def _mark(text: str) -> bool | None:
    lowered = text.lower()
    if "❌" in text or lowered in ("no", "fail", "failed", "false", "✗", "x"):
        return False
    if "✅" in text or lowered in ("yes", "pass", "passed", "true", "✓", "✔"):
        return True
    return None


def _find(tables: list[Table], heading: str, fits: object) -> Table | None:
    """The table under that heading, else the first with a column of files that fits."""
    with_files = [table for table in tables if table.column(*_NAMES_OF_FILE) is not None]
    for table in with_files:
        if table.heading.lower().endswith(heading):
            return table
    return next((table for table in with_files if fits(table)), None)  # type: ignore[operator]


def _parts(kind: str, key: str, rows: list[dict[str, object]]) -> list[Fact]:
    """The rows as events small enough for the journal."""
    if not rows:
        return []
    cuts = [rows[start : start + ROWS_A_PART] for start in range(0, len(rows), ROWS_A_PART)][:MAX_PARTS]
    total = min(len(rows), 9999)
    return [
        (kind, key, {"part": number, "parts": len(cuts), "total": total, "files": files})
        for number, files in enumerate(cuts, 1)
    ]
