//! The house's rule: a module uses only what stands above it. Every `crate::…` path is read, not only `use` lines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pilotfish::check::KINDS;

/// Module prefixes and their layer; the longest prefix counts.
const LAYERS: &[(&str, u8)] = &[
    ("outcome", 0),
    ("cause", 0),
    ("exit", 0),
    ("finding", 0),
    ("order", 0),
    ("secret", 0),
    ("slices", 0),
    ("sock_diag", 0),
    ("panics", 0),
    ("mask", 0),
    ("env", 0),
    ("value", 0),
    ("vocabulary", 0),
    ("packed", 0),
    ("pod", 0),
    ("proof", 0),
    ("random", 0),
    ("scheme", 0),
    ("url", 0),
    ("duration", 0),
    ("timestamp", 0),
    ("config::node", 0),
    ("verdict", 1),
    ("findings", 1),
    ("outcome_json", 1),
    ("net", 2),
    ("check", 3),
    ("config", 4),
    ("probe", 5),
    ("schedule", 5),
    ("retry", 5),
    ("state", 5),
    ("gate", 5),
    ("metrics", 5),
    ("log", 5),
    ("serve", 6),
    ("app", 7),
    ("shutdown", 7),
    ("orphans", 7),
    ("cli", 8),
    ("fuzz", 8),
];

/// Kinds that ask over HTTP.
const OVER_HTTP: [&str; 11] =
    ["peer", "parity", "dapr", "grpc", "websocket", "env", "same_secret", "mcp", "jwks", "token", "oidc"];

/// Which layers have neither a runtime nor sockets.
const WITHOUT_TOKIO: [u8; 3] = [0, 1, 4];

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let mut wrong = Vec::new();
    for (module, text) in sources() {
        let Some(own) = layer(&module) else {
            wrong.push(format!("{module} has no layer: give it a row in tests/it/layers.rs"));
            continue;
        };
        if WITHOUT_TOKIO.contains(&own) && text.contains("tokio::") {
            wrong.push(format!("{module} (layer {own}) uses tokio"));
        }
        for used in paths(&text) {
            let Some(theirs) = layer(&used) else {
                wrong.push(format!("{module} uses {used}, which has no layer"));
                continue;
            };
            if theirs > own {
                wrong.push(format!("{module} (layer {own}) uses {used} (layer {theirs})"));
            }
            let face_only = ["schedule", "net", "check", "probe"];
            if own == 6 && face_only.iter().any(|name| is_under(&used, name)) {
                wrong.push(format!("{module} uses {used}: the face answers from snapshots alone"));
            }
            if let (Some(mine), Some(other)) = (kind(&module), kind(&used))
                && mine != other
                // What these ask is a request of HTTP, with readers of their own for the answer.
                && !(OVER_HTTP.contains(&mine) && other == "http")
                // It reads a table of the app's database.
                && (mine, other) != ("jwks", "postgres")
            {
                wrong.push(format!("{module} uses {used}: kinds do not use each other"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The map in `src/lib.rs` and the table in ARCHITECTURE.md say the same as the one above.
#[test]
fn the_pages_name_every_module_in_its_layer() {
    let page = |name| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a page");
    let mut number = None;
    let mut map = BTreeSet::new();
    for line in page("src/lib.rs").lines() {
        number = line.strip_prefix("// ").and_then(|line| line.split_once(':')?.0.parse().ok()).or(number);
        if let Some(module) = line.strip_prefix("pub mod ") {
            map.insert((module.trim_end_matches(';').to_owned(), number.expect("its layer stands above it")));
        }
    }
    let mut table = BTreeSet::new();
    for row in page("ARCHITECTURE.md").lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let Some(number) = cells.get(1).and_then(|cell| cell.split(' ').next()?.parse::<u8>().ok()) else { continue };
        table.extend(cells[2].split(", ").map(|module| (module.trim_matches('`').to_owned(), number)));
    }
    let wanted: BTreeSet<_> = LAYERS.iter().map(|(module, number)| ((*module).to_owned(), *number)).collect();
    table.remove(&("main".to_owned(), 8));
    assert_eq!(table, wanted, "ARCHITECTURE.md");
    map.insert(("config::node".to_owned(), 0));
    assert_eq!(map, wanted, "src/lib.rs");
}

fn layer(module: &str) -> Option<u8> {
    let rows = LAYERS.iter().filter(|(prefix, _)| is_under(module, prefix));
    rows.max_by_key(|(prefix, _)| prefix.len()).map(|(_, layer)| *layer)
}

fn is_under(module: &str, prefix: &str) -> bool {
    module.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The kind that a module belongs to: kinds may not use each other.
fn kind(module: &str) -> Option<&'static str> {
    let name = module.strip_prefix("check::")?.split("::").next()?;
    KINDS.iter().map(|kind| kind.name).find(|kind| *kind == name)
}

/// Every source but the wiring of the crate itself and the tests, without comments and inline tests.
pub(crate) fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.extend(source(&root, &path));
            }
        }
    }
    assert!(found.len() > 30, "the sources were not found");
    found
}

fn source(root: &Path, path: &PathBuf) -> Option<(String, String)> {
    let relative = path.strip_prefix(root).expect("it is under the root").with_extension("");
    let mut parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    let module = parts.join("::");
    if ["lib", "main"].contains(&module.as_str())
        || parts.iter().any(|part| part.ends_with("tests") || part == "testing")
    {
        return None;
    }
    let text = std::fs::read_to_string(path).expect("a source can be read");
    let lines: Vec<&str> = without_tests(&text).lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    Some((module, lines.join("\n")))
}

/// The code before the tests of the same file; a line that names a file of tests hides nothing behind it.
fn without_tests(text: &str) -> &str {
    const TESTS: &str = "#[cfg(test)]\nmod ";
    let inline = |(at, _): &(usize, &str)| {
        let name = &text[at + TESTS.len()..];
        name.find(['{', ';']).is_some_and(|end| name[end..].starts_with('{'))
    };
    text.match_indices(TESTS).find(inline).map_or(text, |(at, _)| &text[..at])
}

/// Every path behind `crate::`, down to its modules; `crate::{a, b::c}` is taken apart.
fn paths(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        expand("", &text[at + "crate::".len()..], &mut found);
    }
    found
}

fn expand(prefix: &str, rest: &str, found: &mut BTreeSet<String>) {
    let end =
        rest.find(|c: char| !(c.is_lowercase() || c.is_ascii_digit() || c == '_' || c == ':')).unwrap_or(rest.len());
    let (path, after) = rest.split_at(end);
    let whole = format!("{prefix}{path}");
    if let Some(group) = after.strip_prefix('{').filter(|_| path.is_empty() || path.ends_with("::")) {
        let mut depth = 0;
        let mut start = 0;
        for (index, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    expand(&whole, group[start..index].trim_start(), found);
                    return;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&whole, group[start..index].trim_start(), found);
                    start = index + 1;
                }
                _ => {}
            }
        }
        return;
    }
    // `crate::url::Host` ends in `url::`; `crate::probe::probe` names a function of the module.
    let module = whole.trim_end_matches(':').to_owned();
    if !module.is_empty() {
        found.insert(module);
    }
}
