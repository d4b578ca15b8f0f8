//! The reference of the configuration's keys, written from the schema and the registry of kinds; a test keeps the page
//! and the README's table equal to the code.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::schema::schema;
use crate::check::{Care, KINDS, Kind};
use crate::duration;
use crate::outcome::LOCK_PAUSE;
use crate::testing::{keep, keep_section};

const HEAD: &str = "\
# Configuration

The configuration is one YAML file. Every free string can be a literal, `{env: NAME}` or `{file: PATH}`. `${NAME}` expands
inside a literal; `$${` is a literal `${`. pilotfish reads files again at each run, so it sees a rotated Secret at once. A
variable does not change until the container restarts. The keys that every check has must be literals. Durations are written
`500ms`, `3s`, `1m30s`.

A missing variable or file, or an invalid URL in one, does not make the configuration invalid. The check that uses it fails;
the other checks run. pilotfish reports every other error at once, with line, column and the closest valid key. Then it probes
nothing and exits with code 2. While the sidecar runs, it reads the configuration again when it changes. A valid one takes
effect without a restart. For an invalid one, pilotfish keeps the old plan, reports why, and sets
`pilotfish_config_last_reload_successful` to 0.

pilotfish bounds what a value may cost. A regular expression has the syntax of Rust's `regex` with the classes of ASCII, at
most 256 bytes, and at most 64 KiB once compiled. A text has at most 64 variables, a list of statuses 64 entries, a mapping
of headers or places 128. A file has at most 64 keys beside `checks`, and is read up to its first 1,000 faults. These are errors of the file. At a run, a URL of more than 8 KiB or 64 hosts, a value of more than 1 MiB with its variables filled in, a
file of variables with more than 16384 lines, and an expression that takes too many steps on an answer are `probe_limit`.

- `pilotfish config check` reports the errors.
- `pilotfish config show` prints the configuration as pilotfish reads it, with secrets masked.
- `pilotfish config schema` prints the JSON Schema from which this page is generated.

";

struct Schema {
    root: Json,
}

impl Schema {
    /// A schema with its references followed and its parts put together.
    fn resolve<'a>(&'a self, schema: &'a Json) -> Vec<&'a Json> {
        let parts = ["allOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
        let followed = parts.flat_map(|part| self.resolve(part));
        let target = schema.get("$ref").and_then(Json::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
        let target = target.and_then(|name| self.root["$defs"].get(name)).map(|target| self.resolve(target));
        [schema].into_iter().chain(followed).chain(target.into_iter().flatten()).collect()
    }

    fn properties(&self, schema: &Json) -> Map<String, Json> {
        let parts = self.resolve(schema);
        parts.iter().filter_map(|part| part.get("properties")?.as_object()).flat_map(Clone::clone).collect()
    }

    fn description(&self, schema: &Json) -> String {
        let text =
            self.resolve(schema).into_iter().find_map(|part| part.get("description")?.as_str().map(str::to_owned));
        text.unwrap_or_default().replace('\n', " ").replace('|', "\\|")
    }

    /// One row for each key; the keys below a key follow it, but for kinds.
    fn table(&self, out: &mut String, prefix: &str, properties: &Map<String, Json>) {
        for (key, schema) in properties {
            writeln!(out, "| `{prefix}{key}` | {} |", self.description(schema)).expect("a String takes every text");
            let below = self.properties(schema);
            // `{env: NAME}` and `{file: PATH}` are explained once, above.
            let own = below.into_iter().filter(|(key, _)| !["env", "file"].contains(&key.as_str())).collect();
            self.table(out, &format!("{prefix}{key}."), &own);
        }
    }

    fn page(&self) -> String {
        let mut out = HEAD.to_owned();
        let mut outer = self.properties(&self.root);
        let check = outer.remove("checks").expect("there are checks")["items"].take();
        out.push_str("## The file\n\n| key | meaning |\n| --- | --- |\n");
        self.table(&mut out, "", &outer);
        out.push_str("| `checks` | The list of checks. |\n\n## A check\n\nA check has exactly one kind, and these keys:\n\n| key | meaning |\n| --- | --- |\n");
        let mut common = self.properties(&check);
        let kinds: Vec<(String, Json)> =
            KINDS.iter().map(|kind| (kind.name.to_owned(), common.remove(kind.name).unwrap_or_default())).collect();
        self.table(&mut out, "", &common);
        for ((name, schema), kind) in kinds.iter().zip(KINDS) {
            write!(out, "\n## {name}\n\n{}.\n\n```yaml\nchecks:\n  - name: example\n", sentence(kind.summary))
                .expect("a String takes every text");
            let example = kind.example.trim();
            match example.contains('\n') {
                true => write!(out, "    {name}:\n      {}\n", example.replace('\n', "\n      ")),
                false => writeln!(out, "    {name}: {example}"),
            }
            .expect("a String takes every text");
            out.push_str(match kind.gates_by_default {
                true => "    gates: [ready]\n```\n\n",
                false => "```\n\nIt gates nothing unless `gates` says so.\n\n",
            });
            out.push_str(&care(kind.care));
            out.push_str("| key | meaning |\n| --- | --- |\n");
            self.table(&mut out, "", &self.properties(schema));
        }
        out
    }
}

/// How gently the checks of a kind run.
fn care(care: Care) -> String {
    let mut out = String::new();
    if let Some(calm) = care.calm_interval {
        let calm = duration::show(calm);
        writeln!(out, "While it is up, a check without its own `interval` runs every {calm}, or as often as `defaults` says if that is less often.\n")
            .expect("a String takes every text");
    }
    if care.accounts_lock {
        let pause = duration::show(LOCK_PAUSE);
        writeln!(out, "Accounts can lock. A rejected credential is sent again only if its value changes, with `pilotfish ask --retry`, or after {pause}; `wait` stops after the first rejection.\n")
            .expect("a String takes every text");
    }
    out
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[test]
fn the_page_is_as_the_code_says() {
    let schema = Schema { root: serde_json::from_str(&schema()).unwrap() };
    keep("docs/configuration.md", &schema.page());
}

#[test]
fn the_readme_lists_every_kind() {
    let target = |form: &str| if form.is_empty() { String::new() } else { format!("`{form}`") };
    let row = |kind: &Kind| format!("| `{}` | {} | {} |\n", kind.name, kind.summary, target(kind.url_form));
    let rows: String = KINDS.iter().map(row).collect();
    keep_section("README.md", "kinds", &format!("| kind | what it does | TARGET |\n| --- | --- | --- |\n{rows}"));
}
