"""What the hook's codes mean and what to do about them. A code is all the hook ever leaves behind."""

from __future__ import annotations

_CODES = {
    "disk_full": ("the disk is full, or a quota is used up", "Free some space; recording goes on by itself."),
    "symlink": (
        "a symbolic link, or something that is no folder, stands where the store should be",
        "Look at .claude and .claude/telemetry; nothing is written through a link.",
    ),
    "foreign_file": (
        "a file of the store is a link, a pipe, or belongs to somebody else",
        "Look at the files in .claude/telemetry and delete what is not yours.",
    ),
    "foreign_store": (
        "the store belongs to another user",
        "Run as its owner, or delete .claude/telemetry so that your own is made.",
    ),
    "home_folder": (
        "the project is the home folder, where Claude Code keeps files of its own in .claude/telemetry",
        "Start Claude Code in a project's folder.",
    ),
    "bad_key": (
        "the store's key has the wrong size",
        "Delete .claude/telemetry/key: a new one is made, and new events are not linked to old ones.",
    ),
    "short_write": ("an event was cut off while it was written", "Usually a full disk; the torn line is set aside."),
    "bad_event": ("an event was not valid and was not written", "A bug: please report it with this code."),
    "large_event": ("an event was over 4 KiB and was not written", "A bug: please report it with this code."),
    "erofs": ("the file system is read-only", "Nothing can be recorded here until it is writable."),
    "eacces": ("permission was denied", "Give yourself write permission on .claude/telemetry."),
    "eperm": ("the operation was not permitted", "Look at the owner and the flags of .claude/telemetry."),
    "busy": (
        "another agentspec held this project's reports for a minute, and the daemon ended",
        "Usually a server that does not answer; the next session starts another.",
    ),
    "not_counted": (
        "what leaves could not be counted in your state folder, so nothing left, and the daemon ended",
        "Make ~/.local/state/agentspec-telemetry writable, and yours alone; the next session starts another.",
    ),
    "no_project": ("the project's folder could not be opened", "Check that it exists and that you may read it."),
}


def explained(code: str) -> tuple[str, str]:
    """What a code means, and what to do."""
    if code.startswith("bug_"):
        return f"the hook met a bug ({code.removeprefix('bug_')})", "Please report it with this code."
    return _CODES.get(code, (f"the system answered {code}", "See docs/failures.md."))
