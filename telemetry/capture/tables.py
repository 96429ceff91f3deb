"""Markdown tables, read with tolerance.

The documents are written by a model: tables may be missing, spaced otherwise, in bold or
backticks, under translated headings, two megabytes long. What cannot be read is left out.
"""

from __future__ import annotations

MAX_ROWS = 10_000
MAX_LINE = 10_000
_BLANKS = " \u00a0\u202f"  # between thousands where a comma is the decimal point


class Table:
    """One table: the headings it stands under, its header cells and its rows, all without markup."""

    __slots__ = ("header", "headings", "rows")

    def __init__(self, headings: list[str], header: list[str]) -> None:
        self.headings = headings
        self.header = header
        self.rows: list[list[str]] = []

    def column(self, *words: str) -> int | None:
        """Number of the first column whose header is one of `words`."""
        for number, cell in enumerate(self.header):
            if cell.lower() in words:
                return number
        return None


def tables_of(text: str) -> list[Table]:
    """Every table of the document outside its code fences."""
    tables: list[Table] = []
    path: list[tuple[int, str]] = []
    fence, before, current = "", "", None
    for line in text.splitlines():
        stripped = line.strip() if len(line) < MAX_LINE else ""
        if fence:
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                fence = ""
            continue
        if stripped.startswith(("```", "~~~")):
            fence, current, before = stripped[: len(stripped) - len(stripped.lstrip(stripped[0]))], None, ""
        elif not stripped.startswith("|"):
            current, before = None, ""
            if stripped.startswith("#"):
                path = below(path, stripped)
        elif current is not None:
            if len(current.rows) < MAX_ROWS:
                current.rows.append(cells_of(stripped))
        elif before and is_ruler(stripped):
            current = Table([heading for _, heading in path], cells_of(before))
            tables.append(current)
        else:
            before = stripped
    return tables


def below(path: list[tuple[int, str]], line: str) -> list[tuple[int, str]]:
    """The headings that hold after a line that starts with `#`, outermost first, with their levels."""
    title = line.lstrip("#")
    level = len(line) - len(title)
    if level > 6 or (level == 1 and title[:1].strip()):  # `#1 of the list` is no heading
        return path
    return [outer for outer in path if outer[0] < level] + [(level, plain(title))]


def is_ruler(line: str) -> bool:
    """Whether the line is the `|---|:--:|` under a header."""
    return "-" in line and not line.strip("|:- \t")


def cells_of(line: str) -> list[str]:
    """The cells of one row; `\\|` is no border."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [plain(cell.replace("\0", "|")) for cell in inner.replace("\\|", "\0").split("|")]


def plain(cell: str) -> str:
    """The cell's text without bold, backticks and blanks."""
    return cell.replace("**", "").replace("`", "").strip().strip("*_").strip()


def cell(row: list[str], column: int | None) -> str:
    """The row's cell in that column, or an empty text."""
    return row[column] if column is not None and column < len(row) else ""


def value_of(tables: list[Table], key: str) -> str | None:
    """The second cell of the first row whose first cell is `key`, in any table."""
    for table in tables:
        for row in table.rows:
            if len(row) > 1 and row[0].lower() == key:
                return row[1]
    return None


def number_of(text: str | None, limit: int) -> int | None:
    """The first whole number in the text (`1,234`, `1 234` and `~120 lines` too), or None past the limit.

    None as well for `1.5k` and `1.234`, which may be one thing here and another there.
    """
    text = text or ""
    digits, rest, grouped = "", "", False
    for at, char in enumerate(text):
        if "0" <= char <= "9":
            digits += char
        elif digits and char in _BLANKS and (grouped or len(digits) <= 3) and _is_group(text[at + 1 : at + 5]):
            grouped = True
        elif digits and char not in ",_'":
            rest = text[at : at + 2]
            break
    if rest[:1].lower() in ("k", "m") or (rest[:1] == "." and rest[1:].isdigit()):
        return None
    return int(digits) if digits and len(digits) <= 9 and int(digits) <= limit else None


def _is_group(text: str) -> bool:
    """Whether exactly three digits come next; `12 100%` are two numbers."""
    digits, after = text[:3], text[3:]
    return len(digits) == 3 and digits.isascii() and digits.isdigit() and not after.isdigit() and after != "%"


def fraction_of(text: str | None, limit: int) -> tuple[int | None, int | None]:
    """`X/Y` → (X, Y); (None, None) where it is no fraction."""
    first, slash, second = (text or "").partition("/")
    done, total = number_of(first, limit), number_of(second, limit)
    return (done, total) if slash and done is not None and total is not None else (None, None)
