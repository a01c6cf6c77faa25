"""Options as people write them: every key of the configuration, what it may hold, what it means.

Each key is optional and each is validated by itself, so that one wrong value costs one key. The
description of a field is the manual's text (docs/CONFIGURATION.md is generated from this file), and
its `workspace` rule says what a file in a project may do with it. Settings (settings.py) are what
becomes of the options; the defaults are there.

This module imports pydantic: load.py imports it only where there is an option to read.
"""

from pydantic import BaseModel, ConfigDict, field_validator

from aicopilot_lsp.config.fields import WorkspaceRule, choice, option, whole
from aicopilot_lsp.config.values import (
    Folder,
    HeaderName,
    HeaderValue,
    Line,
    Name,
    Pattern,
    ProxyUrl,
    Url,
    Variable,
)

MAX_LIST_ITEMS = 500


class _Table(BaseModel):
    """Keys that are not fields are found and reported by merge.py, one by one."""

    # An input may be a key: errors never repeat it.
    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _json_numbers(cls, value: object) -> object:
        """Some editors have one kind of number only and write 75 as 75.0."""
        return int(value) if isinstance(value, float) and value.is_integer() else value


class ModelOptions(_Table):
    """A model, how it is reached and what it is used for."""

    name: Line | None = option(
        "What you call this model. By default the provider's name.", "one line of text"
    )
    provider: Name | None = option(
        'How the model is reached: "embedded" (a model on this machine that the server runs '
        'itself), "llama.cpp", "ollama", "openai-compatible" (what has `/v1/completions`: vLLM, '
        'SGLang, LM Studio and many hosted ones), "tgi", "tabby", "mistral", "deepseek", '
        '"openai-chat", "openai-responses", "anthropic", or a provider that a plug-in adds; '
        "`aicopilot plugins` lists them.",
        "the name of a provider",
    )
    url: Url | None = option(
        "Base URL of the server, for providers that are reached over HTTP; with or without the "
        "`/v1` of OpenAI's interfaces. "
        "Nothing is ever sent to another host than this one.",
        "an http:// or https:// URL",
    )
    model: Line | None = option(
        "The provider's name for the model. For the embedded model a name of the catalogue "
        "(`aicopilot model list`); by default one that suits this machine's memory and cores.",
        "one line of text",
    )
    roles: list[Name] | None = option(
        'What the model is used for: `"autocomplete"`, and for later `"edit"`, `"chat"`, '
        '`"embed"`, `"rerank"` and `"next_edit"`. The models of a role are asked in the order of '
        "the file: the next one when one is down.",
        "a list of roles",
        max_length=20,
    )
    fim_format: Name | None = option(
        "The fill-in-the-middle format the model was trained on; `aicopilot model formats` lists "
        'them. `"native"` leaves the prompt to the server, `"chat"` tells a chat model to fill the '
        "hole. Without it, a test of the model finds out; but "
        '"openai-compatible" sends `suffix` only to a server that you call `"native"`.',
        "the name of a format",
    )
    layout: str | None = choice(
        'Where the text just before the cursor stands in the prompt: `"frozen"` behind the '
        'middle token, so that typing only adds to what the model has read, or `"standard"`, at '
        "the end of the prefix. Without it, what suits the model. Chat models, and formats without "
        "a middle token, have the standard one only.",
        "frozen",
        "standard",
    )
    headers: dict[HeaderName, HeaderValue] | None = option(
        "HTTP headers to send with each request, for gateways that want one. "
        "Values are treated as secrets.",
        "a table of texts",
        max_length=50,
    )
    api_key_env: Variable | None = option(
        "Name of the environment variable that holds the API key. "
        "It is read when the key is first needed.",
        "the name of an environment variable",
    )
    api_key_file: Line | None = option(
        "File that holds the API key and nothing else; `~` is your home, and a relative path "
        "begins where the configuration file is. It has to be yours, with rights of 0600 or less. "
        "It is read when the key is needed. Without any of these, the key that "
        "`aicopilot key set` has stored for the model's server is used, if there is one.",
        "the path of a file",
    )
    api_key: HeaderValue | None = option(
        "The API key itself. It works, with a warning: configuration files get copied, "
        "synchronised and shown. Prefer `api_key_env` or `api_key_file`.",
        "printable ASCII text",
    )
    ca_file: Line | None = option(
        "Certificates of the authorities to trust for this model's `https://` server (PEM), in "
        "place of those that the operating system trusts. The server's own certificate will do.",
        "the path of a file",
    )
    proxy: ProxyUrl | None = option(
        "HTTP proxy through which this model is reached. Without it none is used, whatever the "
        "environment says; a model on this machine never goes through one.",
        "an http:// URL",
    )


class RouteOptions(_Table):
    """Which models may see a file, and in which order they are asked. A route holds for the files
    that meet all its conditions, and for every file if it has none. What forbids is stronger than
    what allows, wherever it stands: all `only` and `never` that hold for a file add up, the first
    `use` that holds for it gives the order, and what remains is asked in that order. Where nothing
    remains there are no suggestions, and "Why no suggestion here?" names the route. Patterns are
    those of `completion.exclude`, and what forbids holds for upper and lower case alike; an
    untitled buffer has no path that they could match, and meets neither `data_class` nor `paths`.
    """

    data_class: Name | None = option(
        "Holds for files of this data class.",
        "the name of a data class",
        workspace=WorkspaceRule.ADD,
    )
    paths: list[Pattern] | None = option(
        "Holds for files under these patterns, as in `completion.exclude`.",
        "a list of patterns as in .gitignore",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )
    languages: list[Line] | None = option(
        'Holds for these languages, by the id your editor uses, such as `"python"`.',
        "a list of language ids",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )
    use: list[Line] | None = option(
        "The models that are asked, in this order, in place of all that have the role. Names of "
        'models, or `"local"` and `"remote"`, here and below. A model is local if it is the '
        "embedded one or if its `url` leads to this machine (`localhost`, `127.0.0.1`, `[::1]`); "
        "without a `url`, Ollama is local and everything else remote.",
        "a list of names of models",
        workspace=WorkspaceRule.ADD_IF_TRUSTED,
        max_length=MAX_LIST_ITEMS,
    )
    only: list[Line] | None = option(
        "Forbids all models but these.",
        "a list of names of models",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )
    never: list[Line] | None = option(
        "Forbids these models.",
        "a list of names of models",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )


class EmbeddedOptions(_Table):
    """The embedded model's process, which all your editors share."""

    idle_s: float | None = option(
        "The process ends after this many seconds without a request, and its memory is free again.",
        "a number of seconds from 10 to 604800",
        ge=10,
        le=604_800,
        allow_inf_nan=False,
    )
    threads: int | None = whole(
        "Threads used for generation. By default chosen from the number of cores.",
        "threads",
        1,
        1024,
    )
    context_tokens: int | None = whole(
        "Size of the model's window; prompt and answer have to fit in it. More takes more memory.",
        "tokens",
        512,
        131_072,
    )


class CompletionOptions(_Table):
    """Inline completion: when it is offered and how much of it."""

    enabled: bool | None = option(
        "Whether suggestions are made at all.",
        "true or false",
        workspace=WorkspaceRule.SWITCH_OFF,
    )
    debounce_ms: int | None = whole(
        "Rest after a keystroke before the model is asked. "
        "Your editor may wait as well; a suggestion that you ask for by hand never waits.",
        "milliseconds",
        0,
        5000,
        workspace=WorkspaceRule.IF_TRUSTED,
    )
    read_ahead_ms: int | None = whole(
        "Rest after which a model reads what the next request will begin with, text from other "
        "files included, so that it need not be waited for. 0: never. Models that may bill for it "
        "never do.",
        "milliseconds",
        0,
        600_000,
        workspace=WorkspaceRule.IF_TRUSTED,
    )
    deadline_ms: int | None = whole(
        "Time from request to answer. What is complete by then is shown.",
        "milliseconds",
        100,
        120_000,
        workspace=WorkspaceRule.IF_TRUSTED,
    )
    max_prompt_tokens: int | None = whole(
        "The most the model is given to read, however fast it is. "
        "How much it is given follows from its measured speed and `latency.target_ms`.",
        "tokens",
        64,
        65_536,
        workspace=WorkspaceRule.LOWER,
    )
    max_metered_prompt_tokens: int | None = whole(
        "The same for servers under a public name or address, which may bill by the token; the "
        "smaller of the two holds. Raise it for a fast server of your own.",
        "tokens",
        64,
        65_536,
        workspace=WorkspaceRule.LOWER,
    )
    max_output_tokens: int | None = whole(
        "The most the model may write for one suggestion, however fast it is.",
        "tokens",
        1,
        4096,
        workspace=WorkspaceRule.LOWER,
    )
    max_lines: int | None = whole(
        "The longest suggestion.", "lines", 1, 500, workspace=WorkspaceRule.LOWER
    )
    exclude: list[Pattern] | None = option(
        "Files that are never read and never get suggestions: patterns as in `.gitignore`, "
        "matched against the path within the workspace folder, as it is written and where links "
        "lead; outside all folders against the absolute path without its leading slash. Patterns "
        "that begin with `**/` are matched against the whole path as well.",
        "a list of patterns as in .gitignore",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )
    disabled_languages: list[Line] | None = option(
        'Languages without suggestions, by the id your editor uses, such as `"markdown"`.',
        "a list of language ids",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )
    completion_items: str | None = choice(
        'Whether suggestions also appear in the list of completions: `"auto"` where the editor '
        'does not know inline completion, `"always"` or `"never"`.',
        "auto",
        "always",
        "never",
        workspace=WorkspaceRule.IF_TRUSTED,
    )


class ContextOptions(_Table):
    """What the model sees besides the file itself: definitions of the names that are used near the
    cursor, code like it, what you edited and looked at last. It is found on this machine, in the
    files of the workspace, and goes only to the models that may see the file it is taken from."""

    enabled: bool | None = option(
        "Whether the model is shown anything of other files.",
        "true or false",
        workspace=WorkspaceRule.SWITCH_OFF,
    )
    index: bool | None = option(
        "Whether the folders of the workspace are indexed, by a process of its own with low "
        "priority. Without an index, only what is open in the editor is looked at.",
        "true or false",
        workspace=WorkspaceRule.SWITCH_OFF,
    )
    index_folders: list[Folder] | None = option(
        "Folders that are indexed whatever they are. Others are left alone if they are your home "
        "directory or around it, or if nothing in or around them marks a project: a `.git`, a "
        "`pyproject.toml`, a `package.json` or the like. `~` is your home.",
        "a list of paths",
        max_length=MAX_LIST_ITEMS,
    )
    disabled_sources: list[Name] | None = option(
        "Sources of context that are not asked; `aicopilot plugins` lists them.",
        "a list of names of sources",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )
    embeddings: bool | None = option(
        "Whether pieces of other files are also ranked by their meaning, with a small model of "
        "words that the extra `aicopilot-lsp[embeddings]` installs. Measured, it finds what the "
        "names in the pieces find without it, and takes a process of some 75 MB for each folder.",
        "true or false",
        workspace=WorkspaceRule.SWITCH_OFF,
    )
    exclude: list[Pattern] | None = option(
        "Files that are shown to the model only while you edit them, never along with another "
        "file: patterns as in `completion.exclude`. What is excluded there, what `.gitignore` and "
        "`.aicopilotignore` name, and files that look like secrets are so anyway.",
        "a list of patterns as in .gitignore",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )
    max_index_mb: int | None = whole(
        "The most that the index of one folder takes on disk. What does not fit is left out.",
        "megabytes",
        1,
        100_000,
        workspace=WorkspaceRule.LOWER,
    )
    max_file_kb: int | None = whole(
        "Larger files are not indexed.",
        "kilobytes",
        1,
        100_000,
        workspace=WorkspaceRule.LOWER,
    )
    budget_ms: int | None = whole(
        "How long a suggestion waits for the sources; with a slow model a twentieth of the time "
        "that it takes to read the prompt, if that is more. They are asked where the prompt has to "
        "be read anew, and when you rest; what comes later is there for the next time.",
        "milliseconds",
        1,
        5000,
        workspace=WorkspaceRule.LOWER,
    )


class LatencyOptions(_Table):
    """How soon suggestions should come. The prompt and the longest answer are sized for it by the
    measured speed of the model, down to a floor: a slow model takes longer than the target."""

    target_ms: int | None = whole(
        "For suggestions while you type: from asking the model to its whole answer.",
        "milliseconds",
        50,
        60_000,
        workspace=WorkspaceRule.IF_TRUSTED,
    )
    explicit_target_ms: int | None = whole(
        "The same for suggestions that you ask for by hand.",
        "milliseconds",
        50,
        60_000,
        workspace=WorkspaceRule.IF_TRUSTED,
    )


class FilterOptions(_Table):
    """What may reach you: rules that trim or block a suggestion."""

    disabled: list[Name] | None = option(
        "Rules to switch off, by id.",
        "a list of rule ids",
        workspace=WorkspaceRule.ADD_IF_TRUSTED,
        max_length=MAX_LIST_ITEMS,
    )
    enabled: list[Name] | None = option(
        "Rules to have on, whatever was switched off before. "
        "All rules are on from the start; this is how a project insists on one.",
        "a list of rule ids",
        workspace=WorkspaceRule.ADD,
        max_length=MAX_LIST_ITEMS,
    )


class LogOptions(_Table):
    """The server's log. Your code, prompts and keys are never in it."""

    level: str | None = choice("How much is logged.", "error", "warning", "info", "debug")


MODELS = "models"
ROUTES = "routes"
# Not a table of options: its keys are the user's own, each with a list of patterns.
DATA_CLASSES = "data_classes"
SECTIONS: dict[str, type[_Table]] = {
    "embedded": EmbeddedOptions,
    "completion": CompletionOptions,
    "context": ContextOptions,
    "latency": LatencyOptions,
    "filters": FilterOptions,
    "log": LogOptions,
}
TABLES: dict[str, type[_Table]] = {MODELS: ModelOptions, ROUTES: RouteOptions, **SECTIONS}
