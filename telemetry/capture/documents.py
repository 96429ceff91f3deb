"""AgentSpec's documents: which one was saved, for which feature, and what its tables say.

File names and contents are looked at here and go no further: rows leave as vocabulary words and
keyed hashes. A table that cannot be read is left out; it takes nothing else with it.
"""

from __future__ import annotations

from telemetry.capture.agents import agent_of
from telemetry.capture.commands import DOCUMENTS, feature_of_path, normal_name
from telemetry.capture.tables import Table, cell, cells_of, fraction_of, number_of, tables_of, value_of
from telemetry.contract.vocabulary import DOMAINS, FILE_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from telemetry.capture.observe import Fact, Ref

ROWS_A_PART = 36
MAX_PARTS = 8
_FOLDER = ".claude/sdd/"
_CLEAR_ENOUGH = 12  # AgentSpec's gate: Clarity Score of 15

# Words and marks of a Status line: the first of them in the text decides.
_STATUSES = (
    ("needs_clarification", ("needs clarification",)),
    ("blocked", ("blocked", "❌")),
    ("in_progress", ("in progress", "incomplete", "partial", "not ready", "not complete", "🔄")),
    ("ready", ("ready for",)),
    ("complete", ("complete", "shipped", "✅")),
    ("draft", ("draft",)),
)
_MARKS = ("❌", "🔄", "✅")
_DENIALS = frozenset(("no", "not", "never", "nothing", "without", "isn't", "almost", "nearly", "mostly"))
_INFRASTRUCTURE = ("new", "modify", "tbd", "none")
_FILE = ("file", "path", "file path")
_NAMES_OF_FILE = (*_FILE, "files")
_TOTALS = ("total", "totals", "subtotal", "grand total")


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
    for start, document in DOCUMENTS.items():
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
    clarity = _clarity(tables)
    if document == "define" and status == "ready" and clarity is not None and clarity < _CLEAR_ENOUGH:
        status = "needs_clarification"
    return [("document_saved", key, {"document": document, "status": status}), *facts]


def status_of(text: str) -> str:
    """The document's own Status: the first `| Status | … |` or `**Status:** …` of its first page."""
    lowered = next((found for line in text[:20_000].splitlines() if (found := _status_line(line))), "")
    if "{" in lowered or " / " in lowered or len({_status_word(part) for part in lowered.split("/")} - {"unknown"}) > 1:
        return "unknown"  # the template's own line, not filled in
    return _status_word(lowered)


def _status_word(lowered: str) -> str:
    """The status the text names first; `90%` on the way there is in progress."""
    percent, bare = _percentage(lowered)
    found = [] if percent is None else [(percent, "%", "in_progress")]
    for status, words in _STATUSES:
        for word in words:
            at = _word_at(lowered, word)
            if at is None:
                continue
            if not _denied(lowered, at):
                found.append((at, word, status))
            elif status in ("complete", "ready"):
                found.append((at, word, "in_progress"))
    if not found:
        return "unknown"
    (at, word, status), *others = sorted(found, key=lambda hit: hit[0])
    if word in _MARKS and others:  # `✅ Ready for Build`: the word says it better than its mark
        after, _, said = others[0]
        if said == "ready" or not lowered[at + 1 : after].strip(" \ufe0f"):
            status = said
    return "in_progress" if bare and status == "complete" else status


def _word_at(lowered: str, word: str) -> int | None:
    """Where a word first begins: `unblocked` does not begin with `blocked`."""
    at = lowered.find(word)
    while at > 0 and word[0].isalpha() and lowered[at - 1].isalpha():
        at = lowered.find(word, at + 1)
    return at if at >= 0 else None


def _denied(lowered: str, at: int) -> bool:
    """Whether one of the two words before takes it back: `not yet complete`, `no items blocked`."""
    before = lowered[max(0, at - 60) : at]
    for stop in ",;:.(—–":
        before = before.rpartition(stop)[2]
    return any(word in _DENIALS for word in before.split()[-2:])


def _percentage(lowered: str) -> tuple[int | None, bool]:
    """Where a percentage below 100 starts, and whether nothing says of what: `Complete (90%)`."""
    before, sign, after = lowered.partition("%")
    before = before.rstrip()
    start = len(before.rstrip("0123456789.,"))
    whole = before[start:].replace(",", ".").partition(".")[0]
    if not sign or not whole.isdigit() or len(whole) > 2:
        return None, False
    return start, not after.strip(" ).")


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
    text = text.lower().replace("n/a", "none")
    for separator in (";", "<br>", "+", "&", " and "):
        text = text.replace(separator, ",")
    for part in text.split(","):
        names = part.split("/")
        if "kb" in (folders := [name.strip(" [](){}\"'.") for name in names]):
            names = folders[folders.index("kb") + 1 :][:1]  # `.claude/kb/dbt/index.md`
        for name in names:
            words = name.strip(" [](){}\"'.").replace("_", "-").partition("(")[0].split()
            if not words or words[0] in ("-", "–", "—", "none", "n.a", "tbd"):
                continue
            starts = ("-".join(words[:count]) for count in (3, 2, 1))  # `Data Quality checks`
            domain = next((start for start in starts if start in DOMAINS), "custom")
            if domain not in found:
                found.append(domain)
    return found


def planned_of(tables: list[Table], key: str, ref: Ref) -> list[Fact]:
    """DESIGN: the file manifest."""
    manifest = (
        _under(tables, "file manifest")
        or [table for table in tables if table.column(*_FILE) is not None and table.column("agent") is not None][:1]
    )
    rows: list[dict[str, object]] = [
        {
            "file": ref("file", name),
            "agent": agent_of(cell(row, table.column("agent"))),
            "type": file_type_of(name),
            "test": is_test(name),
        }
        for table in manifest
        for row in table.rows
        if (name := _file_of(table, row))
    ]
    return _parts("files_planned", key, rows)


def built_of(tables: list[Table], key: str, ref: Ref) -> list[Fact]:
    """BUILD_REPORT: the summary and the files table."""
    built = (
        _under(tables, "files created", "files modified")
        or [
            table
            for table in tables
            if table.column(*_NAMES_OF_FILE) is not None and table.column("verified", "lines") is not None
        ][:1]
    )
    rows: list[dict[str, object]] = []
    lines: int | None = None
    for table in built:
        for row in table.rows:
            name = _file_of(table, row)
            if not name:
                continue
            count = number_of(cell(row, table.column("lines")), 9_999_999)
            lines = count if lines is None else lines + (count or 0)
            rows.append(
                {
                    "file": ref("file", name),
                    "agent": agent_of(cell(row, table.column("agent"))),
                    "type": file_type_of(name),
                    "verified": _mark(cell(row, table.column("verified"))),
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
    """A table's file cell as one path: no link brackets, no leading `./`, no `(new)` behind it."""
    text = text.strip()
    if text.startswith("[") and "](" in text:
        text = text[1:].partition("](")[0]
    elif text.endswith(")") and (before := text.rpartition("(")[0]).endswith((" ", " *", " _")):
        text = before.rstrip(" *_")
    text = text.replace("\\", "/").removeprefix("./")
    return "" if text in ("-", "–", "—", "…", "...") or text.startswith("{") else text


def _filled(text: str | None) -> str | None:
    """The value, unless it is still the template's own `{…}`."""
    return None if text and text.startswith("{") else text


def _clarity(tables: list[Table]) -> int | None:
    """Clarity Score of 15, or None."""
    score, of = fraction_of(value_of(tables, "clarity score"), 99)
    if score is None or of != 15 or score > 15:
        return None
    return score


def _infrastructure(text: str) -> str:
    lowered = text.lower()
    if lowered.count("|") > 1:
        return "unknown"  # the template's own choices
    first = next((word for word in _INFRASTRUCTURE if lowered.startswith(word)), None)
    if first:
        return first
    found = [(_word_at(lowered, start), word) for start, word in (("new", "new"), ("modif", "modify"))]
    said = [(at, word) for at, word in found if at is not None and not _denied(lowered, at)]
    return min(said)[1] if said else "unknown"


def _mark(text: str) -> bool | None:
    """Yes, no, or None where the cell says neither: `No issues` is no `No`."""
    lowered = text.lower().replace("\ufe0f", "").strip()
    word = (lowered.split() or [""])[0].strip(",;:.!()")
    if "❌" in text or lowered == "x" or word in ("fail", "failed", "false", "✗", "✘"):
        return False
    if word == "no":
        return None if lowered[2:].lstrip()[:1].isalnum() else False
    if "✅" in text or word in ("yes", "pass", "passed", "true", "✓", "✔", "[x]"):
        return True
    return None


def _under(tables: list[Table], *names: str) -> list[Table]:
    """The tables with a column of files in the sections of these names, sub-sections and all."""
    found = [
        table
        for table in tables
        if table.column(*_NAMES_OF_FILE) is not None and any(_is_section(heading, names) for heading in table.headings)
    ]
    # Beside a table of files, one of `Files` only sums up: `Agent | Files | Why`.
    return [table for table in found if table.column(*_FILE) is not None] or found


def _is_section(heading: str, names: tuple[str, ...]) -> bool:
    """`📁 File Manifest (7 files)`, but not the title of a feature that is called so."""
    lowered = heading.lower()
    return any(name in lowered for name in names) and not lowered.startswith(("design:", "build report:"))


def _file_of(table: Table, row: list[str]) -> str:
    """The row's file; none in a row of totals."""
    column = table.column(*_FILE)
    column = table.column(*_NAMES_OF_FILE) if column is None else column
    name = _path(cell(row, column))
    if any(before.lower().rstrip(": ") in _TOTALS for before in row[:column]):
        return ""
    word = (name.lower().replace(":", " ").removeprefix("grand ").split() or [""])[0]
    return "" if word in _TOTALS and file_type_of(name) == "other" and "/" not in name else name


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
