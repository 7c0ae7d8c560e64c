# Every target does its own set-up. Prerequisites: Rust, Go, Python 3 with venv (for Microsoft's SDK), make, git.
.DEFAULT_GOAL := help
.PHONY: help demo test conformance-sdk bench build fmt lint crds warnings api-additions image control-plane clean docs

# Arguments of `make demo` and `make test`, for example ARGS=--once.
ARGS ?=
IMAGE ?= armature:dev

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run Armature against a simulated Azure and watch it create a cluster (ARGS=--once ends after Ready)
	@hack/demo $(ARGS)

test: ## Run all tests, with the real control plane and Microsoft's SDK (ARGS go to cargo test alone)
	@hack/test $(ARGS)

conformance-sdk: ## Drive the simulator with Microsoft's Python SDK (ARGS name providers)
	@hack/conformance-sdk $(ARGS)

bench: ## Measure: cost of a plan, calls to Azure, idle passes, memory
	@hack/bench $(ARGS)

build: ## Build the programs
	cargo build --workspace --bins

fmt: ## Format the code
	cargo fmt --all

lint: ## Check the format and the lints, as .ci/run does
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

crds: ## Write crds/ and the chart's copy from the Rust types
	cargo run --quiet --package armature -- crds --output-dir crds
	cp crds/*.yaml charts/armature/files/crds/

api-additions: ## Show what the OpenAPI file SPEC of another API version has that our types lack
	@hack/api-additions $(SPEC)

warnings: ## Write the chart's policy that warns of retired settings from the table in crates/plan/src/retirements
	ARMATURE_WRITE_WARNINGS=1 cargo test --quiet --package armature-plan --lib retirements::tests::the_charts_warnings

docs: ## Write docs/reference from the CRDs and the table of fields
	ARMATURE_WRITE_DOCS=1 cargo test --quiet --package armature --test reference

image: ## Build the container image (IMAGE names it) with docker, podman or buildah
	@hack/image $(IMAGE)

control-plane: ## Build etcd and Kubernetes for tests and demo, once; prints the folder
	@hack/control-plane/build

clean: ## Remove what was built, the control plane included
	cargo clean
	rm -rf .cache
