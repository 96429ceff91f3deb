"""Judges: what was judged, by how many, and what they said.

A judge's feedback is looked at here for its verdict and confidence, and goes no further.
"""

from __future__ import annotations

from telemetry.capture.commands import DOCUMENTS, feature_of_path
from telemetry.contract.vocabulary import PHASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from telemetry.capture.observe import Fact, Ref

_PROGRAMS = ("judge.py", "spec-judge", "spec_judge")
_ENDS = frozenset((";", "|", "&&", "&", "(", ")"))
# What a program's name may follow.
_STARTS = _ENDS | frozenset(("", "do", "then", "else", "!", "{", "time", "env", "exec", "sh", "bash"))
_SEATS = {"smoke": 1, "standard": 3, "high-assurance": 4}
_WITHOUT_CONFIDENCE = {"pass": 100, "warn": 60, "fail": 20}


def judge_facts(command: object, output: str, ref: Ref) -> list[Fact]:
    """The verdict of one Bash call that ran a judge; nothing for any other call."""
    if not isinstance(command, str):
        return []
    words = _words(command)
    start = next((number for number, word in enumerate(words) if _runs_judge(words, number, word)), None)
    if start is None:
        return []
    end = next((number for number in range(start, len(words)) if words[number] in _ENDS), len(words))
    call = words[start + 1 : end]
    target = next((word for word in call if word.endswith(".md") and "_" in word), "")
    feature = feature_of_path(target)
    verdict, confidence = verdict_of(output) if _may_rule(output) else ("none", None)
    fields: dict[str, object] = {
        "phase": _phase(call, target),
        "verdict": verdict,
        "score": score_of(verdict, confidence),
        "seats": _seats(words[start], call),
    }
    return [("judge_ruled", ref("feature", feature) if feature else None, fields)]


def _words(command: str) -> list[str]:
    """The command's words without quotes; a line's end is a `;`."""
    text = command.replace("\\\n", " ").replace("\n", " ; ").replace("&&", " && ")
    for sign in ";|()":
        text = text.replace(sign, f" {sign} ")
    return [word.strip("\"'`") for word in text.split()]


def _runs_judge(words: list[str], number: int, word: str) -> bool:
    """Whether this word is the judge being run, not a file being read or searched for."""
    if word.rpartition("/")[2] not in _PROGRAMS:
        return False
    at = number - 1
    while at >= 0 and (words[at].startswith("-") or "=" in words[at]):
        at -= 1  # options of the interpreter, variables
    before = words[at].rpartition("/")[2].lstrip("$") if at >= 0 else ";"
    if before == "run" and at:
        before = words[at - 1].rpartition("/")[2]  # `uv run judge.py`
        return before in ("uv", "poetry", "pdm", "hatch")
    return before in _STARTS or before.startswith("python")


def _may_rule(output: str) -> bool:
    """Whether the exit code leaves room for a verdict; 2 and above do not (host facts, A9 and B4)."""
    first = output[:40].partition("\n")[0]
    return not first.startswith("Exit code ") or first == "Exit code 1"


def verdict_of(output: str) -> tuple[str, float | None]:
    """(`pass` | `warn` | `fail`, confidence 0 to 1 or None); (`none`, None) for a judge that broke.

    The last verdict in the text counts, be it spec-judge's or judge.py's JSON or markdown.
    """
    best, where = "none", -1
    for label in ('"verdict"', '"level"', "Judge Verdict"):
        at = output.rfind(label)
        word = _word_after(output, at + len(label)) if at > where else ""
        if word in ("pass", "warn", "fail"):
            best, where = word, at
    if where < 0:
        return "none", None
    return best, _confidence(output, where)


def score_of(verdict: str, confidence: float | None) -> int | None:
    """Tenths of a point of 10; AgentSpec's confidence where there is one (host facts, B5)."""
    if verdict == "none":
        return None
    if confidence is None:
        return _WITHOUT_CONFIDENCE[verdict]
    return round(100 * (1 - confidence if verdict == "fail" else confidence))


def _word_after(text: str, at: int) -> str:
    """The first run of letters after a label, in lower case, within one line's reach."""
    rest = text[at : at + 24].lstrip(" \t:\"'*—–-")
    end = 0
    while end < len(rest) and rest[end].isalpha():
        end += 1
    return rest[:end].lower()


def _confidence(text: str, verdict_at: int) -> float | None:
    """The number after the `confidence` that follows the verdict."""
    at = text.lower().find("confidence", verdict_at)
    if at < 0:
        return None
    rest = text[at + 10 : at + 40].lstrip(" \t:\"'*")
    end = 0
    while end < len(rest) and (rest[end].isdigit() or rest[end] == ".") and rest[end].isascii():
        end += 1
    try:
        value = float(rest[:end])
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _phase(call: list[str], target: str) -> str | None:
    for number, word in enumerate(call):
        named = word[8:] if word.startswith("--phase=") else ""
        if word == "--phase" and number + 1 < len(call):
            named = call[number + 1]
        if named in PHASES:
            return named
    file = target.rpartition("/")[2]
    return next((phase for start, phase in DOCUMENTS.items() if file.startswith(start)), None)


def _seats(program: str, call: list[str]) -> int:
    if program.endswith("judge.py"):
        return 1
    for number, word in enumerate(call):
        tier = word[7:] if word.startswith("--tier=") else ""
        if word == "--tier" and number + 1 < len(call):
            tier = call[number + 1]
        if tier in _SEATS:
            return _SEATS[tier]
    return _SEATS["standard"]
