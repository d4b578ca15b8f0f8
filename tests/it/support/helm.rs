//! Helm, kustomize and what judges their output: the tools outside the clone, YAML as JSON, every Kubernetes' own schemas.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::{Folder, Ran, pilotfish, run, tool};

/// The newest Kubernetes whose schemas are there; the oldest that is supported is 1.29.
pub(crate) const NEWEST: &str = "1.37";

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of the repository.
pub(crate) fn text_of(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `helm` with these arguments, in this folder; it keeps nothing outside of it.
pub(crate) fn helm(folder: &Path, args: &[&str]) -> Ran {
    let home = Folder::new();
    let mut command = Command::new(tool("helm-3.22.0/helm"));
    run(command.env_clear().env("HOME", home.path()).current_dir(folder).args(args).stdin(Stdio::null()))
}

/// What `kustomize build` makes of a folder of the repository.
pub(crate) fn kustomize(folder: &Path) -> Vec<Value> {
    let ran = run(Command::new(tool("kustomize-5.8.1/kustomize")).arg("build").arg(folder));
    assert_eq!(ran.code, 0, "{ran:?}");
    documents(&ran.stdout)
}

/// A chart in a folder of its own.
pub(crate) struct Chart(pub(crate) Folder);

impl Chart {
    /// With these files; `pilotfish` is vendored under each of the names.
    pub(crate) fn new(files: &[(&str, &str)], vendored: &[&str]) -> Self {
        let chart = Self(Folder::new());
        for (path, text) in files {
            chart.write(path, text);
        }
        for name in vendored {
            copy(&repository("deploy/charts/pilotfish"), &chart.path().join("charts").join(name));
        }
        chart
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes one more file, or another text into one.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it stands in the chart")).expect("a folder");
        std::fs::write(path, text).expect("the file is written");
    }

    /// `helm template app` with these options.
    pub(crate) fn template(&self, options: &[&str]) -> Ran {
        template("app", self.path(), options)
    }

    /// What it gives; every configuration in it is one.
    pub(crate) fn objects(&self, options: &[&str]) -> Vec<Value> {
        objects("app", self.path(), options)
    }

    /// What is said where it gives nothing.
    pub(crate) fn refusal(&self, options: &[&str]) -> String {
        let ran = self.template(options);
        assert_ne!(ran.code, 0, "{options:?} is let through:\n{}", ran.stdout);
        ran.stderr
    }
}

/// `helm template RELEASE CHART` with these options.
pub(crate) fn template(release: &str, chart: &Path, options: &[&str]) -> Ran {
    helm(chart, &[&["template", release, ".", "--kube-version", NEWEST], options].concat())
}

/// What a chart gives; every configuration in it is one, and no object stands there twice.
pub(crate) fn objects(release: &str, chart: &Path, options: &[&str]) -> Vec<Value> {
    let ran = template(release, chart, options);
    assert_eq!(ran.code, 0, "{options:?}: {}", ran.stderr);
    let objects = documents(&ran.stdout);
    for object in &objects {
        let pod = object["spec"].get("template").unwrap_or(object);
        let places = [&object["data"]["pilotfish.yaml"], &pod["metadata"]["annotations"]["pilotfish/config"]];
        places.into_iter().filter_map(Value::as_str).for_each(assert_config);
    }
    let all = names(&objects);
    let once: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(once.len(), all.len(), "one is there twice: {all:?}");
    objects
}

/// Asserts that pilotfish takes a configuration.
pub(crate) fn assert_config(yaml: &str) {
    let folder = Folder::new();
    let path = folder.write("pilotfish.yaml", yaml);
    let ran = run(pilotfish().args(["config", "check", "-c", &path]));
    assert_eq!(ran.code, 0, "{yaml}\n{}{}", ran.stdout, ran.stderr);
}

/// The one object of this kind and name.
pub(crate) fn object<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let fits = |object: &&Value| object["kind"] == kind && object["metadata"]["name"] == name;
    let found: Vec<_> = objects.iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{kind} {name}: {:?}", names(objects));
    found[0]
}

/// Kind and name of each.
pub(crate) fn names(objects: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    objects.iter().map(|object| format!("{} {}", word(&object["kind"]), word(&object["metadata"]["name"]))).collect()
}

/// Asserts that every Kubernetes from 1.29 on takes these objects, by its own schema, strictly; named for what they come of.
/// Kinds that no Kubernetes has of itself are passed over.
pub(crate) fn assert_valid(named: &[(String, Vec<Value>)]) {
    let mut command = Command::new(tool("kubernetes-validate-1.37.0/bin/python"));
    command.arg("-B").arg(repository("tests/it/support/validate.py"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the validator starts");
    let input = serde_json::to_vec(named).expect("JSON");
    child.stdin.take().expect("it is a pipe").write_all(&input).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    let expected = format!("1.29 to {NEWEST}");
    assert!(said.contains(&expected), "the versions are not {expected}: {said}");
}

/// The documents of a YAML text, those without content left out, as JSON. Duplicate keys and aliases are refused, as the
/// API server refuses them.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let mut events = Parser::new_from_str(text).map(|event| event.unwrap_or_else(|error| panic!("{error}:\n{text}")).0);
    let mut documents = Vec::new();
    while let Some(event) = events.next() {
        if let Event::DocumentStart(_) = event {
            let first = events.next().expect("a document has content");
            documents.push(value(first, &mut events));
        }
    }
    documents.retain(|document| !document.is_null());
    documents
}

fn value<'a>(event: Event<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut list = Vec::new();
            loop {
                match events.next().expect("a list ends") {
                    Event::SequenceEnd => return Value::Array(list),
                    event => list.push(value(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut map = Map::new();
            loop {
                match events.next().expect("a mapping ends") {
                    Event::MappingEnd => return Value::Object(map),
                    Event::Scalar(key, ..) => {
                        let below = events.next().expect("a key has a value");
                        let below = value(below, events);
                        assert!(map.insert(key.to_string(), below).is_none(), "the key {key} stands twice");
                    }
                    other => panic!("a key is no text: {other:?}"),
                }
            }
        }
        other => panic!("not expected here: {other:?}"),
    }
}

/// A plain scalar, by the rules that Kubernetes' YAML has for those that occur.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        number => match number.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => number.into(),
        },
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for (path, bytes) in files(from) {
        let target = to.join(&path);
        std::fs::create_dir_all(target.parent().expect("it stands in a folder")).expect("a folder");
        std::fs::write(target, bytes).expect("the file is written");
    }
}

/// Every file under a folder, by its path from there.
pub(crate) fn files(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it stands in the folder").to_owned();
                found.insert(name, std::fs::read(&path).expect("the file is read"));
            }
        }
    }
    found
}
