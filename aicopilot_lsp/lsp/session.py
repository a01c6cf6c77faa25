"""What a server knows between messages: one client, its documents, the settings, the engine.

The handlers' shared state, and nothing but state. It belongs to the event loop; no other thread
touches it. What changes it over time is in configuration.py and handlers/.
"""

from aicopilot_lsp.completion.types import OutcomeKind
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.context.index.services import IndexServices
from aicopilot_lsp.lsp.client import Client, Folder
from aicopilot_lsp.lsp.diagnostics import Diagnostics
from aicopilot_lsp.lsp.documents import Documents
from aicopilot_lsp.lsp.engine import Engine
from aicopilot_lsp.lsp.files import Places
from aicopilot_lsp.lsp.gate import Gate
from aicopilot_lsp.lsp.history import History
from aicopilot_lsp.lsp.latest import Latest
from aicopilot_lsp.lsp.model_progress import ModelProgress
from aicopilot_lsp.lsp.notices import Notices
from aicopilot_lsp.lsp.other_servers import OtherServers
from aicopilot_lsp.lsp.pages import Asks, Pages
from aicopilot_lsp.lsp.shown import Shown


class Session:
    """One client's session, from its `initialize` on (before it, with an unknown client).

    Attributes
    ----------
    engine : Engine or None
        None until settings have been read, and where no engine could be made.
    ready : Gate
        Open when what is known to have changed is in force, or has been waited for long enough.
    last_uri : str
        The document that was asked for last.
    """

    def __init__(
        self,
        notices: Notices,
        progress: ModelProgress,
        pages: Pages,
        indexes: IndexServices,
        peer: Asks,
    ) -> None:
        self.client = Client()
        self.documents = Documents()
        self.folders: dict[str, Folder] = {}
        self.settings = Settings()
        self.engine: Engine | None = None
        self.latest = Latest()
        self.notices = notices
        self.progress = progress
        self.pages = pages
        self.ready = Gate()
        self.places = Places()
        self.shown = Shown(self.places)
        self.history = History()
        self.diagnostics = Diagnostics()
        self.other_servers = OtherServers(peer, self.places)
        self.indexes = indexes
        self.last_uri = ""

    def begin(self, client: Client) -> None:
        """Take over what the client said in `initialize`."""
        self.client = client
        self.documents = Documents(client.encoding)
        self.folders = {folder.uri: folder for folder in client.folders}

    def note(self, uri: str, kind: OutcomeKind, reason: str | None = None) -> None:
        """Record what became of a request that ended before the engine had it."""
        if self.engine is not None:
            self.engine.note(uri, kind, reason)

    def offers_items(self) -> bool:
        """Whether suggestions are completion items, too."""
        wanted = self.settings.completion.completion_items
        return wanted == "always" or (wanted == "auto" and not self.client.inline_completion)
