"""Stand-in for AgentSpec's judge: says what $STANDIN_VERDICT tells it to, in the real one's words and exit codes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

CONFIDENCE = {"PASS": 0.88, "FAIL": 0.7}


def main() -> int:
    """0 PASS, 1 FAIL, 2 not set up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--phase")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--context", default="")
    asked = parser.parse_args()
    verdict = os.environ.get("STANDIN_VERDICT", "PASS")
    if verdict not in CONFIDENCE:
        print("judge: no key is set for the judging model", file=sys.stderr)
        return 2
    quoted = Path(asked.file).read_text(encoding="utf-8").splitlines()[0]
    if asked.json:
        said = {"verdict": verdict, "confidence": CONFIDENCE[verdict], "summary": quoted}
        print(json.dumps({**said, "concerns": [asked.context], "suggested_fixes": []}, indent=2))
    else:
        print(f"## Judge Verdict — {verdict}\n\n**Confidence:** {CONFIDENCE[verdict]}\n\n{quoted}\n{asked.context}")
    return 0 if verdict == "PASS" else 1


if __name__ == "__main__":
    raise SystemExit(main())
