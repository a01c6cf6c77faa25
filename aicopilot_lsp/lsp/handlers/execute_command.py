"""`workspace/executeCommand`: that a suggestion was accepted, and why there is none."""

from lsprotocol import types

from aicopilot_lsp.lsp.capabilities import ACCEPT_COMMAND, WHY_NOTHING_COMMAND
from aicopilot_lsp.lsp.explain import explain
from aicopilot_lsp.lsp.params import InvalidParamsError
from aicopilot_lsp.lsp.session import Session


def execute_command(session: Session, params: types.ExecuteCommandParams) -> str | None:
    """Reads live state; instant.

    `aicopilot.accept` takes a suggestion's id and gives nothing. `aicopilot.whyNothing` takes a
    document's URI (without one: the document asked for last) and gives a text; with a second
    argument of true the text is shown as a message, too.
    """
    arguments = list(params.arguments or ())
    match params.command, arguments:
        case (command, [str(suggestion_id)]) if command == ACCEPT_COMMAND:
            if session.engine is not None:
                session.engine.accepted(suggestion_id)
            return None
        case (command, [] | [str()] | [str(), bool()]) if command == WHY_NOTHING_COMMAND:
            uri = str(arguments[0]) if arguments else session.last_uri
            text = _why_nothing(session, uri)
            if len(arguments) > 1 and arguments[1]:
                session.notices.say(text)
            return text
    raise InvalidParamsError("not a command of this server with its arguments")


def _why_nothing(session: Session, uri: str) -> str:
    if reason := session.documents.suspended(uri):
        return f"There are no suggestions in this file because {reason}. Close and open it again."
    if uri not in session.documents:
        return "The editor has not opened this file with this server."
    if session.engine is None:
        return "The server has no model; its log and `aicopilot doctor` say why."
    return explain(session.engine.last_outcome(uri))
