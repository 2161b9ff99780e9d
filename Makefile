# make run · make check · make test · make install · make models · make fleet-demo    (make help)
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
FACE_MODELS := models/third_party/face_detection_full_range_sparse.tflite
LANDMARKER := models/third_party/face_landmarker.task
ARGS ?=
LINT = $(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
SLOW_TO_IMPORT = tests/tools/training tests/tools/commands tests/tools/evaluation/test_architectures.py
# Half of the tests wait for brokers, browsers and processes most of the time.
WORKERS ?= $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))
# Threads of the workers' libraries would only wait for one another's processors.
ONE_THREAD = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
PYTEST = $(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help run check test ready fleet-demo bench models recommend sbom install uninstall requirements clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sed 's/:.*  ## /\t/' | expand -t 16

run: .venv/kiosk $(FACE_MODELS) catalogue/example.sqlite  ## install what is missing, start the kiosk (ARGS="--source usb:0")
	@exec $(BIN)/python -m device run $(ARGS)

check: ready  ## formatting, lint, types and the fast tests, before each commit
	$(LINT)
	$(PYTEST) -m "not (slow or browser or systemd or real_data)" $(SLOW_TO_IMPORT:%=--ignore=%) $(ARGS)

test: ready  ## formatting, lint, types and all tests (ARGS="tests/device -m 'not slow'")
	$(LINT)
	$(PYTEST) $(ARGS)

fleet-demo: ready  ## a hub, three kiosks, a release that all take and one that returns by itself
	@$(BIN)/python -m tools fleet demo $(ARGS)

bench: ready  ## measure time and memory of the corridor
	$(BIN)/python -m tools bench $(ARGS)

models: .venv/workstation $(FACE_MODELS)  ## train, convert and evaluate the models (WAYSIDE_DATA names the data)
	$(BIN)/python -m tools train $(ARGS)

recommend: .venv/workstation  ## install the historical music flow of wayside-tools catalogue
	$(PIP) -r requirements/recommend.txt

sbom: .venv/workstation  ## write the bill of materials (CycloneDX) to var/sbom.json
	@mkdir -p var
	$(BIN)/python -m tools.sbom var/sbom.json

install:  ## install as a service on this machine (root; ARGS=--security-updates for those of the system, ARGS=--microphone)
	./systemd/install.sh $(ARGS)

uninstall:  ## remove the services (root); the configuration stays
	./systemd/uninstall.sh

# The environment uses the system's packages only if they include the Pi's camera library.
.venv/made:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    $$python -c 'import venv, ensurepip' 2>/dev/null || { \
	      echo "wayside: $$python has no venv module; install it: sudo apt install python3-venv" >&2; exit 1; }; \
	    $$python -c 'import picamera2' 2>/dev/null && system=--system-site-packages; \
	    exec sh -c "$$python -m venv $$system .venv && touch $@"; \
	  fi; \
	done; echo "wayside: no Python 3.11, 3.12 or 3.13 found; install one, or set it: make run PYTHON=/path/to/python3" >&2; exit 1

.venv/kiosk: requirements/kiosk.txt requirements/demo.txt | .venv/made
	@echo "wayside: installing the packages of a kiosk (once, some minutes)"
	@$(PIP) -r requirements/kiosk.txt
	@$(PIP) -r requirements/demo.txt
	@$(call command,wayside,device)
	@$(call command,wayside-tools,tools)
	@touch $@

# Each command is a script of two lines, so nothing has to be built or packaged.
command = printf '\#!/bin/sh\nPYTHONPATH="$(CURDIR)" exec "$(CURDIR)/$(BIN)/python" -m $(2) "$$@"\n' > $(BIN)/$(1) && chmod +x $(BIN)/$(1)

ready: .venv/workstation $(FACE_MODELS) $(LANDMARKER) catalogue/example.sqlite

.venv/workstation: requirements/workstation.txt requirements/hearing.txt | .venv/kiosk
	@echo "wayside: installing the packages of the tools and tests (once, some minutes)"
	@$(PIP) -r requirements/workstation.txt
	@$(PIP) -r requirements/hearing.txt
	@touch $@

$(FACE_MODELS): device/inference/third_party.py | .venv/kiosk
	@$(BIN)/python -m device.inference.third_party
	@touch $@

$(LANDMARKER): tools/face/landmarker.py | .venv/workstation
	@$(BIN)/python -m tools.face.landmarker
	@touch $@

# The example is of Helsinki; `make catalogue/hangzhou.sqlite` builds the one of Hangzhou.
EVERYWHERE := $(wildcard catalogue/*.csv)
catalogue/example.sqlite: catalogue/helsinki/places.csv catalogue/helsinki/places.footways
catalogue/hangzhou.sqlite: catalogue/hangzhou/places.csv
catalogue/example.sqlite catalogue/hangzhou.sqlite: $(EVERYWHERE) $(wildcard device/catalogue/*.py) | .venv/kiosk
	@$(BIN)/python -m device catalogue build --out $@ $(filter %.csv %.footways,$^)

COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
  --python-version 3.11
requirements:  ## compile the pinned requirements (needs uv)
	$(COMPILE) --override requirements/overrides.txt requirements/kiosk.in requirements/demo.in requirements/workstation.in -o requirements/workstation.txt
	$(COMPILE) --override requirements/overrides.txt requirements/kiosk.in -c requirements/workstation.txt -o requirements/kiosk.txt
	$(COMPILE) --override requirements/overrides.txt requirements/demo.in --no-deps -c requirements/workstation.txt -o requirements/demo.txt
	$(COMPILE) requirements/hearing.in --no-deps -c requirements/workstation.txt -o requirements/hearing.txt
	$(COMPILE) requirements/recommend.in -c requirements/workstation.txt -o requirements/recommend.txt
	$(COMPILE) --override requirements/compare-fer.overrides.txt requirements/compare-fer.in -o requirements/compare-fer.txt

clean:  ## remove the environment, fetched models and the example catalogue
	rm -rf .venv models/third_party catalogue/example.sqlite catalogue/hangzhou.sqlite
