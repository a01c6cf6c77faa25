"""Whether a workspace is trusted: the client says so, or the user on the command line; no one else.

LSP has no field for it. Clients that know trust (VS Code) send `trusted` in initializationOptions;
without it a workspace is not trusted. What trust allows is in merge.py; even a trusted workspace
chooses no endpoint, key, header, command or path (INV-6).
"""

from collections.abc import Mapping


def is_trusted(client: Mapping[str, object] | None, *, by_user: bool = False) -> bool:
    """Whether the workspace may do more than narrow.

    Parameters
    ----------
    client : mapping or None
        initializationOptions. Only the JSON value true counts: "true" and 1 do not.
    by_user : bool
        The command line's `--trust`.
    """
    return by_user or (client is not None and client.get("trusted") is True)
