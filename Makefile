# Two commands do everything on a fresh machine (Python 3.11 or newer, git, make):
#   make demo   set-up, the small model, and three real completions
#   make test   set-up, the small model, and all tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO_MODEL := qwen2.5-coder-0.5b

.PHONY: demo test lint format types setup model faults bench bench-cache bench-context bench-index bench-quality bench-models fuzz-text fuzz-syntax fuzz-rpc clean help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(STAMP)  ## make .venv with the package, the embedded model's runtime and the test tools

# The extras are in one stamp so that demo and test share an environment.
$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=python3.12, for example")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local,languages,embeddings,test]'
	touch $(STAMP)

model: $(STAMP)  ## pull the small model (490 MB) if it is not there
	$(BIN)/aicopilot model pull $(DEMO_MODEL)

demo: model  ## complete code at three places with a real model
	@$(BIN)/python examples/demo.py

lint: $(STAMP)  ## formatting, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: model lint  ## all checks and all tests
	AICOPILOT_REQUIRE_MODEL=1 $(BIN)/python -m pytest

faults: $(STAMP)  ## every fault on every backend, as a table
	$(BIN)/python -m tests.support.fault_matrix

fuzz-text: $(STAMP)  ## 5,000,000 random edits against an independent model of the text
	$(BIN)/python bench/fuzz_text.py --edits 5000000

fuzz-syntax: $(STAMP)  ## 200,000 random edits of files in six languages against fresh parses
	$(BIN)/python bench/fuzz_syntax.py --edits 200000

fuzz-rpc: $(STAMP)  ## 1,000,000 damaged messages over a real pipe
	$(BIN)/python bench/fuzz_rpc.py --messages 1000000

bench: $(STAMP)  ## start, memory, overhead and edit cost
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/overhead.py
	$(BIN)/python bench/edit_cost.py

bench-cache: model  ## tokens that each key of a typing session costs the small model
	$(BIN)/python -m bench.cache

bench-context: $(STAMP)  ## names of other files that prompts show: TASKS=a tasks file CACHE=the folder of its repositories
	$(BIN)/python -m bench.context $(TASKS) $(CACHE)

bench-index: $(STAMP)  ## the index of FILES=10000 files made from the sources in FROM=FOLDER
	$(BIN)/python -m bench.index --from $(or $(FROM),aicopilot_lsp $(VENV)/lib) --files $(or $(FILES),10000) --kills $(or $(KILLS),50)

bench-quality: model  ## suggestions with and without context: TASKS=FILE REPOSITORIES=DIR OUT=DIR
	mkdir -p $(OUT)
	$(BIN)/python -m bench.quality $(TASKS) --prompt-tokens 550 --out $(OUT)/alone-550.jsonl
	$(BIN)/python -m bench.quality $(TASKS) --prompt-tokens 550 --out $(OUT)/context-550.jsonl --repositories $(REPOSITORIES)
	$(BIN)/python -m bench.quality $(TASKS) --prompt-tokens 1500 --out $(OUT)/alone-1500.jsonl
	$(BIN)/python -m bench.quality $(TASKS) --prompt-tokens 700 --ahead-tokens 800 --out $(OUT)/context-1500.jsonl --repositories $(REPOSITORIES)

bench-models: model  ## test the small model through every interface that llama.cpp serves
	$(BIN)/python bench/models.py

clean:  ## remove what the targets made here (not the models)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
