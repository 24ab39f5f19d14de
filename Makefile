# make demo   set up an environment and run the sample cell, eager against JANUS (writes demo.html)
# make test   set up what the tests need and run them
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST := $(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadgroup

.PHONY: demo test fast lint types browser fuzz table lab clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo,test,lab,dev]'
	touch $@

demo: $(VENV)/.installed
	$(BIN)/janus demo

test: $(VENV)/.installed
	$(TEST) -m "not browser and not exhaustive"

fast: $(VENV)/.installed
	$(TEST) -m "not slow and not browser and not exhaustive"

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed
	$(BIN)/mypy

lab: $(VENV)/.installed
	$(BIN)/janus lab

browser: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[browser]'
	$(BIN)/python -m pytest -m browser

clean:
	rm -rf $(VENV) dist build demo.html

fuzz: $(VENV)/.installed
	$(BIN)/python -m tests.programs.fuzz 10000 0

table: $(VENV)/.installed
	$(BIN)/python -m tests.programs.table --count 3000
