# The commands of the README. `make` without a target lists them.
.PHONY: help demo test bench fuzz schema docs

help:
	@grep -E '^## ' Makefile | sed 's/^## //'

## make demo    run the real sidecar against a few dependencies on loopback; break them and watch
demo:
	cargo build --locked --bin pilotfish --example demo
	@cargo run --locked --quiet --example demo

## make test    install what the tests need, then run every check and test of the project
test:
	scripts/install-test-tools
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked --no-run
	scripts/as-root cargo test --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet
	scripts/check-binary
	scripts/check-memory
	scripts/as-root scripts/check-image

## make bench   compare with prometheus-blackbox-exporter: size, memory, CPU, time to the first answer
bench:
	scripts/install-test-tools
	cargo build --locked --release
	bench/compare

## make fuzz    give every parser of hostile or user text random input, for FUZZ_SECONDS (60) each
fuzz:
	scripts/fuzz $(TARGETS)

## make schema  rewrite config.schema.json from the code, and every copy of it
schema:
	PILOTFISH_WRITE_SCHEMA=1 cargo test --locked --lib schema
	PILOTFISH_WRITE_SCHEMA=1 cargo test --locked --test it the_values_hold_the_schema
	scripts/sync-charts

## make docs    rewrite the pages, alerts and dashboard that are generated from the code
docs:
	PILOTFISH_WRITE_DOCS=1 cargo test --locked --lib -- the_page_is_as_the_code_says the_readme_lists
	PILOTFISH_WRITE_DOCS=1 cargo test --locked --test it -- as_the_code_says alerts::
	scripts/sync-charts
