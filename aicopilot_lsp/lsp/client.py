"""What the client said of itself in `initialize`.

Read by hand and with forgiveness: a capability of an unexpected shape counts as not declared. A
server that refuses to start because an editor's newest release added a value to an enumeration
helps nobody, and lsprotocol's strict types take 45 ms for the same 20 facts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from aicopilot_lsp.text.positions import PositionEncoding

_AS_IS = 1  # InsertTextMode.asIs


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A workspace folder."""

    uri: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The facts about a client that change what we do.

    Attributes
    ----------
    encoding : PositionEncoding
        The client's first that we know; UTF-16 where it names none.
    options : mapping
        `initializationOptions` without `trusted`. May hold keys: never printed.
    trusted : bool
        `initializationOptions.trusted`; LSP has no field for it.
    snippets, as_is, markdown, commit... : what its completion items can do.
    shows_documents : bool
        It opens a document for its user when asked to ...
    reads_content : bool
        ... also one that it has to ask the server for the text of.
    tells_definitions : bool
        It asks its other servers for us where names are defined (other_servers.py).
    """

    name: str = ""
    process_id: int | None = None
    encoding: PositionEncoding = PositionEncoding.UTF16
    folders: tuple[Folder, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    trusted: bool = False
    inline_completion: bool = False
    registers_completion: bool = False
    snippets: bool = False
    as_is: bool = False
    markdown: bool = False
    configuration: bool = False
    registers_configuration: bool = False
    registers_watched_files: bool = False
    progress: bool = False
    shows_documents: bool = False
    reads_content: bool = False
    tells_definitions: bool = False

    @classmethod
    def from_initialize(cls, params: Mapping[str, Any]) -> "Client":
        """Read `InitializeParams` as they came; anything may be missing or wrong."""
        capabilities = _mapping(params, "capabilities")
        completion = _mapping(capabilities, "textDocument", "completion")
        item = _mapping(completion, "completionItem")
        inline = _mapping(capabilities, "textDocument").get("inlineCompletion")
        workspace = _mapping(capabilities, "workspace")
        window = _mapping(capabilities, "window")
        ours = _mapping(capabilities, "experimental", "aicopilot")
        options = dict(_mapping(params, "initializationOptions"))
        process_id = params.get("processId")
        return cls(
            name=_text(_mapping(params, "clientInfo").get("name")),
            process_id=process_id if _is_process_id(process_id) else None,
            encoding=_encoding(_mapping(capabilities, "general").get("positionEncodings")),
            folders=tuple(_folders(params)),
            trusted=options.pop("trusted", False) is True,
            options=MappingProxyType(options),
            # An empty object declares it; some clients send `true`.
            inline_completion=isinstance(inline, Mapping) or inline is True,
            registers_completion=_registers(capabilities, "textDocument", "completion"),
            snippets=item.get("snippetSupport") is True,
            as_is=_AS_IS in _list(_mapping(item, "insertTextModeSupport").get("valueSet")),
            markdown="markdown" in _list(item.get("documentationFormat")),
            configuration=workspace.get("configuration") is True,
            progress=window.get("workDoneProgress") is True,
            shows_documents=_mapping(window, "showDocument").get("support") is True,
            reads_content=isinstance(workspace.get("textDocumentContent"), Mapping),
            tells_definitions=ours.get("definitions") is True,
            registers_configuration=_registers(workspace, "didChangeConfiguration"),
            registers_watched_files=_registers(workspace, "didChangeWatchedFiles"),
        )


def folder_of(value: object) -> Folder | None:
    """A WorkspaceFolder, if `value` is one."""
    if not isinstance(value, Mapping) or not isinstance(value.get("uri"), str):
        return None
    return Folder(uri=value["uri"], name=_text(value.get("name")))


def _folders(params: Mapping[str, Any]) -> Iterator[Folder]:
    folders = _list(params.get("workspaceFolders"))
    yield from filter(None, map(folder_of, folders))
    if not folders and isinstance(params.get("rootUri"), str):
        yield Folder(uri=params["rootUri"])


def _encoding(offered: object) -> PositionEncoding:
    known = {encoding.value: encoding for encoding in PositionEncoding}
    names = [name for name in _list(offered) if isinstance(name, str)]
    return next((known[name] for name in names if name in known), PositionEncoding.UTF16)


def _mapping(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for key in path:
        found = value.get(key)
        value = found if isinstance(found, Mapping) else {}
    return value


def _registers(value: Mapping[str, Any], *path: str) -> bool:
    return _mapping(value, *path).get("dynamicRegistration") is True


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_process_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
