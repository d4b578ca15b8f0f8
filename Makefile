# The commands of the README. `make` without a target lists them.
.PHONY: help demo check test bench bench-wait4x bench-scale fairness soak fuzz schema docs audit release image reproducible

help:
	@grep -E '^## ' Makefile | sed 's/^## //'

## make demo    run the real sidecar against a few dependencies on loopback; break them and watch
demo:
	cargo build --locked --bin pilotfish --example demo
	@cargo run --locked --quiet --example demo

## make check   the quick part of `make test`: format, crates, lints, unit tests, the rules of the repository; no servers, no root
check:
	cargo fmt --all --check
	scripts/check-dependencies
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo test --locked --lib
	cargo test --locked --test it -- layers:: circles:: pages:: release::

## make test    install what the tests need, then run every check and test of the project
test:
	scripts/install-test-tools
	cargo fmt --all --check
	scripts/check-dependencies
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo test --locked --no-run
	scripts/as-root cargo test --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet
	scripts/check-binary
	scripts/check-memory
	scripts/as-root scripts/check-image

## make bench   compare with other probers and with bare system calls: CPU, memory, system calls, first answer, detection
bench:
	scripts/install-test-tools
	bench/install-peers
	cargo build --locked --release
	bench/compare

## make bench-wait4x  compare with wait4x on its own protocols, against real servers: who notices which fault, the reason, the cost
bench-wait4x:
	scripts/install-test-tools
	bench/install-peers
	cargo build --locked --release
	bench/wait4x

## make bench-scale   measure one sidecar with 10,000 checks; fails if a figure exceeds its budget
bench-scale:
	cargo build --locked --release
	bench/scale

## make fairness   fails if anything holds the one thread of the release binary for more than 10 ms of CPU time
fairness:
	cargo build --locked --release
	bench/fairness

## make soak    200 checks a second while a script breaks things around them, for SOAK (10m); compares the verdicts with what it broke
soak:
	cargo build --locked --release
	bench/soak

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
	PILOTFISH_WRITE_DOCS=1 scripts/as-root cargo test --locked --test it -- as_the_code_says alerts:: readme::
	scripts/sync-charts

## make audit   ask cargo-deny about published advisories, bans, licences and sources; needs the network
audit:
	scripts/audit

## make release create dist/: static binaries, checksums, what is in them, images, the chart
release:
	scripts/install-test-tools
	scripts/release

## make image   create dist/pilotfish-image.tar for the architecture of this machine, for `docker load -i`
image:
	@command -v buildah >/dev/null || { echo "buildah is not installed; install it: apt-get install -y buildah" >&2; exit 1; }
	@scripts/as-root true
	mkdir -p dist
	scripts/as-root scripts/build-image "$$(scripts/build-release | tail -1)" dist/pilotfish-image.tar
	@echo "created dist/pilotfish-image.tar; next, one of: kind load image-archive, minikube image load, docker load -i"

## make reproducible  build in two folders and compare the binaries
reproducible:
	scripts/check-reproducible
