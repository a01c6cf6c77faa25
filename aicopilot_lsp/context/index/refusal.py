"""Why a file of the workspace is not read: the reason codes, and what they mean to a person."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Refusal(StrEnum):
    """The value is the code in the index's notes, counts and explanations."""

    OUTSIDE = "outside"
    LINK = "link"
    NOT_A_FILE = "not-a-file"
    UNREADABLE = "unreadable"
    NAME = "name"
    TOO_DEEP = "too-deep"
    TOO_MANY = "too-many"
    FOLDER = "folder"
    GITIGNORE = "gitignore"
    AICOPILOTIGNORE = "aicopilotignore"
    EXCLUDED = "excluded"
    SECRET = "secret-name"  # noqa: S105 - a reason code
    GENERATED = "generated"
    TOO_LARGE = "too-large"
    BINARY = "binary"
    MINIFIED = "minified"
    TOO_SLOW = "too-slow"
    CRASHES = "crashes"
    FAILED = "failed"


MEANING: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.OUTSIDE: "It lies outside of the workspace folder.",
        Refusal.LINK: "It is a symbolic link, or lies behind one. Links are not followed: what one"
        " in the folder leads to is read where it lies, if that is in the folder too.",
        Refusal.NOT_A_FILE: "It is not there, or no regular file but a folder, a pipe, a socket or"
        " a device.",
        Refusal.UNREADABLE: "It can't be read: the system says no.",
        Refusal.NAME: "Its name is not valid UTF-8, or holds control characters.",
        Refusal.TOO_DEEP: "It lies too many folders deep.",
        Refusal.TOO_MANY: "The workspace has more files than are indexed; shallow and recently"
        " changed ones go first.",
        Refusal.FOLDER: "It lies in a folder of a version control system, of installed packages,"
        " of caches or of build results.",
        Refusal.GITIGNORE: "A .gitignore or .git/info/exclude names it."
        " A line with ! in .aicopilotignore brings it back.",
        Refusal.AICOPILOTIGNORE: "An .aicopilotignore names it.",
        Refusal.EXCLUDED: "completion.exclude or context.exclude in the configuration names it.",
        Refusal.SECRET: "Its name is one that files with keys and passwords have.",
        Refusal.GENERATED: "Its name is one that generated files and plain data have.",
        Refusal.TOO_LARGE: "It is larger than context.max_file_kb.",
        Refusal.BINARY: "It is not text.",
        Refusal.MINIFIED: "Its lines are too long to be written by hand.",
        Refusal.TOO_SLOW: "Parsing it took too long. It is tried again when it changes.",
        Refusal.CRASHES: "Parsing it ended the worker process, or hung it, twice. It is"
        " tried again when it changes.",
        Refusal.FAILED: "Something went wrong when it was parsed. It is tried again when it"
        " changes.",
    }
)
