# Works with GNU make 3.81 and later, and with any POSIX sh.

GO         ?= go
BIN        := bin
# The release that this tree is or leads to, and the commit when it is not a tagged one.
COMMIT     := $(shell git describe --exact-match >/dev/null 2>&1 || git describe --always --dirty 2>/dev/null)
VERSION    ?= $(shell cat VERSION)$(if $(COMMIT),+$(COMMIT))

# The version is stamped by the linker; reading it from git would fail in a
# checkout that belongs to another user.
BUILD_FLAGS := -buildvcs=false -ldflags "-X main.version=$(VERSION)"

MTF_DEV   := $(BIN)/mtf-dev
WITH_DEV  = $(MTF_DEV) exec --
MODULES   := . tools tools/lint cmd/dev
SERVER    := go.temporal.io/server

export GOTOOLCHAIN = local
export GOWORK = off

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@awk 'BEGIN { FS = ":.*## " } \
		/^# --- .* ---$$/ { title = $$0; gsub(/^# --- | ---$$/, "", title); printf "\n%s\n", title } \
		/^[a-zA-Z0-9\/_-]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' Makefile

# --- Run ---

.PHONY: demo
demo: build/dev build ## Run everything on this machine with demo data (EXIT=1 stops after the tour)
	@$(MTF_DEV) demo $(if $(filter-out 0,$(EXIT)),--exit)

.PHONY: run
run: build/dev build ## Run everything on this machine, without demo data
	@$(MTF_DEV) run

# --- Build ---

.PHONY: build
build: ## Build the program, bin/mtf
	@$(GO) build $(BUILD_FLAGS) -o $(BIN)/mtf ./cmd/mtf

# A line every 30 seconds shows that a long build is alive. The loop ends with
# the shell that started it, so an interrupted build leaves nothing behind.
.PHONY: build/dev
build/dev: ## Build bin/mtf-dev: the program with an embedded Temporal and a private PostgreSQL
	@if [ ! -x $(MTF_DEV) ]; then \
		echo "Building the embedded Temporal server and UI; the first build takes several minutes."; \
	fi
	@mkdir -p $(BIN)
	@( seconds=0; \
	   while sleep 1 >/dev/null 2>&1 && kill -0 $$$$ 2>/dev/null; do \
		seconds=$$((seconds + 1)); \
		if [ $$((seconds % 30)) -eq 0 ]; then echo "  still building after $$seconds s"; fi; \
	   done ) & ticker=$$!; \
	(cd cmd/dev && $(GO) build $(BUILD_FLAGS) -o ../../$(MTF_DEV) .); status=$$?; \
	kill $$ticker 2>/dev/null; wait $$ticker 2>/dev/null; \
	exit $$status

# --- Test ---

# The test targets pass these to go test: `make test/root RUN=TestPayment PKG=./api/...`.
PKG        ?= ./...
RUN        ?= .
TEST_FLAGS ?=

# Go does not cache the results of tests that use servers, so -count=1.
GO_TEST   = $(GO) test -count=1 -timeout=30m

# The number of random inputs that each property test tries; the default is 100.
# -short divides it by 5.
QUICK_CHECKS := 50
DEEP_CHECKS  := 1000

.PHONY: test
test: test/tools test/root test/dev ## Run the tests of all modules on a real PostgreSQL and Temporal

.PHONY: test/quick
test/quick: build/dev ## Run the tests that need no whole system, with few random inputs: the inner loop
	RAPID_CHECKS=$(QUICK_CHECKS) $(WITH_DEV) $(GO_TEST) -short -run '$(RUN)' $(TEST_FLAGS) $(PKG)

.PHONY: test/root
test/root: build/dev ## Run the tests of the root module: PKG=./api/... RUN=TestName narrow it down
	$(WITH_DEV) $(GO_TEST) -run '$(RUN)' $(TEST_FLAGS) $(PKG)

.PHONY: test/dev
test/dev: build/dev build ## Run the tests of the embedded stack, which start it as OS processes
	cd cmd/dev && $(GO_TEST) -run '$(RUN)' $(TEST_FLAGS) ./...

.PHONY: test/tools
test/tools: ## Run the tests of the checks in tools
	cd tools && $(GO) test ./boundaries ./links ./prose

.PHONY: test/deep
test/deep: build/dev test-faults ## Run the tests with ten times the random inputs, and kill every part of the system
	RAPID_CHECKS=$(DEEP_CHECKS) $(WITH_DEV) $(GO_TEST) -timeout=2h -run '$(RUN)' $(TEST_FLAGS) $(PKG)

.PHONY: test-race
test-race: build/dev ## Run the tests of the root module with the race detector
	$(WITH_DEV) $(GO_TEST) -race -run '$(RUN)' $(TEST_FLAGS) $(PKG)

# npm installs the clients with the user's own settings. The lock file has their versions and digests.
LEDGER_CLIENTS := internal/test/ledgerclients

.PHONY: test-clients
test-clients: build/dev $(BIN)/clients/.installed ## Drive the ledger with its real clients, which npm installs: needs node and npm
	MTF_TEST_CLIENTS_DIR=$(abspath $(BIN)/clients) $(WITH_DEV) $(GO_TEST) -v ./$(LEDGER_CLIENTS)

$(BIN)/clients/.installed: $(LEDGER_CLIENTS)/package.json $(LEDGER_CLIENTS)/package-lock.json
	@for program in node npm; do \
		command -v $$program >/dev/null || { echo "make test-clients needs node and npm, and there is no $$program: install Node.js 18 or later."; exit 1; }; \
	done
	@rm -rf $(BIN)/clients && mkdir -p $(BIN)/clients && cp $^ $(BIN)/clients/
	@cd $(BIN)/clients && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-faults
test-faults: build/dev build ## Kill every part of the system during a large run: SEED=n repeats a plan, CLIENTS=n ROUNDS=n
	cd cmd/dev && MTF_FAULTS_SEED=$(or $(SEED),random) MTF_FAULTS_CLIENTS=$(or $(CLIENTS),20000) \
		MTF_FAULTS_ROUNDS=$(or $(ROUNDS),10) $(GO_TEST) -v -run '^TestFault' $(TEST_FLAGS) ./faults

# Each target fuzzes for FUZZTIME on its own servers. Go keeps a failing input in
# testdata/fuzz, and the tests run it too.
FUZZTIME   ?= 1m
.PHONY: fuzz
fuzz: build/dev ## Fuzz every target for FUZZTIME: PKG=./api RUN=FuzzBody narrow it down
	@for package in $$($(GO) list $(PKG)); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' | grep -E '$(RUN)'); do \
			echo "$$package $$target"; \
			$(WITH_DEV) $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

.PHONY: bench
bench: build/dev ## Run the benchmarks of the root module on a durable PostgreSQL: GATE=1 fails on a missed goal
	$(if $(filter-out 0,$(GATE)),MTF_BENCH_GATE=1) $(MTF_DEV) exec --durable -- $(GO_TEST) -run '^$$' -bench '$(RUN)' -benchmem $(TEST_FLAGS) $(PKG)

# --- Generate ---

.PHONY: generate
generate: generate/sqlc generate/access ## Generate all generated code

# The table is written by the test that otherwise compares it.
.PHONY: generate/access
generate/access: ## Generate the table of who may do what in docs/access.md
	$(GO) test -count=1 ./api -run '^TestAccessTable_IsUpToDate$$' -update

# Not part of generate: histories are recorded from released code, see CONTRIBUTING.md.
.PHONY: generate/histories
generate/histories: build/dev ## Record the workflow histories that the replay test replays
	$(WITH_DEV) $(GO_TEST) ./workflows -run '^TestRecordHistories' -update

# Once per release, see CONTRIBUTING.md.
.PHONY: generate/release-fixture
generate/release-fixture: build/dev ## Record the database and the open workflows of the version that is released
	$(WITH_DEV) $(GO_TEST) ./internal/test/release -run '^TestRecordRelease$$' -update

# The old files go only once the queries compile: sqlc never deletes a file
# whose queries have gone.
.PHONY: generate/sqlc
generate/sqlc: $(BIN)/sqlc ## Generate db/dbsqlc from the migrations and the queries
	$(BIN)/sqlc compile
	@rm -f db/dbsqlc/*.go
	$(BIN)/sqlc generate

.PHONY: format
format: $(BIN)/golangci-lint ## Format all Go files with gofumpt, and order their imports
	$(BIN)/golangci-lint fmt

# Not part of generate: it asks the npm registry, and its result changes with the pinned version alone.
.PHONY: generate/redoc
generate/redoc: ## Fetch Redoc's bundle, at the version pinned in api/rest/redoc/generate.sh
	sh api/rest/redoc/generate.sh

.PHONY: screenshots
screenshots: build/dev build ## Make the pictures of docs/images from a demo (needs Chromium or Chrome)
	cd tools && $(GO) run -buildvcs=false ./screenshots -program ../$(MTF_DEV) -out ../docs/images

# --- Verify ---

.PHONY: verify
verify: verify/boundaries verify/links verify/modules verify/tidy verify/vet verify/generate verify/staticcheck verify/workflowcheck verify/deadcode ## Run every check that CI runs besides the tests

.PHONY: verify/boundaries
verify/boundaries: ## Check which packages import each other, and how long files are
	@cd tools && $(GO) run ./boundaries -root ..

.PHONY: verify/deadcode
verify/deadcode: $(BIN)/deadcode ## Check that a program or a test can reach every function
	@dead=$$($(BIN)/deadcode -test ./...) || exit 1; \
	if [ -n "$$dead" ]; then echo "Not reachable:"; echo "$$dead"; exit 1; fi

.PHONY: verify/format
verify/format: $(BIN)/golangci-lint ## Check that make format would change nothing
	@$(BIN)/golangci-lint fmt --diff

.PHONY: verify/generate
verify/generate: $(BIN)/sqlc ## Check that the generated code is up to date
	@rm -rf $(BIN)/.generated && mkdir -p $(BIN)/.generated/db
	@cp sqlc.yaml $(BIN)/.generated/ && cp -R db/migrations db/queries $(BIN)/.generated/db/
	@cd $(BIN)/.generated && ../sqlc generate
	@diff -ru db/dbsqlc $(BIN)/.generated/db/dbsqlc || { echo "db/dbsqlc is out of date: run make generate."; exit 1; }
	@rm -rf $(BIN)/.generated

# golangci-lint includes go vet, staticcheck, and the check of the format. cmd/dev
# gets only the linters that need no types: checking those of the embedded Temporal
# server takes too long.
.PHONY: verify/lint
verify/lint: $(BIN)/golangci-lint ## Run the linters of .golangci.yaml
	$(BIN)/golangci-lint run ./...
	cd tools && ../$(BIN)/golangci-lint run ./...
	cd cmd/dev && ../../$(BIN)/golangci-lint run --fast-only ./...

.PHONY: verify/links
verify/links: ## Check that links, paths, and targets in the pages exist
	@cd tools && $(GO) run ./links -root ..

# The root module keeps the Temporal server out of the program.
.PHONY: verify/modules
verify/modules: ## Check that the root module does not depend on the Temporal server
	@modules=$$($(GO) list -m all) || exit 1; \
	if echo "$$modules" | grep '^$(SERVER) '; then \
		echo "$(SERVER) belongs in cmd/dev/go.mod only."; exit 1; \
	fi

.PHONY: verify/prose
verify/prose: ## Check the wording of docs, comments, and messages: FILES="docs README.md" SUMMARY=1
	@cd tools && $(GO) run ./prose -root .. $(if $(filter-out 0,$(SUMMARY)),-summary) $(FILES)

.PHONY: verify/staticcheck
verify/staticcheck: $(BIN)/staticcheck ## Run staticcheck on the root module
	$(BIN)/staticcheck ./...

.PHONY: verify/tidy
verify/tidy: ## Check that go mod tidy would change nothing in any module
	@status=0; for module in $(MODULES); do \
		(cd $$module && $(GO) mod tidy -diff) || { echo "$$module/go.mod is not tidy."; status=1; }; \
	done; exit $$status

# Vetting cmd/dev takes longer than building it.
.PHONY: verify/vet
verify/vet: ## Run go vet on the root module
	$(GO) vet ./...

.PHONY: verify/workflowcheck
verify/workflowcheck: $(BIN)/workflowcheck ## Check that workflow code is deterministic
	$(BIN)/workflowcheck ./workflows/...

# --- Tools and cleaning ---

TOOLS := $(BIN)/deadcode $(BIN)/sqlc $(BIN)/staticcheck $(BIN)/workflowcheck

$(BIN)/deadcode:      tool = golang.org/x/tools/cmd/deadcode
$(BIN)/golangci-lint: tool = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(BIN)/sqlc:          tool = github.com/sqlc-dev/sqlc/cmd/sqlc
$(BIN)/staticcheck:   tool = honnef.co/go/tools/cmd/staticcheck
$(BIN)/workflowcheck: tool = go.temporal.io/sdk/contrib/tools/workflowcheck

# A tool is built again when its pinned version changes. sqlc compiles
# PostgreSQL's own parser with the C compiler; without one it uses a slower parser.
$(TOOLS): tools/go.mod tools/go.sum
	@echo "Building $@ at the version pinned in tools/go.mod; the first build takes some minutes."
	@mkdir -p $(BIN)
	@cd tools && $(GO) build -buildvcs=false -o ../$@ $(tool)
	@touch $@

# Its own module, because it requires several hundred others.
$(BIN)/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "Building $@ at the version pinned in tools/lint/go.mod; the first build takes some minutes."
	@mkdir -p $(BIN)
	@cd tools/lint && $(GO) build -buildvcs=false -o ../../$@ $(tool)
	@touch $@

.PHONY: clean
clean: ## Remove what was built; data directories stay
	rm -rf $(BIN)
