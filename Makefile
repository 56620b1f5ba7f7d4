# The way in: every target sets up what it needs. Wanted are Python 3.11 or newer, make and a package index.
PYTHON ?= python3
VENV := .venv
ARGS ?=
# One that fails is made again: an index is not always well, and what was fetched is kept
INSTALL = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --timeout 30 \
	--constraint constraints.txt --editable '.[$*]'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help test hunt compare bench lint docs site pictures dist sample constraints clean

help: ## show this help
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo "ARGS are passed on: make compare ARGS='--html report.html', make test ARGS='-k registrar'"

test: $(VENV)/.installed-lint ## run all tests; what needs a Consul that is not there is skipped
	$(VENV)/bin/python -m pytest $(ARGS)

hunt: $(VENV)/.installed-lint ## look ten minutes for requests that the facade answers in another way than Consul; what is found fails
	SEQUENCES_SECONDS=$${SEQUENCES_SECONDS:-600} REQUIRE_CONSUL=1 $(VENV)/bin/python -m pytest tests/sequences -k any_sequence_as_consul $(ARGS)

compare: $(VENV)/.installed-compare ## compare the registries with a real Consul, side by side
	$(VENV)/bin/discovery-compare run $(ARGS)

# With byte code, as pip leaves it of whatever it installs; not everywhere does Python write it by itself.
bench: $(VENV)/.installed-bench ## time the registries beside a real Consul; half an hour and more, ARGS=--quick two minutes
	$(VENV)/bin/python -m compileall -q custom_registry discovery consul_adapter compare
	$(VENV)/bin/discovery-compare bench $(ARGS)

# Nothing is written to /dev/stderr by its name: where that is a file, all that stood in it would be lost.
lint: $(VENV)/.installed-lint ## check style, types and directions of import
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	@if command -v shellcheck >/dev/null; then shellcheck $(filter-out %.py,$(wildcard scripts/*)) deploy-minikube.sh .ci/run; \
		else echo "The shell scripts are not checked: shellcheck is not installed"; fi
	@if command -v gofmt >/dev/null; then \
		unformatted=$$(gofmt -d tests/clients/go) && test -z "$$unformatted" || { echo "$$unformatted"; exit 1; }; fi

docs: $(VENV)/.installed-lint ## fill the generated tables of the pages, from what is kept in docs/ and from the code
	$(VENV)/bin/python -m docs.tables

site: $(VENV)/.installed-docs ## build the pages as a site, in build/site; a link that leads nowhere fails it
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet
	@echo "The site is in build/site"

pictures: $(VENV)/.installed-compare ## take the pictures of the pages of the kept runs anew; with Debian's chromium
	scripts/take-pictures

dist: $(VENV)/.installed-test ## build the sdist, and out of it the wheel, into dist/
	$(VENV)/bin/python -m build --no-isolation

sample: $(VENV)/.installed-lint ## compare anew, the slow scenarios and the wire too, and keep that for the tables
	$(VENV)/bin/discovery-compare run basic custom facade consul --slow --json docs/run.json.new
	mv docs/run.json.new docs/run.json
	for dialect in 1.21 1.8; do \
		$(VENV)/bin/discovery-compare wire facade:$$dialect --json docs/wire.json.new && \
			mv docs/wire.json.new docs/wire-$$dialect.json || exit 1; \
	done
	$(VENV)/bin/python -m docs.tables
	@echo "The pictures are of the last sample: make pictures"

constraints: ## take the newest versions of all packages, and pin them in constraints.txt
	rm -rf $(VENV)-newest
	$(PYTHON) -m venv $(VENV)-newest
	$(VENV)-newest/bin/pip install --quiet -e '.[lint]'
	{ sed '/^[^#]/d' constraints.txt; $(VENV)-newest/bin/pip freeze --exclude-editable; } > $(VENV)-newest/constraints.txt
	mv $(VENV)-newest/constraints.txt constraints.txt
	rm -rf $(VENV)-newest

clean: ## remove the environment and all that was made
	rm -rf $(VENV) $(VENV)-newest build dist results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each set of extras: the comparison needs no linter, and begins sooner without.
$(VENV)/.installed-%: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) || { sleep 5; $(INSTALL); }
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not: try make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
