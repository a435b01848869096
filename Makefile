# Swift 6.3 and make on Debian 12 are enough to start from: `deps` installs the rest.
.DEFAULT_GOAL := help
.PHONY: help deps build serve demo test lint integration bench clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

deps: ## Install the Debian packages that are missing
	@Scripts/install-dependencies

build: deps ## Build the release binary
	swift build -c release --product tangent

serve: build ## Serve on 127.0.0.1:8080, with ./data as data directory
	.build/release/tangent serve

demo: ## Compute the kernel of the digits and run the post's experiment, from upload to figures
	@Scripts/demo

test: ## Run everything: unit tests, linters, integration tests
	@Scripts/test

lint: ## Lint the contract, the scripts and the deployment files
	@Scripts/install-dependencies test
	@Scripts/lint

integration: build ## Run the integration tests against the release binary
	@Scripts/install-dependencies test
	@Tests/Integration/run

bench: build ## Run the benchmarks
	@Benchmarks/run

clean: ## Remove what was built
	swift package clean
	rm -rf .venv-lint demo-output
