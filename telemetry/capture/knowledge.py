"""Reads of a knowledge base: which domain, and whether it was a page of patterns."""

from __future__ import annotations

from telemetry.contract.vocabulary import DOMAINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from telemetry.capture.observe import Fact, Ref


def knowledge_facts(path: object, ref: Ref) -> list[Fact]:
    """A Read of `…/kb/{domain}/…`; nothing for a `kb` folder that is not AgentSpec's."""
    if not isinstance(path, str):
        return []
    folders = path.replace("\\", "/").split("/")
    file = folders.pop()
    if "kb" not in folders or not file.endswith((".md", ".yaml", ".yml")):
        return []
    at = len(folders) - 1 - folders[::-1].index("kb")
    if at + 1 >= len(folders):
        return []
    domain = folders[at + 1].lower()
    if domain not in DOMAINS:
        if ".claude" not in folders[:at] and "agentspec" not in folders[:at]:
            return []
        domain = "custom"
    page = "/".join([*folders[at + 1 :], file])
    is_pattern = "patterns" in folders[at + 2 :]
    return [("knowledge_read", None, {"domain": domain, "pattern": ref("page", page) if is_pattern else None})]
