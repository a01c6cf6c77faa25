"""`aicopilot doctor`: what is configured, what answers, how fast, who was contacted, what to do."""

import asyncio
import json
import platform
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from aicopilot_lsp import __version__
from aicopilot_lsp.assembly import ROLE, Engine
from aicopilot_lsp.cli.options import AsJson, ConfigFile, Workspace
from aicopilot_lsp.cli.plugins import State, Surveyed, survey
from aicopilot_lsp.cli.session import open_engine, resolved_for
from aicopilot_lsp.config.paths import cache_dir, config_file, state_dir
from aicopilot_lsp.config.settings import Settings
from aicopilot_lsp.errors import AicopilotError
from aicopilot_lsp.models.protocol import (
    Backend,
    Finished,
    GenerateRequest,
    Hole,
    TextChunk,
    Usage,
)
from aicopilot_lsp.plugins import FILTERS

# A hole that any code model fills, asked through the model's own format.
_PREFIX, _SUFFIX = "def add(a, b):\n    return", "\n\n\nprint(add(1, 2))\n"
_DEADLINE_S = 60.0


@dataclass(slots=True)
class Report:
    """What was found; `advice` is what to do next, empty when all is well."""

    facts: dict[str, Any] = field(default_factory=dict)
    advice: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        return not self.advice


def doctor(
    as_json: AsJson = False,
    root: Workspace = None,
    config: ConfigFile = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no model; only look at what is configured.")
    ] = False,
) -> None:
    """Check the set-up, and say what to do next.

    Looks at the configuration, the plug-ins and the model, asks for a real answer, measures its
    speed, and lists every host contacted. Exit code 0 when all is well, 1 when there is something
    to do.
    """
    report = asyncio.run(_examine(config, root or Path.cwd(), offline=offline))
    if as_json:
        print(json.dumps({**report.facts, "advice": report.advice}, indent=2, ensure_ascii=False))
    else:
        for line in _lines(report):
            typer.echo(line)
    if not report.healthy:
        raise typer.Exit(1)


async def _examine(config: Path | None, root: Path, *, offline: bool) -> Report:
    report = Report()
    report.facts["version"] = f"aicopilot-lsp {__version__}, Python {platform.python_version()}"
    report.facts["platform"] = f"{platform.system()} {platform.machine()}"
    report.facts["config file"] = _path(config or config_file())
    report.facts["state"] = str(state_dir())
    report.facts["log files"] = _logs(state_dir() / "logs")
    report.facts["model files"] = str(cache_dir() / "models")
    resolved = resolved_for(config, root)
    report.advice.extend(str(problem) for problem in resolved.problems)
    _examine_plugins(resolved.settings, report)
    engine = open_engine(resolved.settings)
    try:
        await _examine_model(engine, report, offline=offline)
    finally:
        await engine.aclose()
    report.facts["hosts contacted"] = _hosts()
    return report


def _examine_plugins(settings: Settings, report: Report) -> None:
    surveyed = list(survey(settings))
    states = Counter(one.state for one in surveyed)
    report.facts["plug-ins"] = ", ".join(
        f"{states[state]} {state}" for state in State if states[state]
    )
    report.advice.extend(_mend(one) for one in surveyed if one.state is State.BROKEN)


def _mend(broken: Surveyed) -> str:
    plugin = broken.plugin
    means = "Models of this provider can't be used: mend or uninstall that package."
    if plugin.group == FILTERS:
        means = (
            "Nothing is suggested without its verdict: mend or uninstall that package, or name the"
            " filter in `filters.disabled`."
        )
    return (
        f"The plug-in {plugin.name!r} of {plugin.distribution} {plugin.version} can't be loaded"
        f" ({broken.error}). {means}"
    )


async def _examine_model(engine: Engine, report: Report, *, offline: bool) -> None:
    chosen = engine.settings.model_for(ROLE)
    report.facts["provider"] = chosen.provider if chosen else "none"
    missing = await engine.readiness()
    if missing is not None:
        report.advice.append(missing)
        return
    backend = await engine.backend()
    report.facts["model"] = backend.model
    if offline:
        return
    started = time.perf_counter()
    try:
        info = await backend.describe()
        report.facts["answers"] = f"{info.model} at {info.endpoint or 'this machine'}"
        report.facts["context"] = f"{info.context_tokens or '?'} tokens. {info.details}".strip()
        report.facts["connect"] = f"{time.perf_counter() - started:.1f} s"
        answer, usage = await _fill(backend)
    except AicopilotError as error:
        report.facts["answers"] = "no"
        report.advice.append(str(error))
        return
    report.facts["test answer"] = answer.strip() or "(empty)"
    report.facts["speed"] = _speed(usage)
    report.facts.update(await _sizes(engine))
    if "a + b" not in answer:
        report.advice.append(
            "The model did not fill a simple hole: its `fim_format` may not fit it, or it was not"
            " trained to fill in the middle."
        )


async def _fill(backend: Backend) -> tuple[str, Usage]:
    from aicopilot_lsp.models.fim import assemble

    await backend.prepare()
    fmt = backend.prompting.format
    request = GenerateRequest(
        prompt=assemble(fmt, _PREFIX, _SUFFIX, "") if fmt else "",
        hole=None if fmt else Hole(prefix=_PREFIX, suffix=_SUFFIX, file_name="add.py"),
        max_tokens=12,
        stop=(*(fmt.stop if fmt else ()), "\n"),
        deadline_s=_DEADLINE_S,
    )
    answer, usage = "", Usage()
    async for event in backend.generate(request):
        match event:
            case TextChunk(text):
                answer += text
            case Finished(_, usage):
                pass
    return answer, usage


def _speed(usage: Usage) -> str:
    said = []
    if usage.evaluated_tokens and usage.prefill_ms:
        said.append(f"reads {1000 * usage.evaluated_tokens / usage.prefill_ms:.0f} tokens/s")
    if usage.generated_tokens and usage.decode_ms:
        said.append(f"writes {1000 * usage.generated_tokens / usage.decode_ms:.0f} tokens/s")
    return ", ".join(said) or "not told by this server"


async def _sizes(engine: Engine) -> dict[str, str]:
    """What completions have measured so far, and what follows from it."""
    from aicopilot_lsp.completion.budget import in_words, speed_in_words

    line, by_hand = await engine.sizes()
    return {
        "measured so far": speed_in_words(line.speed),
        "while you type": in_words(line),
        "by hand": in_words(by_hand),
    }


def _hosts() -> list[str]:
    from aicopilot_lsp.models.http import contacted

    return sorted(contacted())


def _path(path: Path) -> str:
    return str(path) if path.exists() else f"{path} (not there: defaults apply)"


def _logs(folder: Path) -> str:
    """Where the servers' logs are, a file each, and which is the latest."""
    files = sorted(folder.glob("lsp-*.log"))  # the time is in the name
    return str(files[-1]) if files else f"{folder} (none yet)"


def _lines(report: Report) -> Iterator[str]:
    for name, value in report.facts.items():
        shown = ", ".join(value) or "none" if isinstance(value, list) else value
        yield f"{name:16} {shown}"
    yield ""
    if report.healthy:
        yield "All is well."
    for advice in report.advice:
        yield f"→ {advice}"
