PYTHON ?= $(firstword $(foreach one,python3.11 python3.12 python3.13 python3,$(shell \
	$(one) -c 'import sys; 11 <= sys.version_info.minor <= 13 and print("$(one)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
PICK ?=
JOBS := 1500
FASTER := 1
SERVERS ?=
CHANNELS := 100
MINUTES := 10
PAST := 333333
COVER ?=
READY := $(VENV)/.ready
LOCK := .make/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

unexport PYTHONDONTWRITEBYTECODE # each process of the tests would compile all of bot and tests anew

.PHONY: demo run unit test test-alone test-invokeai test-real-model test-chaos test-browser test-packaging pictures audit check lock bench soak format clean

demo: $(READY) ## the bot between two sandboxes: no token, no GPU
	$(BIN)/invokeai-discord demo

run: $(READY) ## the bot, with the settings from the environment or .env
	$(BIN)/invokeai-discord run

unit: $(READY) ## pure code alone, while you work: no servers
	$(BIN)/pytest --numprocesses=2 --dist=worksteal tests/unit

test: $(READY) ## everything that needs no real InvokeAI; COVER=1: with coverage and all examples of a property
	$(BIN)/coverage erase
	$(BIN)/pytest --dist=worksteal --numprocesses=$(if $(COVER),4,5) $(if $(COVER),--cov --cov-report=term --hypothesis-profile=thorough)

test-alone: $(READY) ## `make test COVER=1` in a copy of what git knows, with nothing beside it
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && mkdir "$$folder/alone" && \
	git ls-files -z | xargs -0 cp --parents --preserve=all --target-directory="$$folder/alone" && \
	PYTHONPATH="$$folder/alone" $(MAKE) --directory="$$folder/alone" VENV="$(abspath $(VENV))" COVER=1 test

test-invokeai: $(READY) ## the same promises against real InvokeAI servers (installs them at first)
	$(BIN)/pytest --numprocesses=2 --dist=loadfile -m real_invokeai tests/contract tests/acceptance $(PICK)

test-real-model: $(READY) ## a real InvokeAI that draws with tiny models on the CPU (installs PyTorch at first)
	$(BIN)/pytest -m real_model tests/acceptance/test_real_model.py --durations=0 --durations-min=1

test-chaos: $(READY) ## kills and outages by the hundred: nothing lost, nothing doubled
	$(BIN)/pytest -m chaos tests/chaos -rP

test-browser: $(READY) ## the sandbox page in a real Chromium, and axe-core's opinion of it
	$(BIN)/pytest --numprocesses=2 --dist=loadfile -m browser tests/browser

pictures: $(READY) ## the pictures of README and docs, made from the sandbox page
	PYTHONPATH=. $(BIN)/python tests/browser/pictures.py docs/pictures

test-packaging: $(READY) ## the wheel, the sdist and the Dockerfile's steps, in bare environments
	$(BIN)/pytest -m packaging tests/packaging

audit: $(READY) ## known weaknesses of what the bot depends on
	$(BIN)/python .ci/audit.py

check: $(READY) ## lint, types, floors, Dockerfile
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

lock: ## what the image is made of, to the hash: deploy/image.lock and deploy/image-build.lock
	$(PYTHON) -m venv .make/lock && .make/lock/bin/pip install --quiet 'uv>=0.9,<1'
	$(LOCK) pyproject.toml --extra postgres --extra video --output-file deploy/image.lock
	printf 'hatchling>=1.27\n' | $(LOCK) - --output-file deploy/image-build.lock

bench: $(READY) ## latency beside a bare script and a naive poller; start-up; a real InvokeAI; memory; the store
	$(BIN)/python -m benchmarks
	PYTHONPATH=tests/contract $(BIN)/python -m benchmarks.real_start
	$(BIN)/python -m benchmarks.store
	PYTHONPATH=tests/integration $(BIN)/python -m benchmarks.long_past --jobs $(PAST)

soak: $(READY) ## thousands of jobs through one bot: memory, stalls, losses (JOBS=10000 FASTER=10; SERVERS=50 CHANNELS=100)
	$(BIN)/python -m $(if $(SERVERS),benchmarks.many --servers $(SERVERS) --channels $(CHANNELS) --minutes $(MINUTES),benchmarks.soak --jobs $(JOBS) --faster $(FASTER))

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .invokeai

$(READY): pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(not 11 <= sys.version_info.minor <= 13)' 2>/dev/null || { echo "Python 3.11, 3.12 or 3.13 is needed: install one, or name it, as in make demo PYTHON=/opt/python/bin/python3." >&2; exit 1; }
	@echo "Installing the bot and its tools into $(VENV): a minute or two, this once."
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
