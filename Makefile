# One line each; `make` alone explains them.
.DEFAULT_GOAL := help
BIN := .venv/bin
.PHONY: help setup run test lint format conformance bench fuzz messages

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Create .venv with the locked dependencies (safe to repeat)
	@bash deploy/setup.sh server

run: ## Start the whole product on http://localhost:8000 (SQLite, software keys, virtual cards)
	@bash deploy/setup.sh server && $(BIN)/hpki-server start

test: ## Run every test, on SQLite and on a PostgreSQL that the tests start themselves
	@bash deploy/setup.sh dev && bash deploy/test.sh

lint: ## Style, types, import contracts, forgotten migrations
	@bash deploy/setup.sh dev && bash deploy/lint.sh

format: ## Put the sources into the project's format
	@bash deploy/setup.sh dev && $(BIN)/ruff format . && $(BIN)/ruff check --fix .

conformance: ## Print the scores of NIST PKITS, x509-limbo and EU DSS's decisions
	@bash deploy/setup.sh dev && $(BIN)/python -m tests.conformance

bench: ## Measure the hot paths against their limit and a peer; prints ratios
	@bash deploy/setup.sh dev && $(BIN)/python -m bench

fuzz: ## Coverage-guided fuzzing of the readers of hostile input, some minutes
	@bash deploy/setup.sh fuzz && bash deploy/fuzz.sh

messages: ## Collect and compile the English translation
	@bash deploy/setup.sh dev && bash deploy/messages.sh
