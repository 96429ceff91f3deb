"""AgentSpec's documents, as a model writes them: whatever can be read is read, nothing is guessed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.capture.documents import document_facts, document_of, domains_of, file_type_of, is_test, status_of
from telemetry.capture.tables import fraction_of, number_of, tables_of
from tests.capture.payloads import edit, plainly, seen, write

DEFINE = """\
# DEFINE: Orders

| Attribute | Value |
|-----------|-------|
| **Status** | Ready for Design |
| **Clarity Score** | 13/15 |

## Technical Context

| Aspect | Value | Notes |
|--------|-------|-------|
| **KB Domains** | dbt, airflow | patterns |
| **IaC Impact** | None | - |
"""
DESIGN = """\
# DESIGN: Orders

| **Status** | Ready for Build |

## File Manifest

| # | File | Action | Purpose | Agent | Dependencies |
|---|------|--------|---------|-------|--------------|
| 1 | `dags/orders.py` | Create | DAG | @pipeline-architect | None |
| 2 | `tests/test_orders.py` | Create | tests | (general) | 1 |
"""
REPORT = """\
# BUILD REPORT: Orders

| Attribute | Value |
|-----------|-------|
| **Status** | ✅ Complete |

## Summary

| Metric | Value |
|--------|-------|
| **Tasks Completed** | 4/5 |
| **Files Created** | 2 |
| **Lines of Code** | 1,290 |
| **Tests Passing** | 11/12 |

## Files Created

| File | Lines | Agent | Verified | Notes |
| ---- | ----- | ----- | -------- | ----- |
| `dags/orders.py` | 120 | @pipeline-architect | ✅ | - |
| `config.yaml` | 20 | (direct) | ❌ | - |
"""
PLANNED = [
    {"file": "file:dags/orders.py", "agent": "pipeline-architect", "type": ".py", "test": False},
    {"file": "file:tests/test_orders.py", "agent": "general", "type": ".py", "test": True},
]
BUILT = [
    {"file": "file:dags/orders.py", "agent": "pipeline-architect", "type": ".py", "verified": True},
    {"file": "file:config.yaml", "agent": "general", "type": ".yaml", "verified": False},
]
COUNTS = {"lines": 1290, "tasks_done": 4, "tasks_total": 5, "tests_passed": 11, "tests_total": 12}
SCOPE = {"domains": ["dbt", "airflow"], "infrastructure": "none", "clarity": 13}


def facts(document: str, text: str | None) -> dict[str, Any]:
    """The facts of a document by kind; a table's parts are not expected here."""
    found = document_facts(document, "ORDERS", text, plainly)
    assert {feature for _, feature, _ in found} == {"feature:ORDERS"}
    by_kind = {kind: fields for kind, _, fields in found}
    assert len(by_kind) == len(found)
    return by_kind


def files(document: str, text: str) -> list[dict[str, Any]]:
    """The rows of its table, or none."""
    kind = "files_planned" if document == "design" else "files_built"
    found: list[dict[str, Any]] = facts(document, text).get(kind, {"files": []})["files"]
    return found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("features/BRAINSTORM_ORDERS.md", ("brainstorm", "ORDERS")),
        ("features/DEFINE_ORDERS_2.md", ("define", "ORDERS_2")),
        ("features/DESIGN_ORDERS.md", ("design", "ORDERS")),
        ("reports/BUILD_REPORT_ORDERS.md", ("build", "ORDERS")),
        ("archive/ORDERS/SHIPPED_2026-11-21.md", ("ship", "ORDERS")),
        ("archive/ORDERS/DEFINE_ORDERS.md", None),
        ("features/NOTES_ORDERS.md", None),
        ("features/DEFINE_.md", None),
        ("features/DEFINE_ORDERS.txt", None),
        ("features/define_orders.md", None),
        ("features/deep/DEFINE_ORDERS.md", None),
        ("templates/DEFINE_TEMPLATE.md", None),
        ("architecture/DESIGN_ORDERS.md", None),
        ("archive/SHIPPED_2026-11-21.md", None),
        ("", None),
    ],
)
def test_a_document_is_known_by_its_place_and_name(path: str, found: object) -> None:
    """Below any project, on any system."""
    assert document_of(f"/home/dev/my shop/.claude/sdd/{path}") == found
    assert document_of(f".claude/sdd/{path}") == found
    assert document_of(f"C:\\dev\\shop\\.claude\\sdd\\{path}".replace("/", "\\")) == found


@pytest.mark.parametrize(
    "path", [None, 5, [], "/home/dev/DEFINE_ORDERS.md", "/x/.claude/sddx/features/DEFINE_ORDERS.md"]
)
def test_any_other_file_is_no_document(path: object) -> None:
    """Nor what is no path."""
    assert document_of(path) is None


def test_define_says_its_scope() -> None:
    """Status, domains, infrastructure, clarity."""
    assert facts("define", DEFINE) == {
        "document_saved": {"document": "define", "status": "ready"},
        "scope_defined": SCOPE,
    }


def test_design_says_its_files() -> None:
    """Of the whole manifest, one row per file."""
    assert facts("design", DESIGN) == {
        "document_saved": {"document": "design", "status": "ready"},
        "files_planned": {"part": 1, "parts": 1, "total": 2, "files": PLANNED},
    }


def test_the_build_report_says_what_was_built() -> None:
    """Counts and files."""
    assert facts("build", REPORT) == {
        "document_saved": {"document": "build", "status": "complete"},
        "build_reported": COUNTS,
        "files_built": {"part": 1, "parts": 1, "total": 2, "files": BUILT},
    }


def test_shipped_says_only_that_it_is_there() -> None:
    """Whatever is in it."""
    assert facts("ship", "| Status | Draft |") == {"document_saved": {"document": "ship", "status": "complete"}}


def all_bold(text: str) -> str:
    """Also where the template is not."""
    return (
        text.replace("| File |", "| **File** |")
        .replace("| Agent |", "| **Agent** |")
        .replace("(direct)", "**(direct)**")
    )


VARIANTS: dict[str, Callable[[str], str]] = {
    "carriage_returns": lambda text: text.replace("\n", "\r\n"),
    "old_mac_line_ends": lambda text: text.replace("\n", "\r"),
    "byte_order_mark": lambda text: "\ufeff" + text,
    "bold_cells": all_bold,
    "no_bold": lambda text: text.replace("**", ""),
    "no_backticks": lambda text: text.replace("`", ""),
    "narrow_cells": lambda text: text.replace(" | ", "|").replace("| ", "|").replace(" |", "|"),
    "wide_cells": lambda text: text.replace(" | ", "    |    "),
    "tabs": lambda text: text.replace(" | ", "\t|\t"),
    "no_last_border": lambda text: text.replace(" |\n", "\n"),
    "indented_tables": lambda text: text.replace("\n|", "\n   |"),
    "aligned_rulers": lambda text: text.replace("|---", "|:---").replace("| ----", "| :---:"),
    "translated_headings": lambda text: text.replace("File Manifest", "Manifesto").replace(
        "## Files Created", "## Dateien"
    ),
    "numbered_headings": lambda text: text.replace("## File", "## 4. File"),
    "headings_in_capitals": lambda text: text.replace("## File Manifest", "## FILE MANIFEST"),
    "another_table_before": lambda text: "| File | Note |\n|---|---|\n| `x.py` | old |\n\n" + text,
    "example_in_a_fence": lambda text: (
        "```markdown\n" + text.replace("dbt", "aws").replace("Ready", "No") + "```\n" + text
    ),
    "fence_in_a_fence": lambda text: (
        "````\n```\n| KB Domains | aws |\n```\n| File | Agent | Lines |\n|-|-|-|\n| a | b | c |\n````\n" + text
    ),
    "prose_around": lambda text: "Words | with a pipe\n\n" + text + "\n\nMore words.\n",
    "html_comment": lambda text: "<!-- | Status | Blocked -->\n" + text,
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_document_is_read_however_it_is_set(variant: str) -> None:
    """The same facts in every setting of type."""
    change = VARIANTS[variant]
    if variant != "example_in_a_fence":  # a Status line is taken from the first page, fences or not
        assert facts("define", change(DEFINE))["document_saved"]["status"] == "ready"
    assert facts("define", change(DEFINE))["scope_defined"] == SCOPE
    assert files("design", change(DESIGN)) == PLANNED
    assert files("build", change(REPORT)) == BUILT
    assert facts("build", change(REPORT))["build_reported"] == COUNTS


TEMPLATES = {
    "define": """\
| **Status** | {Draft / In Progress / Needs Clarification / Ready for Design} |
| **Clarity Score** | {X}/15 |

| Aspect | Value | Notes |
|--------|-------|-------|
| **KB Domains** | {List domains from kb/ relevant to this feature} | {Which patterns to consult} |
| **IaC Impact** | {New resources \\| Modify existing \\| None \\| TBD} | {Infrastructure changes needed} |
""",
    "design": """\
| **Status** | Draft / Ready for Build |

## File Manifest

| # | File | Action | Purpose | Agent | Dependencies |
|---|------|--------|---------|-------|--------------|
| 1 | `{path/to/file.py}` | Create | {Purpose} | @{agent-name} | None |
""",
    "build": """\
| **Status** | In Progress / Complete / Blocked |

| Metric | Value |
|--------|-------|
| **Tasks Completed** | {X}/{Y} |
| **Lines of Code** | {N} |
| **Tests Passing** | {X}/{Y} |

## Files Created

| File | Lines | Agent | Verified | Notes |
| ---- | ----- | ----- | -------- | ----- |
| `{path/to/file1.py}` | {N} | @{agent-name} | ✅ | {Any notes} |
""",
}


@pytest.mark.parametrize("document", TEMPLATES)
def test_a_template_that_is_not_filled_in_says_nothing(document: str) -> None:
    """AgentSpec 3.5.0's own templates: only that the document was saved."""
    saved = {"document_saved": {"document": document, "status": "unknown"}}
    assert facts(document, TEMPLATES[document]) == saved
    assert facts(document, "") == facts(document, None) == saved


def test_a_broken_table_loses_that_table_only() -> None:
    """No ruler under the files' header: no files, but the summary; and the other way round."""
    headless = REPORT.replace("| ---- | ----- | ----- | -------- | ----- |\n", "")
    assert facts("build", headless).keys() == {"document_saved", "build_reported"}
    torn = REPORT.replace("| **Tasks Completed** | 4/5 |", "| **Tasks Completed** 4 of").replace("1,290", "many")
    assert facts("build", torn)["build_reported"] == {**COUNTS, "tasks_done": None, "tasks_total": None, "lines": 140}
    assert files("build", torn) == BUILT


def test_a_row_of_another_length_is_read_as_far_as_it_goes() -> None:
    """Missing cells are missing, cells too many are not looked at."""
    short = DESIGN.replace("| 2 | `tests/test_orders.py` | Create | tests | (general) | 1 |", "| 2 | `a.sql` |")
    assert files("design", short)[1] == {"file": "file:a.sql", "agent": None, "type": ".sql", "test": False}
    long = DESIGN.replace("| None |\n", "| None | more | and more |\n")
    assert files("design", long) == PLANNED


def test_columns_are_found_by_name_in_any_order() -> None:
    """And more of them do no harm."""
    text = "| Agent | Cost | File |\n|-|-|-|\n| @dbt-specialist | 5 | models/a.sql |\n"
    assert files("design", text) == [
        {"file": "file:models/a.sql", "agent": "dbt-specialist", "type": ".sql", "test": False}
    ]


def planned(text: str) -> list[str]:
    """The names in a manifest."""
    return [row["file"].removeprefix("file:") for row in files("design", text)]


FILES = "| File | Agent |\n|-|-|\n| {} | @dbt-specialist |\n\n"
SUMMARY = "| Agent | Files | Why |\n|-|-|-|\n| @dbt-specialist | 2 | models |\n\n"


@pytest.mark.parametrize(
    "heading",
    ["File Manifest", "📁 File Manifest (7 files)", "4. FILE MANIFEST", "**File Manifest**: what is made"],
)
def test_a_manifest_in_several_tables_is_one(heading: str) -> None:
    """All those of its section, to the section's end; not those before and after."""
    text = (
        f"# DESIGN: Orders\n\n## Files\n\n{FILES.format('old.py')}## {heading}\n\n"
        f"### Phase 1\n\n{FILES.format('a.py')}### Phase 2\n\n{FILES.format('b.py')}"
        f"#1 of the list comes last.\n\n{FILES.format('c.py')}### Agents\n\n{SUMMARY}"
        f"## Patterns\n\n{FILES.format('d.py')}"
    )
    assert planned(text) == ["a.py", "b.py", "c.py"]


def test_a_title_is_no_section() -> None:
    """A feature may be called as its document's section is."""
    text = f"# DESIGN: File Manifest\n\n## Files\n\n{FILES.format('a.py')}## More\n\n{FILES.format('b.py')}"
    assert planned(text) == ["a.py"]


def test_created_and_modified_files_were_both_built() -> None:
    """Their lines are summed; a table without agents names none."""
    text = (
        "## Files Created\n\n| File | Lines | Agent |\n|-|-|-|\n| a.py | 100 | @dbt-specialist |\n\n"
        "## ✏️ Files Modified (1)\n\n| File | Lines | Verified |\n|-|-|-|\n| b.py | 20 | ✅ |\n"
    )
    assert files("build", text) == [
        {"file": "file:a.py", "agent": "dbt-specialist", "type": ".py", "verified": None},
        {"file": "file:b.py", "agent": None, "type": ".py", "verified": True},
    ]
    assert facts("build", text)["build_reported"]["lines"] == 120


def test_without_its_heading_a_manifest_is_the_first_table_of_files_and_agents() -> None:
    """A summary of the agents is none."""
    assert planned(f"## Manifesto\n\n{SUMMARY}{FILES.format('a.py')}{FILES.format('b.py')}") == ["a.py"]
    assert planned(f"## Agents\n\n{SUMMARY}") == []


@pytest.mark.parametrize(
    "row", ["| | **Total: 3 files** |", "| **Total** | 3 files | |", "| | Grand total | |", "| | **TOTAL** | 420 |"]
)
def test_a_row_of_totals_is_no_file(row: str) -> None:
    """Wherever it says so; a file may well be called total."""
    table = "## File Manifest\n\n| # | File | Agent |\n|-|-|-|\n| 1 | total.sql | |\n| 2 | total/a.py | |\n"
    assert planned(f"{table}{row}\n") == ["total.sql", "total/a.py"]


def test_totals_are_not_counted_twice() -> None:
    """Lines are the sum of the files."""
    text = "## Files Created\n\n| File | Lines | Agent | Verified |\n|-|-|-|-|\n| a.py | 420 | | |\n"
    assert facts("build", text + "| **Total** | 420 | | |\n") == facts("build", text)
    assert facts("build", text)["build_reported"]["lines"] == 420


@pytest.mark.parametrize(
    "cell", ["dags/b.py (new)", "`dags/b.py` (new)", "`dags/b.py` *(new)*", "./dags/b.py (new, 2)"]
)
def test_a_remark_behind_a_file_is_no_part_of_its_name(cell: str) -> None:
    """The file built is the file planned."""
    assert planned(FILES.format(cell)) == ["dags/b.py"]
    assert planned(FILES.format("app/(shop)/page.tsx")) == ["app/(shop)/page.tsx"]


def test_a_name_is_the_same_in_either_form_of_its_accents() -> None:
    """macOS may hand out `Ó` as two characters."""
    one, two = ".claude/sdd/features/DEFINE_RELAT\u00d3RIO.md", ".claude/sdd/features/DEFINE_RELATO\u0301RIO.md"
    assert document_of(one) == document_of(two) == ("define", "RELAT\u00d3RIO")


def test_an_escaped_pipe_is_no_border() -> None:
    """`a \\| b` is one cell."""
    text = DESIGN.replace("| DAG |", "| DAG \\| or `a \\| b` |")
    assert files("design", text) == PLANNED


@pytest.mark.parametrize(
    ("cell", "agent"),
    [
        ("@dbt-specialist", "dbt-specialist"),
        ("`@dbt-specialist`", "dbt-specialist"),
        ("**@dbt-specialist**", "dbt-specialist"),
        ("dbt-specialist", "dbt-specialist"),
        ("@Dbt-Specialist", "dbt-specialist"),
        ("@dbt-specialist (lead)", "dbt-specialist"),
        ("@dbt-specialist, @code-reviewer", "dbt-specialist"),
        ("@agentspec:data-engineering:dbt-specialist", "dbt-specialist"),
        ("@acme:dbt-specialist", "custom"),
        ("@our-own-agent", "custom"),
        ("(general)", "general"),
        ("(direct)", "general"),
        ("", None),
        ("-", None),
        ("—", None),
        ("N/A", None),
        ("@{agent-name}", None),
    ],
)
def test_an_agents_cell_is_a_word_of_the_list(cell: str, agent: str | None) -> None:
    """Everything else is custom; where nobody is named, nobody is."""
    assert files("design", f"| File | Agent |\n|-|-|\n| a.sql | {cell} |\n")[0]["agent"] == agent


@pytest.mark.parametrize(
    ("cell", "verified"),
    [
        ("✅", True),
        ("❌", False),
        ("✅ Yes", True),
        ("yes", True),
        ("No", False),
        ("✗", False),
        ("❌ ✅ ruff, mypy", False),
        ("No (lint fails)", False),
        ("Failed: 2 tests", False),
        ("✔️", True),
        ("✔️ ruff", True),
        ("[x]", True),
        ("[X] pytest", True),
        ("Yes (ruff, pytest)", True),
        ("Yes, by hand", True),
        ("Passed 4 of 4", True),
        ("[ ]", None),
        ("No issues", None),
        ("Not run", None),
        ("", None),
        ("later", None),
    ],
)
def test_a_mark_is_yes_or_no_or_nothing(cell: str, verified: bool | None) -> None:
    """What cannot be read is left out."""
    assert files("build", f"| File | Verified |\n|-|-|\n| a.sql | {cell} |\n")[0]["verified"] is verified


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("| **Status** | Ready for Design |", "ready"),
        ("| Status | ✅ Ready for Build |", "ready"),
        ("**Status:** Ready for Build", "ready"),
        ("Status: In Progress", "in_progress"),
        ("- **Status**: 🔄 In Progress", "in_progress"),
        ("## Status: Complete", "complete"),
        ("| Status | ✅ Complete |", "complete"),
        ("| Status | ✅ Complete (12/12 tests, 4/4 tasks) |", "complete"),
        ("| Status | ✅ Shipped |", "complete"),
        ("| Status | ❌ Blocked |", "blocked"),
        ("| Status | Needs Clarification |", "needs_clarification"),
        ("| Status | Draft |", "draft"),
        ("| Status | Incomplete |", "in_progress"),
        ("| Status | Partially complete |", "in_progress"),
        ("| Status | Not ready for Build |", "in_progress"),
        ("| Status | ✅ Complete — no items blocked |", "complete"),
        ("| Status | Complete, nothing blocked ❌ |", "complete"),
        ("| Status | ❌ 2 of 4 complete |", "blocked"),
        ("| Status | ✅ 4 of 4, none blocked |", "complete"),
        ("| Status | ✅ Approved, ready for Build |", "ready"),
        ("| Status | Unblocked, complete |", "complete"),
        ("| Status | No items blocked, complete |", "complete"),
        ("| Status | Draft — not yet complete |", "draft"),
        ("| Status | Not complete |", "in_progress"),
        ("| Status | Not yet complete |", "in_progress"),
        ("| Status | Almost complete |", "in_progress"),
        ("| Status | 90% complete |", "in_progress"),
        ("| Status | 97.5 % complete |", "in_progress"),
        ("| Status | Complete (90%) |", "in_progress"),
        ("| Status | Complete (92% coverage) |", "complete"),
        ("| Status | 100% complete |", "complete"),
        ("| Status | Blocked (90%) |", "blocked"),
        ("| Status | Draft / Ready for Build |", "unknown"),
        ("| Status | Draft/Complete |", "unknown"),
        ("| Status | {Status} |", "unknown"),
        ("| Status | Em andamento |", "unknown"),
        ("| Status |", "unknown"),
        ("", "unknown"),
        ("The status is complete.", "unknown"),
        ("| Task | Status |\n|-|-|\n| a | Complete |", "unknown"),
    ],
)
def test_a_status_is_what_the_documents_own_line_says(line: str, status: str) -> None:
    """Read only where it is unmistakable."""
    assert status_of("# Title\n\n" + line + "\n") == status


def test_an_unclear_define_is_not_done() -> None:
    """AgentSpec's gate: 12 of 15."""
    assert facts("define", DEFINE.replace("13/15", "11/15"))["document_saved"]["status"] == "needs_clarification"
    assert facts("define", DEFINE.replace("13/15", "12/15"))["document_saved"]["status"] == "ready"
    assert facts("define", DEFINE.replace("13/15", "13/10"))["scope_defined"]["clarity"] is None
    assert facts("define", DEFINE.replace("13/15", "19/15"))["scope_defined"]["clarity"] is None


@pytest.mark.parametrize(
    ("cell", "impact"),
    [
        ("New resources", "new"),
        ("Modify existing", "modify"),
        ("None", "none"),
        ("TBD", "tbd"),
        ("None - uses what is there", "none"),
        ("None - no new resources", "none"),
        ("Yes - new S3 bucket", "new"),
        ("Yes - modifies the bucket", "modify"),
        ("Modificar o bucket", "modify"),
        ("Existing bucket, no new resources", "unknown"),
        ("No new resources; role modified", "modify"),
        ("Renewed certificates", "unknown"),
        ("Nenhum", "unknown"),
        ("New resources \\| Modify existing \\| None", "unknown"),
    ],
)
def test_the_infrastructure_is_one_of_four(cell: str, impact: str) -> None:
    """In another language it is unknown."""
    text = DEFINE.replace("| **IaC Impact** | None |", f"| **IaC Impact** | {cell} |")
    assert facts("define", text)["scope_defined"]["infrastructure"] == impact


@pytest.mark.parametrize(
    ("cell", "domains"),
    [
        ("dbt, airflow", ["dbt", "airflow"]),
        ("dbt; airflow", ["dbt", "airflow"]),
        ("dbt<br>airflow", ["dbt", "airflow"]),
        ("dbt/, kb/airflow/", ["dbt", "airflow"]),
        ("[dbt, airflow]", ["dbt", "airflow"]),
        ("DBT, Airflow (DAGs)", ["dbt", "airflow"]),
        ("dbt + airflow", ["dbt", "airflow"]),
        ("dbt/airflow", ["dbt", "airflow"]),
        ("dbt / airflow", ["dbt", "airflow"]),
        ("dbt and Airflow", ["dbt", "airflow"]),
        ("dbt, spark, and airflow", ["dbt", "spark", "airflow"]),
        ("dbt & airflow", ["dbt", "airflow"]),
        (".claude/kb/dbt/index.md", ["dbt"]),
        ("Data Quality", ["data-quality"]),
        ("Data Quality checks + data_modeling", ["data-quality", "data-modeling"]),
        ("Data Quality (soda)", ["data-quality"]),
        ("N/A (nothing to look up)", []),
        ("dbt, dbt", ["dbt"]),
        ("dbt, our-secret-domain, another", ["dbt", "custom"]),
        ("None", []),
        ("N/A", []),
        ("n/a", []),
        ("TBD", []),
        ("-", []),
        ("—", []),
        ("", []),
    ],
)
def test_domains_are_words_of_the_list(cell: str, domains: list[str]) -> None:
    """Each once; strangers are custom together."""
    assert domains_of(cell) == domains


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.py", ".py"),
        ("A.PY", ".py"),
        ("deep/er/a.tf", ".tf"),
        ("a.test.ts", ".ts"),
        ("Dockerfile", "other"),
        (".env", "other"),
        ("a.secret", "other"),
        ("a.", "other"),
        ("x.py/y", "other"),
        ("", "other"),
    ],
)
def test_a_file_type_is_a_word_of_the_list(path: str, kind: str) -> None:
    """Everything else is other."""
    assert file_type_of(path) == kind


@pytest.mark.parametrize(
    "path", ["tests/a.py", "x/test/a.py", "test_a.py", "a_test.go", "a.spec.ts", "a.test.js", "__tests__/a.js"]
)
def test_a_test_says_so_in_its_path(path: str) -> None:
    """By folder or by name."""
    assert is_test(path)


@pytest.mark.parametrize("path", ["attest.py", "contest/a.py", "latest.sql", "a.py", "inspector.py"])
def test_a_path_that_only_contains_the_letters_is_no_test(path: str) -> None:
    """Whole words only."""
    assert not is_test(path)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("290", 290),
        ("~290 lines", 290),
        ("1,234", 1234),
        ("1_234", 1234),
        ("1'234", 1234),
        ("1 200", 1200),
        ("1\u00a0200 lines", 1200),
        ("12\u202f345\u202f678", None),
        ("1\u202f345\u202f678", 1345678),
        ("1 20", 1),
        ("1 2000", 1),
        ("1200 300", 1200),
        ("1 200.5", None),
        ("**290**", 290),
        ("1.5k", None),
        ("2k", None),
        ("1.234", None),
        ("290.", 290),
        ("", None),
        (None, None),
        ("none", None),
        ("{N}", None),
        ("٣", None),
        ("9" * 400, None),
    ],
)
def test_a_number_is_read_where_it_is_unmistakable(text: str | None, number: int | None) -> None:
    """`1.234` is a thousand here and a bit over one there."""
    assert number_of(text, 9_999_999) == number


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("4/5", (4, 5)),
        ("4 / 5", (4, 5)),
        ("12/12 (100%)", (12, 12)),
        ("12/12 100%", (12, 12)),
        ("✅ 11/12", (11, 12)),
        ("{X}/{Y}", (None, None)),
        ("4", (None, None)),
        ("all", (None, None)),
        (None, (None, None)),
        ("99999/99999", (None, None)),
    ],
)
def test_a_fraction_is_two_numbers(text: str | None, fraction: tuple[int | None, int | None]) -> None:
    """Or nothing."""
    assert fraction_of(text, 9999) == fraction


def test_a_long_manifest_comes_in_parts() -> None:
    """Of 36 rows, eight at most; the total says how many there were."""
    rows = "".join(f"| {number} | src/f{number}.py | @dbt-specialist |\n" for number in range(400))
    found = document_facts("design", "ORDERS", "## File Manifest\n\n| # | File | Agent |\n|-|-|-|\n" + rows, plainly)[
        1:
    ]
    assert [fields["part"] for _, _, fields in found] == list(range(1, 9))
    assert {(fields["parts"], fields["total"], len(fields["files"])) for _, _, fields in found} == {(8, 400, 36)}


@pytest.mark.parametrize(
    "noise",
    ["x" * 2_000_000, "|" * 2_000_000, "| a " * 500_000, "|-|\n" * 500_000, "```\n" * 500_000, "# \n" * 600_000],
    ids=["letters", "pipes", "cells", "rulers", "fences", "headings"],
)
def test_two_megabytes_are_read_in_time(noise: str) -> None:
    """Whatever they are; what stands before them is still read."""
    start = time.process_time()
    found = document_facts("design", "ORDERS", DESIGN + "\n\n" + noise, plainly)
    assert time.process_time() - start < 5
    assert found[1][2]["files"][:2] == PLANNED


@settings(max_examples=300)
@given(
    st.text("|-`*#~\\/{}: \n\r\tabFileAgent✅0123", max_size=300),
    st.sampled_from(["define", "design", "build", "ship"]),
)
def test_no_document_is_too_odd(text: str, document: str) -> None:
    """Whatever a model writes, the document was saved."""
    assert document_facts(document, "ORDERS", text, plainly)[0][0] == "document_saved"
    assert all(len(row) for table in tables_of(text) for row in table.rows)


def test_an_edit_is_read_as_the_whole_file_it_leaves() -> None:
    """Rebuilt from what the CLI says it was before."""
    [saved, *_] = seen(edit("features/DEFINE_ORDERS.md", DEFINE, "Ready for Design", "Needs Clarification"))
    assert saved[2]["status"] == "needs_clarification"
    [_, (_, _, fields)] = seen(edit("features/DESIGN_ORDERS.md", DESIGN, "@pipeline-architect", "@dbt-specialist"))
    assert [row["agent"] for row in fields["files"]] == ["dbt-specialist", "general"]


def test_an_edit_that_deletes_a_row_takes_its_line_along() -> None:
    """As 2.1.330 and 2.1.197 do: a blank line in its place would cut the table in two."""
    row = "| 1 | `dags/orders.py` | Create | DAG | @pipeline-architect | None |"
    [_, (_, _, fields)] = seen(edit("features/DESIGN_ORDERS.md", DESIGN, row, ""))
    assert fields["files"] == PLANNED[1:]


def test_an_edit_of_curly_quotes_uses_the_answers_own_words() -> None:
    """The CLI looks for what the file has, not for what was asked."""
    before = DESIGN.replace("DAG", "“DAG”")
    payload = edit("features/DESIGN_ORDERS.md", before, "“DAG” | @pipeline-architect", '"DAG" | @dbt-specialist')
    payload["tool_input"]["old_string"] = '"DAG" | @pipeline-architect'
    assert seen(payload)[1][2]["files"][0]["agent"] == "dbt-specialist"


def test_an_edit_everywhere_is_made_everywhere() -> None:
    """replace_all."""
    text = DESIGN.replace("(general)", "@pipeline-architect")
    once, everywhere = (
        seen(edit("features/DESIGN_ORDERS.md", text, "@pipeline-architect", "@dbt-specialist", replaceAll=whether))
        for whether in (False, True)
    )
    assert [row["agent"] for row in once[1][2]["files"]] == ["dbt-specialist", "pipeline-architect"]
    assert [row["agent"] for row in everywhere[1][2]["files"]] == ["dbt-specialist", "dbt-specialist"]


@pytest.mark.parametrize("missing", ["originalFile", "oldString", "newString"])
def test_an_edit_that_cannot_be_rebuilt_says_only_that_it_was_saved(missing: str) -> None:
    """Never guessed."""
    payload = edit("features/DEFINE_ORDERS.md", DEFINE, "a", "b", **{missing: None})
    assert seen(payload) == [("document_saved", "feature:ORDERS", {"document": "define", "status": "unknown"})]


def test_an_ordinary_file_is_nobodys_business() -> None:
    """Written or edited."""
    assert seen(write("/home/dev/shop/dags/orders.py", DESIGN)) == []
    assert seen(edit("/home/dev/shop/README.md", DESIGN, "a", "b")) == []
