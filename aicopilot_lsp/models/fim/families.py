"""The table: how each family of models is asked, a row each. format.py says what the columns mean.

Rows differ where they look alike: a middle token that lies elsewhere, hyphens for low lines, the
suffix first. Where a family publishes no multi-file form, the other files go to the top of the
prefix, each under a comment with its name.
"""

from dataclasses import replace

from aicopilot_lsp.config.likely import did_you_mean
from aicopilot_lsp.errors import ConfigError
from aicopilot_lsp.models.fim import tokens
from aicopilot_lsp.models.fim.format import FimFormat

_UNDER_COMMENT = ("# {path}\n", "{text}\n\n")

_QWEN25_CODER = FimFormat(
    name="qwen2.5-coder",
    alone=("<|fim_prefix|>{prefix}", "<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
    among=(
        *("<|repo_name|>{repo}\n", "{files}", "<|file_sep|>", "{path}\n"),
        *("<|fim_prefix|>{prefix}", "<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
    ),
    file=("<|file_sep|>", "{path}\n", "{text}\n"),
    stop=("<|endoftext|>", "<|im_end|>", "<|im_start|>", *tokens.QWEN_FIM),
    markers=tokens.QWEN,
    source="the model's README and tokenizer_config.json; checked with the 0.5B and 1.5B",
)
_STARCODER_END = ("<|endoftext|>", "<fim_pad>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>")

_ROWS = (
    _QWEN25_CODER,
    # Its README wraps the prompt in a chat turn; the raw one is what llama.vim's preset sends.
    replace(
        _QWEN25_CODER,
        name="qwen3-coder",
        source="the model's README; the tokens are those of qwen2.5-coder",
    ),
    FimFormat(
        name="starcoder",
        alone=("<fim_prefix>{prefix}", "<fim_suffix>{suffix}", "<fim_middle>{middle}"),
        # What says where a file is from belongs to the file, so it stands in the prefix.
        among=(
            *("<fim_prefix>", "<reponame>{repo}", "{files}", "<filename>{path}\n", "{prefix}"),
            *("<fim_suffix>{suffix}", "<fim_middle>{middle}"),
        ),
        file=("<filename>", "{path}\n", "{text}\n"),
        stop=(*_STARCODER_END, "\n<filename>", "\n<reponame>"),
        markers=tokens.STARCODER,
        source="the StarCoder paper and the model's README",
    ),
    FimFormat(
        name="starcoder2",
        alone=("<fim_prefix>{prefix}", "<fim_suffix>{suffix}", "<fim_middle>{middle}"),
        # The path stands behind the prefix token; what else ends in a newline is a file's own.
        among=(
            *("<repo_name>{repo}", "{files}", "<file_sep>"),
            *("<fim_prefix>", "{path}\n", "{prefix}", "<fim_suffix>{suffix}"),
            "<fim_middle>{middle}",
        ),
        file=("<file_sep>", "{path}\n", "{text}\n"),
        stop=("<file_sep>", *_STARCODER_END, "\n<repo_name>"),
        markers=tokens.STARCODER2,
        source="the StarCoder2 paper, section 5.1",
    ),
    FimFormat(
        name="santacoder",
        alone=("<fim-prefix>{prefix}", "<fim-suffix>{suffix}", "<fim-middle>{middle}"),
        among=(
            *("<fim-prefix>", "{files}", "# {path}\n", "{prefix}"),
            *("<fim-suffix>{suffix}", "<fim-middle>{middle}"),
        ),
        file=_UNDER_COMMENT,
        stop=("<|endoftext|>", "<fim-pad>", "<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
        markers=tokens.SANTACODER,
        source="the model's README; its tokens have hyphens",
    ),
    FimFormat(
        name="stable-code",
        alone=("<fim_prefix>{prefix}", "<fim_suffix>{suffix}", "<fim_middle>{middle}"),
        among=(
            *("<fim_prefix>", "{files}", "# {path}\n", "{prefix}"),
            *("<fim_suffix>{suffix}", "<fim_middle>{middle}"),
        ),
        file=_UNDER_COMMENT,
        stop=_STARCODER_END,
        markers=tokens.STABLE_CODE,
        source="the README of stable-code-3b",
    ),
    FimFormat(
        name="codellama",
        # The blanks belong to it: SentencePiece spells the tokens with one in front.
        alone=("<PRE> {prefix}", " <SUF>{suffix}", " <MID>{middle}"),
        among=("<PRE> ", "{files}", "# {path}\n", "{prefix}", " <SUF>{suffix}", " <MID>{middle}"),
        file=_UNDER_COMMENT,
        # Without its blank "<PRE>" is an element of old HTML.
        stop=("<EOT>", "<PRE> ", "<SUF>", "<MID>"),
        markers=tokens.CODELLAMA,
        source="the reference code of CodeLlama, and Ollama's page of its 7B and 13B base models",
    ),
    FimFormat(
        name="deepseek-coder",
        alone=("<｜fim▁begin｜>{prefix}", "<｜fim▁hole｜>{suffix}", "<｜fim▁end｜>{middle}"),
        among=(
            *("{files}", "#{path}\n"),
            *("<｜fim▁begin｜>{prefix}", "<｜fim▁hole｜>{suffix}", "<｜fim▁end｜>{middle}"),
        ),
        file=("#{path}\n", "{text}\n"),
        # "//" is among the stops of other tools, and cuts every comment and address.
        stop=(
            *("<｜end▁of▁sentence｜>", "<|EOT|>"),
            *("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
        ),
        markers=tokens.DEEPSEEK,
        source="the READMEs of DeepSeek-Coder v1 and V2-Lite base",
    ),
    FimFormat(
        name="codegemma",
        alone=("<|fim_prefix|>{prefix}", "<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
        among=(
            *("{files}", "{path}\n"),
            *("<|fim_prefix|>{prefix}", "<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
        ),
        file=("{path}\n", "{text}\n<|file_separator|>"),
        stop=(
            # "<eos>" stands in every vocabulary that somebody writes out in code.
            *("<|file_separator|>", "<end_of_turn>"),
            *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ),
        markers=tokens.CODEGEMMA,
        source="Google's documentation of CodeGemma",
    ),
    FimFormat(
        name="codestral",
        # No middle token: the answer follows the prefix.
        alone=("[SUFFIX]{suffix}", "[PREFIX]{prefix}", "{middle}"),
        among=("[SUFFIX]{suffix}", "[PREFIX]", "{files}", "+++++ {path}\n", "{prefix}", "{middle}"),
        file=("+++++ {path}\n", "{text}\n\n"),
        stop=("[PREFIX]", "[SUFFIX]", "\n+++++ "),
        markers=tokens.MISTRAL,
        headings=("+++++ ",),
        source="Mistral's tokenizer, and the prompts of editors that send it raw",
    ),
    # Of code models and the 3.x; they are prone to run on.
    FimFormat(
        name="granite",
        alone=("<fim_prefix>{prefix}", "<fim_suffix>{suffix}", "<fim_middle>{middle}"),
        among=(
            *("<reponame>{repo}\n", "{files}", "<filename>{path}\n"),
            *("<fim_prefix>{prefix}", "<fim_suffix>{suffix}", "<fim_middle>{middle}"),
        ),
        file=("<filename>", "{path}\n", "{text}\n"),
        stop=(
            *("<|end_of_text|>", *_STARCODER_END, "<|start_of_role|>"),
            *("\n<filename>", "\n<reponame>"),
        ),
        markers=tokens.GRANITE,
        source="the READMEs of Granite Code and Granite 3.3",
    ),
    FimFormat(
        name="granite4",
        alone=("<|fim_prefix|>{prefix}", "<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
        among=(
            *("<|fim_prefix|>", "{files}", "# {path}\n", "{prefix}"),
            *("<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
        ),
        file=_UNDER_COMMENT,
        stop=(
            *("<|end_of_text|>", "<|fim_pad|>", "<|start_of_role|>"),
            *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|filename|>"),
        ),
        markers=tokens.GRANITE4,
        source="the README of Granite 4.0; its multi-file form is not published",
    ),
    FimFormat(
        name="seed-coder",
        alone=("<[fim-suffix]>{suffix}", "<[fim-prefix]>{prefix}", "<[fim-middle]>{middle}"),
        among=(
            *("<[fim-suffix]>{suffix}", "<[fim-prefix]>", "{files}", "<filename>{path}\n"),
            *("{prefix}", "<[fim-middle]>{middle}"),
        ),
        file=("<filename>", "{path}\n", "{text}\n\n"),
        stop=(
            *("<[end▁of▁sentence]>", "\n<filename>"),
            *("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"),
        ),
        markers=tokens.SEED_CODER,
        # Not known to be a token, so no test of a model may ask for it as one.
        headings=("<filename>",),
        source="the Seed-Coder paper; the file sections as in Zed's prompts for it",
    ),
    FimFormat(
        name="mellum",
        # StarCoder's tokens, the other order; the file's name is said even of a file alone.
        alone=(
            "<filename>{path}\n",
            *("<fim_suffix>{suffix}", "<fim_prefix>{prefix}", "<fim_middle>{middle}"),
        ),
        among=(
            *("{files}", "<filename>{path}\n"),
            *("<fim_suffix>{suffix}", "<fim_prefix>{prefix}", "<fim_middle>{middle}"),
        ),
        file=("<filename>", "{path}\n", "{text}\n"),
        stop=(*_STARCODER_END, "\n<filename>"),
        markers=tokens.MELLUM,
        source="the example in the README of Mellum-4b-base",
    ),
    FimFormat(
        name="refact",
        alone=("<fim_suffix>{suffix}", "<fim_prefix>{prefix}", "<fim_middle>{middle}"),
        among=(
            *("<fim_suffix>{suffix}", "<fim_prefix>", "{files}", "# {path}\n", "{prefix}"),
            "<fim_middle>{middle}",
        ),
        file=_UNDER_COMMENT,
        stop=_STARCODER_END,
        markers=tokens.STARCODER,
        source="Refact's list of models, where 1.6B has the suffix first",
    ),
    FimFormat(
        name="glm",
        alone=("<|code_prefix|>{prefix}", "<|code_suffix|>{suffix}", "<|code_middle|>{middle}"),
        among=(
            *("<|code_prefix|>", "{files}", "# {path}\n", "{prefix}"),
            *("<|code_suffix|>{suffix}", "<|code_middle|>{middle}"),
        ),
        file=_UNDER_COMMENT,
        stop=(
            *("<|endoftext|>", "<|user|>", "<|observation|>"),
            *("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
        ),
        markers=tokens.GLM,
        source="GLM-4's tokenizer_config.json, and editors' prompts for it",
    ),
    FimFormat(
        name="codegeex4",
        # A chat turn that asks for the middle; the answer is the next turn.
        alone=(
            *("<|user|>\n", "###PATH:{path}\n", "###LANGUAGE:{language}\n", "###MODE:BLOCK\n"),
            *("<|code_suffix|>{suffix}", "<|code_prefix|>{prefix}"),
            "<|code_middle|><|assistant|>\n{middle}",
        ),
        among=(
            *("<|user|>\n", "{files}"),
            *("###PATH:{path}\n", "###LANGUAGE:{language}\n", "###MODE:BLOCK\n"),
            *("<|code_suffix|>{suffix}", "<|code_prefix|>{prefix}"),
            "<|code_middle|><|assistant|>\n{middle}",
        ),
        file=("###REFERENCE:\n", "###PATH:{path}\n", "{text}\n"),
        stop=(
            *("<|endoftext|>", "<|user|>", "<|assistant|>", "<|observation|>"),
            *("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
        ),
        markers=tokens.GLM,
        headings=("###REFERENCE:", "###PATH:", "###LANGUAGE:", "###MODE:"),
        source="the Infilling Guideline of CodeGeeX4",
    ),
    FimFormat(
        name="mercury",
        alone=("<|fim_prefix|>{prefix}", "<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
        among=(
            *("{files}", "<|file_sep|>", "{path}\n"),
            *("<|fim_prefix|>{prefix}", "<|fim_suffix|>{suffix}", "<|fim_middle|>{middle}"),
        ),
        file=("<|file_sep|>", "{path}\n", "{text}\n"),
        stop=(
            *("<|endoftext|>", "<|file_sep|>", "<|im_end|>"),
            *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ),
        markers=tokens.MERCURY,
        source="editors' prompts for Inception's Mercury Coder",
    ),
    # For models that were not taught to fill in: left to right, nothing of what follows.
    FimFormat(
        name="plain",
        alone=("{prefix}", "{middle}"),
        among=("{files}", "# {path}\n", "{prefix}", "{middle}"),
        file=_UNDER_COMMENT,
        stop=(),
        markers=(),
        source="no tokens; any model that continues text",
    ),
)

FORMATS = {row.name: row for row in _ROWS}


def format_for(name: str) -> FimFormat:
    """The format called `name`.

    Raises
    ------
    ConfigError
        There is none; names what may be meant, and those that exist.
    """
    try:
        return FORMATS[name]
    except KeyError:
        known = ", ".join(sorted(FORMATS))
        raise ConfigError(
            f"There is no FIM format {name!r}.{did_you_mean(name, FORMATS)} Without fim_format the"
            f' right one is found out; else name "native", "chat", or one of these: {known}.'
        ) from None
