"""`aicopilot doctor`: what is configured, what answers, how fast, who was contacted, what to do."""

import asyncio
import json
import platform
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aicopilot_lsp import __version__
from aicopilot_lsp.assembly import Engine
from aicopilot_lsp.cli.options import AsJson, ConfigFile, Workspace
from aicopilot_lsp.cli.plugins import State, Surveyed, survey
from aicopilot_lsp.cli.progress import Progress
from aicopilot_lsp.cli.session import open_engine, resolved_for
from aicopilot_lsp.config.paths import cache_dir, config_file, state_dir
from aicopilot_lsp.config.settings import ModelSettings, Settings
from aicopilot_lsp.errors import AicopilotError
from aicopilot_lsp.models.protocol import Backend, Hole, Mode
from aicopilot_lsp.plugins import FILTERS
from aicopilot_lsp.serving import ROLE

if TYPE_CHECKING:
    from aicopilot_lsp.models.selftest.speed import Speed

# A hole that any code model fills, asked through the model's own format.
_HOLE = Hole(
    prefix="def add(a, b):\n    return",
    suffix="\n\n\nprint(add(1, 2))\n",
    file_name="add.py",
    language_id="python",
)


@dataclass(slots=True)
class Report:
    """What was found, in the making; `advice` is what to do next, empty when all is well."""

    facts: dict[str, Any] = field(default_factory=dict)
    advice: list[str] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)

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

    Looks at the configuration, the plug-ins and the models that complete, asks the first for a real
    answer, measures its speed, and lists every host contacted. Exit code 0 when all is well, 1 when
    there is something to do.
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
    report.facts["index"] = _index(root)
    resolved = resolved_for(config, root)
    report.advice.extend(str(problem) for problem in resolved.problems)
    _examine_plugins(resolved.settings, report)
    engine = open_engine(resolved.settings)
    try:
        await _examine_models(engine, report, offline=offline)
    finally:
        report.progress.over()
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


async def _examine_models(engine: Engine, report: Report, *, offline: bool) -> None:
    """The first model at length; of those that stand in for it, whether they would answer."""
    serving = engine.settings.models_for(ROLE)
    report.facts["provider"] = serving[0].provider if serving else "none"
    if not serving:
        report.advice.append(await engine.readiness() or "")
        return
    for model in serving:
        fact = "answers" if model is serving[0] else f"then {model.name}"
        try:
            report.progress.now(f"reaching {model.name}")
            backend = await _ready(engine, model)
            if model is serving[0]:
                await _examine_first(engine, backend, model, report, offline=offline)
            else:
                report.facts[fact] = await _stands_in(backend, model, report, offline=offline)
        except AicopilotError as error:
            first = model is serving[0]
            report.facts[fact] = "no" if first else "does not answer"
            report.advice.append(str(error) if first else f"{model.name}: {error}")


async def _ready(engine: Engine, model: ModelSettings) -> Backend:
    """Raises AicopilotError with what is missing where something is."""
    backend = await engine.backend(model)
    if (missing := await backend.readiness()) is not None:
        raise AicopilotError(missing)
    return backend


async def _examine_first(
    engine: Engine, backend: Backend, model: ModelSettings, report: Report, *, offline: bool
) -> None:
    """Raises AicopilotError when it does not answer."""
    report.facts["model"] = backend.model
    if offline:
        return
    started = time.perf_counter()
    info = await backend.describe()
    report.facts["answers"] = f"{info.model} at {info.endpoint or 'this machine'}"
    report.facts["context"] = f"{info.context_tokens or '?'} tokens. {info.details}".strip()
    report.facts["connect"] = f"{time.perf_counter() - started:.1f} s"
    report.facts["asked"] = await _asked(backend, model, report.progress)
    answer, speed = await _fill(backend, report.progress)
    report.facts["test answer"] = answer.strip() or "(empty)"
    report.facts["speed"] = _speed(speed)
    report.facts.update(await _sizes(engine))
    if "a + b" not in answer:
        report.advice.append(
            "The model did not fill a simple hole: its `fim_format` may not fit it, or it was not"
            " trained to fill in the middle. `aicopilot model test` finds out what fits."
        )


async def _stands_in(
    backend: Backend, model: ModelSettings, report: Report, *, offline: bool
) -> str:
    """What is asked when those before it are down. Raises AicopilotError when it does not
    answer."""
    if offline:
        return backend.model
    info = await backend.describe()
    asked = await _asked(backend, model, report.progress)
    return f"{info.model} at {info.endpoint or 'this machine'}, {asked}"


def _speed(speed: "Speed") -> str:
    from aicopilot_lsp.cli.model_report import writing

    by = "" if speed.told else " by our clock"
    return (
        f"reads {speed.prefill_tokens_per_s:,.0f} tokens/s{by}, writes {writing(speed, by)};"
        f" first token after {speed.warm_first_token_s:.2f} s"
    )


async def _asked(backend: Backend, settings: ModelSettings, progress: Progress) -> str:
    """How the model is asked, in which layout, and who says so; waits until that is settled."""
    from aicopilot_lsp.cli.model_report import asked_line
    from aicopilot_lsp.models.selftest import full

    progress.now(f"waiting until {settings.name} is ready and it is known how it wants to be asked")
    await backend.prepare()
    result = full.kept_result(backend)
    return asked_line(backend.prompting, full.origin_of(backend, settings), result)


async def _fill(backend: Backend, progress: Progress) -> tuple[str, "Speed"]:
    """What a simple hole is answered with, and the model's speed."""
    from aicopilot_lsp.models.selftest import full
    from aicopilot_lsp.models.selftest.asking import ask
    from aicopilot_lsp.models.selftest.speed import measure

    prompting, subject = backend.prompting, full.subject_of(backend)
    stop = prompting.format.stop if prompting.format else ()
    chat = prompting.mode is Mode.CHAT  # fences are on lines of their own
    progress.now("asking it to fill a hole")
    answer = await ask(
        subject,
        prompting,
        _HOLE,
        max_tokens=64 if chat else 12,
        stop=stop if chat else (*stop, "\n"),
    )
    progress.now("measuring its speed")
    return answer.text, await measure(subject, prompting)


async def _sizes(engine: Engine) -> dict[str, str]:
    """The speed that completions go by, assumed until they have measured it, and what follows."""
    from aicopilot_lsp.completion.budget import in_words, speed_in_words

    line, by_hand = await engine.sizes()
    return {
        "sized by": speed_in_words(line.speed),
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


def _index(root: Path) -> str:
    """What is indexed of a project; `aicopilot index status` says more."""
    from contextlib import closing

    from aicopilot_lsp.store.index.layout import index_path
    from aicopilot_lsp.store.index.reader import IndexReader

    with closing(IndexReader(index_path(str(root.resolve()), state_dir() / "index"))) as reader:
        found = reader.status()
    if found.fault:
        return f"of {root}: {found.fault}"
    return f"{found.files:,} files of {root}, {found.disk_bytes / 1e6:,.1f} MB on disk"


def _lines(report: Report) -> Iterator[str]:
    for name, value in report.facts.items():
        shown = ", ".join(value) or "none" if isinstance(value, list) else value
        yield f"{name:16} {shown}"
    yield ""
    if report.healthy:
        yield "All is well."
    for advice in report.advice:
        yield f"→ {advice}"
