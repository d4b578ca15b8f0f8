//! The pages for contributors follow the repository: every file that they name exists, and every dependency has its row.

use crate::support::helm::{repository, text_of};

const PAGES: [&str; 6] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "docs/dependencies.md",
    "docs/security.md",
    "tests/README.md",
];

/// The texts between backticks that look like a path in the repository.
fn paths(page: &str) -> Vec<String> {
    let text = text_of(page);
    let code = text.split('`').skip(1).step_by(2);
    let is_path = |code: &&str| {
        let folder = code.split('/').next().unwrap_or_default();
        // `KIND`, `NAME` and `FAMILY` stand for any name.
        let is_pattern = code.split(['/', '.']).any(|part| part.len() > 1 && part.chars().all(char::is_uppercase));
        ["bench", "deploy", "docs", "examples", "scripts", "src", "tests", "vendor"].contains(&folder)
            && code.contains('/')
            && !code.contains(' ')
            && !is_pattern
    };
    code.filter(is_path).map(str::to_owned).collect()
}

#[test]
fn the_files_that_the_pages_name_exist() {
    let mut missing = Vec::new();
    for page in PAGES {
        let paths = paths(page);
        missing.extend(paths.iter().filter(|path| !repository(path).exists()).map(|path| format!("{page}: {path}")));
    }
    assert!(paths("GLOSSARY.md").len() > 20, "the glossary names the files");
    assert!(missing.is_empty(), "no such file: {missing:#?}");
}

#[test]
fn every_dependency_has_a_row_that_says_why() {
    let manifest = text_of("Cargo.toml");
    let (_, after) = manifest.split_once("\n[dependencies]\n").expect("there are dependencies");
    let names = after.lines().take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = names.filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    assert!(names.len() > 20, "{names:?}");
    let page = text_of("docs/dependencies.md");
    let (_, rest) = page.split_once("<!-- costs: ").expect("the table's place");
    let (table, _) = rest.split_once("<!-- /costs -->").expect("its end");
    let crates: Vec<&str> = table
        .lines()
        .filter_map(|row| row.strip_prefix("| ")?.split('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let without: Vec<_> = names.iter().filter(|name| !crates.contains(name)).collect();
    assert!(
        without.is_empty(),
        "docs/dependencies.md has no row for {without:?}: say what it is for and what it costs"
    );
    let gone: Vec<_> = crates.iter().filter(|name| !names.contains(name)).collect();
    assert!(gone.is_empty(), "docs/dependencies.md has a row for {gone:?}, which Cargo.toml does not have");
}

/// The peers of the comparison are those that `make bench` builds: the facts are of these versions.
#[test]
fn the_comparison_is_of_the_peers_that_are_built() {
    let page = text_of("docs/comparison.md");
    let peers = text_of("bench/install-peers");
    let peers: Vec<(&str, &str)> = peers
        .lines()
        .filter_map(|line| line.strip_prefix("peer ")?.split_once("@v"))
        .map(|(module, rest)| (module, rest.split(' ').next().unwrap_or_default()))
        .collect();
    assert_eq!(peers.len(), 4, "{peers:?}");
    for (module, version) in peers {
        let name = module.trim_end_matches("/v5").trim_end_matches(".dev/v3").rsplit('/').next().unwrap_or_default();
        let name = match name {
            "gatus" => "Gatus",
            "cloudprober" => "Cloudprober",
            other => other,
        };
        assert!(page.contains(&format!("{name} {version}")), "docs/comparison.md: {name} {version}");
    }
    // Every row has a cell for each of them.
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        assert_eq!(row.matches(" |").count(), 6, "{row}");
    }
}
