# Two commands: `make run` (a sample crawl, or INPUT=…, through the whole pipeline) and `make test`.
#
#   make run INPUT='warcs/**/*.warc.gz' STORE=data RECIPE=default WORKERS=8

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
EXTRAS  ?= dev,train

INPUT   ?=
STORE   ?= data
RECIPE  ?= default
WORKERS ?= $(shell getconf _NPROCESSORS_ONLN)
PAGES   ?= 1000
SEED    ?= 0
SENTENCES ?=
GOLD    ?=
SAMPLE  := sample/$(PAGES)-$(SEED)

# uv ignores pip's settings. Where pip finds wheels in a folder, torch may lie there as a build without CUDA; elsewhere
# uv chooses the build that fits the machine, so that no CUDA packages come to one without a GPU.
FIND_LINKS = $(or $(PIP_FIND_LINKS),$(shell $(BIN)/pip config get global.find-links 2>/dev/null))
UV = $(if $(FIND_LINKS),UV_FIND_LINKS="$(FIND_LINKS)" $(BIN)/uv pip install,$(BIN)/uv pip install --torch-backend=auto)

.PHONY: install run test check format soak bench dashboard clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Gristmill needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(abspath $(VENV)) $(UV) --quiet --compile-bytecode -e '.[$(EXTRAS)]' -c constraints.txt
	$(BIN)/python -m gristmill.filters.lid176
	@echo "compiling kernels (a minute or two, once)"
	$(BIN)/python -m gristmill.pipelines.warm
	$(BIN)/python -m gristmill.pipelines.server
	@touch $@

run: install
ifeq ($(strip $(INPUT)),)
	@test -d $(SAMPLE) || $(BIN)/gristmill sample --out $(SAMPLE) --pages $(PAGES) --seed $(SEED)
	$(BIN)/gristmill run $(RECIPE) --input $(SAMPLE) --store "$(STORE)" --workers $(WORKERS)
else
	$(BIN)/gristmill run $(RECIPE) --input "$(INPUT)" --store "$(STORE)" --workers $(WORKERS)
endif

test: check
	$(BIN)/pytest -n 2 --dist loadgroup

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: install
	$(BIN)/pytest -n 0 -m soak --soak

bench: install
	for script in heuristics stages urls whatif minhash reading index orchestration; do $(BIN)/python -m bench.$$script || exit 1; done
	$(call with,language,SENTENCES,a Parquet file of sentences in many languages)
	$(call with,extraction,GOLD,Parquet files of pages with their main text)

# A measurement on data that is not in the repository, or why it is left out.
with = $(if $($(2)),$(BIN)/python -m bench.$(1) $($(2)),@echo "bench.$(1) left out: give $(2)=… ($(3))")

dashboard: install
	$(BIN)/gristmill dashboard --store "$(STORE)"

clean:
	rm -rf $(VENV) build dist src/*.egg-info
