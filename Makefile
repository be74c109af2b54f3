# Every target sets up what it needs. Pass options through ARGS: make test ARGS="tests/likelihood -x"

.DEFAULT_GOAL := help
.PHONY: help setup demo test pages slow lint format bench agreement package docs clean

python := .venv/bin/python
ARGS :=

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | awk -F '|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: ## find Python and uv, and make .venv from uv.lock, with all that development needs
	@sh .ci/setup dev

demo: ## a first result: a fit, evidence and a figure in demo/
	@sh .ci/setup
	.venv/bin/bayespanel demo -o demo $(ARGS)

test: ## the tests, without the slow ones
	@sh .ci/setup test
	$(python) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

pages: ## run the code of the documentation and the notebooks, with few draws
	@sh .ci/setup test
	$(python) -m pytest -m 'pages and not slow' -n 2 $(ARGS)

slow: ## the slow studies: calibration, recovery, long runs
	@sh .ci/setup test
	$(python) -m pytest -m slow $(ARGS)

lint: ## formatting, rules and types; changes nothing
	@sh .ci/setup lint
	$(python) -m ruff format --check .
	$(python) -m ruff check .
	$(python) -m mypy

format: ## put the code in order: imports, layout, safe fixes
	@sh .ci/setup lint
	$(python) -m ruff check --fix-only .
	$(python) -m ruff format .

bench: ## how fast the likelihood and the fits are
	@sh .ci/setup test
	$(python) -m tests.bench $(ARGS)

agreement: ## our syntax run in R with lavaan, held against our numbers; without R, the frozen table
	@sh .ci/setup test
	$(python) -m tests.agreement $(ARGS)

package: setup ## build wheel and sdist, and try them in empty environments; needs a package index
	@.ci/package $(ARGS)

docs: ## the site in docs/_build/html; a warning or a broken link is an error
	@sh .ci/setup docs
	$(python) -m sphinx -b html -W --keep-going -q docs docs/_build/html $(ARGS)

clean: ## remove caches, demo/ and builds; keep .venv (to start over: rm -rf .venv .uv)
	rm -rf demo dist docs/_build docs/cards docs/reference docs/api .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . \( -name .venv -o -name .uv -o -name .git \) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
