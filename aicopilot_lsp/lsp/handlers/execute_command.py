"""`workspace/executeCommand`: that a suggestion was accepted, why there is none, and where one came
from."""

from lsprotocol import types

from aicopilot_lsp.lsp.capabilities import ACCEPT_COMMAND, EXPLAIN_COMMAND, WHY_NOTHING_COMMAND
from aicopilot_lsp.lsp.explain import explain, last_outcome, page
from aicopilot_lsp.lsp.params import InvalidParamsError
from aicopilot_lsp.lsp.session import Session

_NOT_SHOWN = (
    "The page with all about it can't be shown in this editor; `aicopilot explain FILE --at "
    "LINE:COLUMN` prints it in a terminal."
)


def execute_command(session: Session, params: types.ExecuteCommandParams) -> str | None:
    """Reads live state; instant. What it has shown is shown later.

    `aicopilot.accept` takes a suggestion's id and gives nothing. The others take a document's URI
    (without one: the document asked for last) and give a text, which is shown, too, where a second
    argument is true: `aicopilot.whyNothing` a line, as a message; `aicopilot.explain` a page in
    Markdown, as a document.
    """
    arguments = list(params.arguments or ())
    match params.command, arguments:
        case (command, [str(suggestion_id)]) if command == ACCEPT_COMMAND:
            if session.engine is not None:
                session.engine.accepted(suggestion_id)
            return None
        case (command, [] | [str()] | [str(), bool()]) if command in _TELLING:
            uri = str(arguments[0]) if arguments else session.last_uri
            show = len(arguments) > 1 and bool(arguments[1])
            return _TELLING[command](session, uri, show=show)
    raise InvalidParamsError("not a command of this server with its arguments")


def _why_nothing(session: Session, uri: str, *, show: bool) -> str:
    text = explain(last_outcome(session, uri))
    if show:
        session.notices.say(text)
    return text


def _explain(session: Session, uri: str, *, show: bool) -> str:
    outcome = last_outcome(session, uri)
    text = page(session, uri)
    if show and isinstance(outcome, str):
        session.notices.say(outcome)
    elif show:
        in_short = f"{explain(outcome)} {_NOT_SHOWN}"
        session.pages.show(session.client, uri, text, lambda: session.notices.say(in_short))
    return text


_TELLING = {WHY_NOTHING_COMMAND: _why_nothing, EXPLAIN_COMMAND: _explain}
