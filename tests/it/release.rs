//! What a release consists of, and what the repository promises about it: one version, licences, the list of crates.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::helm::{repository, text_of};
use crate::support::{Folder, PILOTFISH, Ran, run};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A script of the repository that reads `cargo metadata`. The crates are there, since the tests were built from them.
fn script(name: &str, args: &[&str]) -> Ran {
    run(Command::new(repository(name))
        .args(args)
        .env("CARGO_NET_OFFLINE", "true")
        .env("SOURCE_DATE_EPOCH", "1700000000"))
}

#[test]
fn every_file_states_the_version_of_cargo_toml() {
    let ran = script("scripts/sync-version", &["--check"]);
    assert_eq!(ran.code, 0, "run scripts/sync-version: {ran:?}");
    assert!(ran.stdout.contains(concat!("states version ", env!("CARGO_PKG_VERSION"))), "{ran:?}");
}

/// A new version reaches every line that states the old one; the example chart has a version of its own.
#[test]
fn a_new_version_is_written_everywhere() {
    let copy = Folder::new();
    let listed = run(Command::new("git").args(["ls-files"]).current_dir(repository("")));
    assert_eq!(listed.code, 0, "{listed:?}");
    for path in listed.stdout.lines().filter(|path| repository(path).is_file()) {
        let to = copy.path().join(path);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("it is made");
        std::fs::copy(repository(path), to).expect("a copy");
    }
    let old = env!("CARGO_PKG_VERSION");
    let manifest = text_of("Cargo.toml").replacen(&format!("version = \"{old}\""), "version = \"98.7.6\"", 1);
    copy.write("Cargo.toml", manifest);
    let ran = run(Command::new(copy.path().join("scripts/sync-version")).env("CARGO_NET_OFFLINE", "true"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut left = Vec::new();
    for path in listed.stdout.lines() {
        let states =
            ["deploy/", "docs/", "examples/", "README.md", "Dockerfile"].iter().any(|start| path.starts_with(start));
        let of_another = path == "deploy/charts/todo/Chart.yaml" || path.starts_with("deploy/prometheus/tests/");
        if states && !of_another {
            let text = std::fs::read_to_string(copy.path().join(path)).unwrap_or_default();
            left.extend(text.lines().filter(|line| line.contains(old)).map(|line| format!("{path}: {line}")));
        }
    }
    // A crate may happen to have the same version.
    left.retain(|line| !line.starts_with("docs/dependencies.md"));
    assert!(left.is_empty(), "scripts/sync-version leaves {left:#?}");
}

/// `make image` looks for what it needs before it builds anything.
#[test]
fn the_image_asks_for_its_tools_first() {
    let bin = Folder::new();
    for program in ["make", "sh", "bash"] {
        std::os::unix::fs::symlink(crate::support::need(program, program), bin.path().join(program)).expect("a link");
    }
    let mut make = Command::new(bin.path().join("make"));
    let ran = run(make.args(["--no-print-directory", "image"]).current_dir(repository("")).env("PATH", bin.path()));
    assert!(ran.code == 2 && ran.stderr.starts_with("buildah is not installed; install it: apt-get"), "{ran:?}");
    assert_eq!(ran.stdout, "", "nothing was built");
}

const RULES: &str = r#"
[graph]
targets = ["x86_64-unknown-linux-gnu"]
[licenses]
version = 2
allow = ["MIT", "Apache-2.0", "Unicode-3.0"]
[bans]
multiple-versions = "deny"
wildcards = "deny"
skip = [{ crate = "syn@2", reason = "a reason" }]
deny = [{ crate = "openssl-sys", reason = "TLS is rustls" }]
[sources]
unknown-registry = "deny"
unknown-git = "deny"
"#;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn package(name: &str, version: &str, license: &str) -> Value {
    json!({
        "id": format!("{name}@{version}"), "name": name, "version": version, "license": license, "source": REGISTRY,
        "dependencies": [], "targets": [{"kind": ["lib"]}],
    })
}

/// The crates of a build in the shape of `cargo metadata`: the root depends on every package, in this way.
fn metadata(packages: &[Value], kind: Option<&str>) -> Value {
    let mut root = package("app", "1.0.0", "MIT");
    root["source"] = Value::Null;
    let everything: Vec<&Value> = std::iter::once(&root).chain(packages).collect();
    let deps: Vec<Value> =
        packages.iter().map(|one| json!({"pkg": one["id"], "dep_kinds": [{"kind": kind}]})).collect();
    let node =
        |one: &&Value| json!({"id": one["id"], "deps": if one["name"] == "app" { json!(deps) } else { json!([]) }});
    let nodes: Vec<Value> = everything.iter().map(node).collect();
    json!({"packages": everything, "resolve": {"root": "app@1.0.0", "nodes": nodes}})
}

fn checked(rules: &str, metadata: &Value) -> Ran {
    let folder = Folder::new();
    let (rules, graph) = (folder.write("deny.toml", rules), folder.write("metadata.json", metadata.to_string()));
    script("scripts/check-dependencies", &[&rules, &graph])
}

#[test]
fn crates_that_deny_toml_rejects_are_named() {
    let skipped = package("syn", "2.0.1", "MIT");
    let with = |changed: Value| vec![skipped.clone(), changed];
    let from = |source: &str| {
        let mut one = package("odd", "1.0.0", "MIT");
        one["source"] = source.into();
        with(one)
    };
    let mut unlicensed = package("odd", "1.0.0", "");
    unlicensed["license"] = Value::Null;
    let twice = [package("rand", "0.8.1", "MIT"), package("rand", "0.9.0", "MIT")];
    let cases: Vec<(Vec<Value>, &str)> = vec![
        (with(package("odd", "1.0.0", "GPL-3.0-only")), "odd 1.0.0: the licence GPL-3.0-only"),
        (with(package("odd", "1.0.0", "MIT AND GPL-3.0-only")), "odd 1.0.0: the licence MIT AND"),
        (with(package("odd", "1.0.0", "(GPL-2.0-only OR LGPL-3.0-only) AND MIT")), "odd 1.0.0: the licence"),
        (with(package("odd", "1.0.0", "Apache-2.0 WITH LLVM-exception")), "odd 1.0.0: the licence"),
        (with(unlicensed), "odd 1.0.0: states no licence"),
        (from("git+https://example.org/odd#1234"), "odd 1.0.0: its source is git+"),
        (from("registry+https://example.org/index"), "odd 1.0.0: its source is registry+"),
        (with(package("openssl-sys", "0.9.1", "MIT")), "openssl-sys 0.9.1: banned: TLS is rustls"),
        (twice.iter().cloned().chain([skipped.clone()]).collect(), "rand: 2 versions in one build: 0.8.1, 0.9.0"),
        (vec![], "bans.skip names syn@2, which the build does not use"),
    ];
    for (packages, expected) in cases {
        let ran = checked(RULES, &metadata(&packages, None));
        assert_eq!(ran.code, 1, "{expected}: {ran:?}");
        assert!(ran.stdout.contains(expected), "{expected}: {ran:?}");
    }
    for (from, to, expected) in [
        ("unknown-git = \"deny\"", "unknown-git = \"warn\"", "sources.unknown-git must be \"deny\""),
        ("wildcards", "highlight = \"all\"\nwildcards", "does not know bans.highlight"),
        ("[sources]", "[extra]\na = 1\n[sources]", "does not know [extra]"),
    ] {
        let ran = checked(&RULES.replace(from, to), &metadata(std::slice::from_ref(&skipped), None));
        assert!(ran.code == 1 && ran.stdout.contains(expected), "{expected}: {ran:?}");
    }
}

#[test]
fn ordinary_crates_pass() {
    let crates = [
        package("syn", "2.0.1", "MIT"),
        package("syn", "3.0.0", "MIT/Apache-2.0"),
        package("a", "1.0.0", "(MIT OR Apache-2.0) AND Unicode-3.0"),
        package("b", "1.0.0", "GPL-2.0-only OR MIT"),
        package("c", "1.0.0", "Apache-2.0 / MIT"),
    ];
    let ran = checked(RULES, &metadata(&crates, Some("build")));
    assert_eq!(ran.code, 0, "{ran:?}");
    // Two versions in tests alone are not in the build.
    let tests = [package("syn", "2.0.1", "MIT"), package("rand", "0.8.1", "MIT"), package("rand", "0.9.0", "MIT")];
    let ran = checked(RULES, &metadata(&tests, Some("dev")));
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn the_bill_of_materials_has_what_is_linked_and_nothing_else() {
    let made = script("scripts/sbom", &[TARGET, PILOTFISH]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!(script("scripts/sbom", &[TARGET, PILOTFISH]).stdout, made.stdout, "the same source, the same text");
    let bill: Value = serde_json::from_str(&made.stdout).expect("it is JSON");
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&json!("CycloneDX"), &json!("1.5")));
    assert_eq!(bill["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(bill["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
    let components = bill["components"].as_array().expect("a list");
    let has = |name: &str| components.iter().any(|one| one["name"] == name);
    for linked in ["tokio", "rustls", "ring", "hickory-proto", "glibc", "rust-std"] {
        assert!(has(linked), "{linked}");
    }
    // A test, a macro and a tool of the build.
    for other in ["rcgen", "serde_derive", "syn", "cc", "pilotfish"] {
        assert!(!has(other), "{other}");
    }
    for one in components {
        assert!(one["version"].is_string() && one["licenses"][0].is_object(), "{one}");
        let is_crate = one["purl"].is_string();
        assert_eq!(is_crate, one["hashes"][0]["content"].is_string(), "a crate of the registry has a checksum: {one}");
    }
    let refs: Vec<&Value> = components.iter().map(|one| &one["bom-ref"]).collect();
    for depends in bill["dependencies"].as_array().expect("a list") {
        for on in depends["dependsOn"].as_array().expect("a list") {
            assert!(refs.contains(&on), "{on} is no component");
        }
    }
}

#[test]
fn every_linked_crate_has_its_licence_text() {
    let ran = script("scripts/third-party-licences", &[TARGET]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in ["\nring 0.", "\ntokio 1.", "Permission is hereby granted", "Apache License", "GNU C Library"] {
        assert!(ran.stdout.contains(text), "{text}");
    }
    assert!(!ran.stdout.contains("\nrcgen "), "a crate of the tests");
}

#[test]
fn the_repository_has_its_licences_and_the_workflow_runs_what_ci_runs() {
    for (file, start) in [("LICENSE-MIT", "MIT License"), ("LICENSE-APACHE", "Apache License")] {
        let text = text_of(file);
        assert!(text.trim_start().starts_with(start) && text.contains("the pilotfish authors"), "{file}");
    }
    assert!(text_of("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
    assert!(text_of(".github/workflows/ci.yml").contains(" .ci/run\n"));
    assert!(text_of(".ci/run").contains("exec make test"));
}

/// The relative links of a page, without those in code.
fn links(page: &str) -> Vec<String> {
    let text = text_of(page);
    let prose: String = text.split("```").step_by(2).flat_map(|part| part.split('`').step_by(2)).collect();
    let targets = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
    targets.filter(|target| !target.contains("://")).collect()
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let plain = heading.trim_start_matches('#').trim().to_lowercase();
    plain.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).collect::<String>().replace(' ', "-")
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let mut pages: Vec<String> = [
        "ARCHITECTURE.md",
        "GLOSSARY.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "tests/README.md",
        "examples/README.md",
        "deploy/charts/pilotfish/README.md",
    ]
    .map(str::to_owned)
    .into();
    pages.extend(crate::readme::pages().iter().map(|page| page.to_string_lossy().into_owned()));
    let mut count = 0;
    for page in &pages {
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(page) {
            let (file, at) = link.split_once('#').unwrap_or((&link, ""));
            let file = if file.is_empty() { page.clone() } else { format!("{folder}/{file}") };
            let path = repository(file.trim_start_matches('/'));
            assert!(path.exists(), "{page}: the link {link} leads to nothing");
            if !at.is_empty() {
                let text = std::fs::read_to_string(&path).expect("a page can be read");
                let headings = text.lines().filter(|line| line.starts_with('#'));
                assert!(headings.map(anchor).any(|found| found == at), "{page}: {link} names no heading");
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count} links");
}

#[test]
fn the_index_names_every_page() {
    let index = links("docs/README.md");
    for page in crate::readme::pages().iter().filter_map(|page| page.strip_prefix("docs").ok()) {
        let page = page.to_string_lossy();
        let count = index.iter().filter(|link| **link == page).count();
        assert!(page == "README.md" || count == 1, "docs/README.md names {page} {count} times");
    }
}

/// A machine that has only these programs: what is missing is listed at once, and nothing is installed.
#[test]
fn what_the_tests_need_is_checked_first_and_listed_at_once() {
    let (bin, tools) = (Folder::new(), Folder::new());
    for program in ["bash", "dirname", "grep", "cut", "dpkg-query", "git"] {
        let from = crate::support::need(program, program);
        std::os::unix::fs::symlink(from, bin.path().join(program)).expect("a link");
    }
    let program = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = bin.write(name, text);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("it may be run");
    };
    program("id", "#!/bin/bash\necho 0\n");
    program("go", "#!/bin/bash\necho go version go1.20.4 linux/amd64\n");
    let check = || {
        let mut command = Command::new(repository("scripts/install-test-tools"));
        run(command.arg("--check").env("PATH", bin.path()).env("PILOTFISH_TOOLS", tools.path()))
    };
    let ran = check();
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    for part in
        ["Nothing was installed", "- Rust", "- a C compiler", "- npm with Node.js", "- Go 1.21 or later, not go1.20.4"]
    {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
    assert!(!ran.stderr.contains("- git") && !ran.stderr.contains("Debian or Ubuntu"), "{ran:?}");
    for name in ["cargo", "cc", "npm"] {
        program(name, "#!/bin/bash\nexit 1\n");
    }
    program("go", "#!/bin/bash\necho go version go1.26.8 linux/amd64\n");
    let ran = check();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(std::fs::read_dir(tools.path()).expect("a folder").count(), 0, "nothing is installed");
}

#[test]
fn the_quick_target_needs_no_servers() {
    let makefile = text_of("Makefile");
    let (_, target) = makefile.split_once("\ncheck:\n").expect("make check");
    let steps: Vec<&str> = target.lines().take_while(|line| line.starts_with('\t')).map(str::trim_start).collect();
    let (_, test) = makefile.split_once("\ntest:\n").expect("make test");
    for step in &steps {
        assert!(!step.contains("install-test-tools") && !step.contains("as-root"), "{step}");
        let whole = step.split(" --lib").next().and_then(|step| step.split(" --test").next()).unwrap_or(step);
        assert!(test.contains(whole), "make test does this too: {step}");
    }
    assert!(steps.len() >= 5, "{steps:?}");
}
