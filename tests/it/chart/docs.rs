//! What docs/kubernetes.md shows is run: the files of its chart, its commands, its configurations, its arithmetic.

use super::app;
use crate::support::Folder;
use crate::support::helm::{assert_config, copy, helm, objects, repository, text_of};

/// The fenced blocks: what stands behind the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let text = text_of("docs/kubernetes.md");
    let mut parts = text.split("\n```");
    parts.next();
    let mut found = Vec::new();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (about, text) = block.split_once('\n').expect("a block has lines");
        found.push((about.trim().to_owned(), format!("{text}\n")));
    }
    found
}

/// The files of the docs' chart, by path.
pub(super) fn files() -> Vec<(String, String)> {
    let file = |(about, text): (String, String)| Some((about.strip_prefix("yaml ")?.to_owned(), text));
    let files: Vec<_> = blocks().into_iter().filter_map(file).filter(|(path, _)| path != "pilotfish.yaml").collect();
    assert_eq!(files.len(), 6, "{files:?}");
    files
}

#[test]
fn its_commands_work_in_its_chart() {
    let chart = app();
    let mut ran = 0;
    for (_, text) in blocks().into_iter().filter(|(about, _)| about == "sh") {
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[0], "helm", "{line}");
            let result = helm(chart.path(), &words[1..]);
            assert_eq!(result.code, 0, "{line}\n{}{}", result.stdout, result.stderr);
            ran += 1;
        }
    }
    assert!(ran >= 5, "{ran} commands");
}

/// The commands below a heading, up to the next one.
fn commands(heading: &str) -> Vec<String> {
    let text = text_of("docs/kubernetes.md");
    let (_, below) = text.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let section = below.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```").skip(1).step_by(2);
    blocks.flat_map(|block| block.lines().skip(1)).map(str::to_owned).collect()
}

#[test]
fn the_quick_starts_name_what_is_there() {
    let chart = repository("deploy/charts/todo");
    let makefile = text_of("Makefile");
    let archive = "dist/pilotfish-image.tar";
    assert!(makefile.contains("\nimage:\n") && makefile.contains(archive));
    for (tool, load) in [("kind", "kind load image-archive "), ("minikube", "minikube image load ")] {
        let commands = commands(&format!("Quick start: {tool}"));
        let place = |start: &str| {
            let found = commands.iter().position(|command| command.starts_with(start));
            found.unwrap_or_else(|| panic!("{tool}: no command {start:?}: {commands:?}"))
        };
        // In this order: the image, the Secret, the pods, the state.
        let steps = [
            "make image",
            load,
            "kubectl create secret generic todo-database",
            "helm install",
            "kubectl wait",
            "kubectl exec deploy/todo-backend -c pilotfish -- pilotfish status",
        ];
        let steps = steps.map(place);
        assert!(steps.is_sorted(), "{tool}: {commands:?}");
        assert!(commands[steps[1]].ends_with(archive), "{tool}");
        for command in commands.iter().filter(|command| command.starts_with("helm ") && command.contains("deploy/")) {
            let words: Vec<&str> = command.split_whitespace().collect();
            assert_eq!((words[2], words[3]), ("todo", "deploy/charts/todo"), "{command}");
            let rendered = objects("todo", &chart, &words[4..]);
            let sidecar = super::container(super::pod(&rendered, "todo-backend"), "initContainers", "pilotfish");
            assert_eq!(sidecar["image"], format!("pilotfish:{}", env!("CARGO_PKG_VERSION")), "the name in the archive");
            assert!(sidecar["env"].to_string().contains("\"name\":\"todo-database\""), "{}", sidecar["env"]);
        }
    }
}

/// What `helm install` prints below the objects, as an object: without a cluster, Helm renders no notes.
fn notes(path: &str, options: &[&str]) -> String {
    let chart = Folder::new();
    copy(&repository(path), chart.path());
    let text = text_of(&format!("{path}/templates/NOTES.txt"));
    chart.write("templates/_notes.tpl", format!("{{{{ define \"notes\" }}}}{text}{{{{ end }}}}"));
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata:\n  notes: {{ include \"notes\" . | toJson }}\n";
    chart.write("templates/notes.yaml", object);
    let rendered = objects("x", chart.path(), options);
    crate::support::helm::object(&rendered, "ConfigMap", "notes")["data"]["notes"].as_str().expect("a text").to_owned()
}

#[test]
fn where_no_registry_is_set_the_first_line_says_so() {
    let prober = "prober.enabled=true,prober.config.checks[0].name=a,prober.config.checks[0].tcp.address=a:1";
    for (chart, key, options) in [
        ("deploy/charts/pilotfish", "defaults.image.repository", &["--set", prober][..]),
        ("deploy/charts/todo", "pilotfish.defaults.image.repository", &[]),
    ] {
        let given = notes(chart, options);
        let first = given.lines().next().unwrap_or_default();
        assert!(first.contains("No registry is set") && first.contains(&format!("--set {key}=")), "{chart}: {given}");
        let named = notes(chart, &[options, &["--set", &format!("{key}=registry.example/pilotfish")]].concat());
        assert!(!named.contains("No registry"), "{chart}: {named}");
    }
    for page in [
        "docs/kubernetes.md",
        "deploy/charts/pilotfish/README.md",
        "deploy/charts/pilotfish/values.yaml",
        "deploy/charts/todo/values.yaml",
    ] {
        let text = text_of(page);
        let first = text
            .lines()
            .find(|line| !line.is_empty() && !line.starts_with("# pilotfish") && !line.starts_with("# The chart"));
        let first = first.unwrap_or_default();
        assert!(first.contains("no public registry") && first.contains("image.repository="), "{page}: {first}");
    }
    // Whatever names the image says it too: manifests in their first line, pages somewhere.
    for path in
        crate::support::helm::files(&repository("deploy")).into_keys().map(|path| path.to_string_lossy().into_owned())
    {
        let text = text_of(&format!("deploy/{path}"));
        let is_copied_from = path.starts_with("manifests/") || path.contains("-example/kustomization");
        let first = text.lines().next().unwrap_or_default();
        assert!(!is_copied_from || first.contains("no public registry"), "deploy/{path}: {first}");
    }
    for page in crate::readme::pages() {
        let text = text_of(&page.to_string_lossy());
        assert!(!text.contains("YOUR_REGISTRY") || text.contains("no public registry"), "{}", page.display());
    }
}

#[test]
fn its_configurations_are_configurations() {
    let configs: Vec<_> = blocks().into_iter().filter(|(about, _)| about == "yaml pilotfish.yaml").collect();
    assert!(configs.len() >= 3, "{configs:?}");
    for (_, text) in configs {
        assert_config(&text);
    }
}

/// The longest time until a check is down, in seconds, by the rules of timing: from a dependency's end until the last run that
/// settles it has failed. A failing run takes `lasts`; `login` is a rejected one, which doubles the interval instead.
fn until_down(interval: f64, threshold: u32, lasts: f64, login: bool) -> f64 {
    let quick = (interval / 4.0).max(1.0).min(interval);
    // The first moment of the grid after the end of the run before.
    let step = quick * ((lasts / quick).floor() + f64::from(u32::from(lasts > 0.0))).max(1.0);
    let waits = (1..threshold)
        .map(|number| if login { (interval * f64::from(1 << number)).min(300.0).max(interval) } else { step });
    interval + waits.sum::<f64>() + lasts
}

#[test]
fn its_arithmetic_is_right() {
    let text = text_of("docs/kubernetes.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| `interval` | `failure_threshold` |")).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        let number = |cell: &str| {
            let text: String = cell.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            text.parse::<f64>().unwrap_or_else(|_| panic!("{cell:?} in {row}"))
        };
        let cells: Vec<f64> = row.trim_matches('|').split('|').map(|cell| number(cell.trim())).collect();
        let (interval, threshold) = (cells[0], cells[1] as u32);
        let timeout = interval.min(5.0);
        let down = [(0.0, false), (timeout, false), (0.0, true)]
            .map(|(lasts, login)| until_down(interval, threshold, lasts, login));
        let kubelet = 2.0 * 5.0;
        let expected: Vec<f64> = down.into_iter().chain(down.map(|seconds| seconds + kubelet)).collect();
        assert_eq!(cells[2..], expected[..], "{row}");
    }
}

/// When a probe counts as failed, in seconds: at most so long after answers of 503 began, and from when to when after silence
/// began. The kubelet asks every `period`; a probe that takes longer delays the next one until it is over.
fn counts(period: u64, timeout: u64, failures: u64) -> (u64, u64, u64) {
    let silent = (failures - 1) * period.max(timeout) + timeout;
    (failures * period, silent, silent + period)
}

#[test]
fn its_trade_between_answers_and_silence_is_right() {
    let text = text_of("docs/kubernetes.md");
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
    };
    let rows = text.lines().skip_while(|line| !line.starts_with("| `probes.readiness` |")).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).map(numbers).collect();
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in &rows {
        let (answer, from, to) = counts(row[0], row[1], row[2]);
        assert_eq!(row[3..], [answer, from, to], "{row:?}");
    }
    // The first row is what the chart sets, and liveness is in the text below.
    let objects = app().objects(&[]);
    let sidecar = super::container(super::pod(&objects, "app"), "initContainers", "pilotfish").clone();
    let of = |probe: &str| {
        ["periodSeconds", "timeoutSeconds", "failureThreshold"].map(|key| sidecar[probe][key].as_u64().expect("set"))
    };
    assert_eq!(rows[0][..3], of("readinessProbe"));
    let [period, timeout, failures] = of("livenessProbe");
    let (_, from, to) = counts(period, timeout, failures);
    let said = format!(
        "`{{periodSeconds: {period}, timeoutSeconds: {timeout}, failureThreshold: {failures}}}`) restarts pilotfish after {from} to {to} s"
    );
    assert!(text.contains(&said), "{said}");
    // A busy node must not restart what only waits for CPU before it takes it out.
    assert!(from > rows[0][5], "liveness gives up later than readiness");
    let longer = rows[0][5] - rows[1][5];
    assert!(text.contains(&format!("keeps its traffic {longer} s longer")), "{longer}");
}
