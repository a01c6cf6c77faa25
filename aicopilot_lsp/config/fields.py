"""How an option is declared: what it may hold, in words, and what a workspace may do with it.

`option`, `whole` and `choice` make the fields of options.py; the rest reads them back. The words
are the manual's, and those of the messages about a wrong value.
"""

from enum import StrEnum
from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo


class WorkspaceRule(StrEnum):
    """What a workspace may do with an option; the value is the manual's text."""

    NEVER = "nothing"
    IF_TRUSTED = "set it, if trusted"
    SWITCH_OFF = "switch it off; on only if trusted"
    LOWER = "lower it; raise it only if trusted"
    ADD = "add to it"
    ADD_IF_TRUSTED = "add to it, if trusted"


def expects(field: FieldInfo) -> str:
    """What a field takes, in words that follow "must be"."""
    return str(_extra(field)["expects"])


def workspace_rule(field: FieldInfo) -> WorkspaceRule:
    return WorkspaceRule(_extra(field)["workspace"])


def _extra(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def option(
    about: str, expects: str, *, workspace: WorkspaceRule = WorkspaceRule.NEVER, **limits: Any
) -> Any:
    return Field(
        default=None,
        description=about,
        strict=True,
        json_schema_extra={"expects": expects, "workspace": workspace},
        **limits,
    )


def whole(
    about: str, unit: str, low: int, high: int, *, workspace: WorkspaceRule = WorkspaceRule.NEVER
) -> Any:
    phrase = f"a whole number of {unit} from {low} to {high}"
    return option(about, phrase, workspace=workspace, ge=low, le=high)


def choice(about: str, *choices: str, workspace: WorkspaceRule = WorkspaceRule.NEVER) -> Any:
    quoted = [f'"{choice}"' for choice in choices]
    phrase = f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    return option(about, phrase, workspace=workspace, pattern=f"^(?:{'|'.join(choices)})$")
