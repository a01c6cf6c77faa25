"""Resolves settings from texts, as a test has them, instead of files."""

from collections.abc import Mapping
from pathlib import Path

from aicopilot_lsp.config.load import Resolved, resolve


class Configured:
    """A user's file and workspace folders under one temporary directory."""

    def __init__(self, tmp_path: Path) -> None:
        self.user_file = tmp_path / "config.toml"
        self.root = tmp_path / "root"
        self.root.mkdir(exist_ok=True)
        self.workspace_file = self.root / ".aicopilot.toml"

    def resolve(
        self,
        *,
        user: str | bytes | None = None,
        client: Mapping[str, object] | None = None,
        client_settings: Mapping[str, object] | None = None,
        workspace: str | bytes | None = None,
        trusted: bool = False,
    ) -> Resolved:
        """Write what is given to its place and resolve."""
        for path, text in ((self.user_file, user), (self.workspace_file, workspace)):
            if text is not None:
                path.write_bytes(text.encode() if isinstance(text, str) else text)
                path.chmod(0o600)
        return resolve(
            config_file=self.user_file if user is not None else None,
            client=client,
            client_settings=client_settings,
            workspace_roots=[self.root],
            trusted=trusted,
        )

    def said(self, resolved: Resolved) -> list[str]:
        """The problems as people see them, without the directory."""
        base = f"{self.root.parent}/"
        return [str(problem).replace(base, "") for problem in resolved.problems]
