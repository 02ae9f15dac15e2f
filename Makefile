# make demo   the main job on data that it makes itself: a table and a report
# make test   all checks and all tests
# make check  all checks, and the tests of what has changed since the branch left main: before each commit
# make docs   the generated tables of the manual
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
# Processes of tests: two, if there are as many cores; 0 is pytest's own. Each imports torch and TensorFlow (3 GB) for itself; a
# file's tests stay in one process, with what they share.
WORKERS ?= $(if $(filter 1,$(CORES)),0,2)
PYTEST := pytest -n $(WORKERS) --dist loadfile
# Snakemake looks up python, shfmt and itself on the path.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: setup demo test check lint docs clean

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.txt requirements-torch.txt requirements-nodeps.txt
	$(PYTHON) -m venv $(VENV)
	@# Nothing is resolved: the lock file is complete, and pip's resolver takes minutes over its extras.
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-torch.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements-nodeps.txt
	@# What librosa has compiled when it is first imported would else be compiled by the first jobs.
	$(VENV)/bin/python -c "import librosa; librosa.feature.mfcc"
	touch $@

demo: setup
	snakemake --cores $(CORES) --configfile config/demo.yaml --quiet rules host
	@cat results/demo/tables/synthetic/*/60-20-20/all_deform_all_models.txt
	@echo
	@echo "All tables: results/demo/tables   Report, to open in a browser: results/demo/report.html"

test: setup lint
	$(PYTEST)
	$(OLDER_PROCESSOR) pytest -m rounding

# The last digits of numbers depend on a processor's instructions: what is promised of them is tested a second time, as
# on an older processor: one with AVX2, or, where that is what there is, one without. arm64 has no such settings.
ifneq ($(shell grep -sm1 avx512f /proc/cpuinfo),)
OLDER_PROCESSOR := OPENBLAS_CORETYPE=Haswell ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 \
	MKL_ENABLE_INSTRUCTIONS=AVX2 NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR"
else ifneq ($(shell grep -sm1 avx2 /proc/cpuinfo),)
OLDER_PROCESSOR := OPENBLAS_CORETYPE=Nehalem ONEDNN_MAX_CPU_ISA=SSE41 ATEN_CPU_CAPABILITY=default \
	MKL_ENABLE_INSTRUCTIONS=SSE4_2 NPY_DISABLE_CPU_FEATURES=X86_V3
endif

check: setup lint
	@tests=$$(python tests/changed.py) && if [ -n "$$tests" ]; then $(PYTEST) $$tests; else echo "No room has changed."; fi

lint: setup
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	codespell
	mypy
	snakemake --lint --configfile config/demo.yaml

# The tables of keys, datasets and embedders in the manual.
docs: setup
	python docs/generate.py

# The picture in the README; needs graphviz.
docs/rulegraph.svg: Snakefile rules/*.smk | setup
	snakemake --rulegraph --configfile config/demo.yaml 2>/dev/null \
		| sed -n '/digraph/,$$p' | sed 's/, color = "[^"]*", style="rounded"/, color="\#0b6e69"/' \
		| dot -Grankdir=LR -Nfontname=Helvetica -Ecolor="#9aa4ac" -Tsvg > $@

clean:
	rm -rf results .snakemake
