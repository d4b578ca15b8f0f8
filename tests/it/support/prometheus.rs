//! A real Prometheus that scrapes one sidecar, and promtool.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::sidecar::get;
use super::{Folder, Ran, Running, free_port, need, run, until};

/// A Prometheus server; it ends with the test.
pub(crate) struct Prometheus {
    pub(crate) address: SocketAddr,
    _server: Running,
    _folder: Folder,
}

impl Prometheus {
    /// Scrapes this sidecar five times a second.
    pub(crate) fn scraping(target: SocketAddr) -> Self {
        Self::with(&format!(
            "global: {{scrape_interval: 200ms}}\nscrape_configs:\n  - job_name: pilotfish\n    \
             static_configs: [{{targets: [\"{target}\"]}}]\n"
        ))
    }

    /// With this configuration.
    pub(crate) fn with(config: &str) -> Self {
        let folder = Folder::new();
        let config = folder.write("prometheus.yml", config);
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new(need("prometheus", "prometheus"));
        command
            .arg(format!("--config.file={config}"))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--web.console.libraries=/nonexistent", "--web.console.templates=/nonexistent"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Running::start(&mut command);
        until("Prometheus is ready", || get(address, "/-/ready").is_ok_and(|answer| answer.status == 200));
        Self { address, _server: server, _folder: folder }
    }

    /// What the API answers under `/api/v1/`: its data, or its error.
    pub(crate) fn ask(&self, path: &str) -> Result<Value, String> {
        let answer = get(self.address, &format!("/api/v1/{path}")).expect("Prometheus answers");
        let chunked = answer.head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if chunked { unchunked(&answer.body) } else { answer.body };
        let answer = serde_json::from_str::<Value>(&body).expect("it is JSON");
        if answer["status"] == "success" { Ok(answer["data"].clone()) } else { Err(answer["error"].to_string()) }
    }

    /// The data under `/api/v1/`.
    pub(crate) fn api(&self, path: &str) -> Value {
        self.ask(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The labels and the value of each series that the query gives.
    pub(crate) fn query(&self, query: &str) -> Vec<(Value, String)> {
        let data = self.api(&format!("query?query={}", encoded(query)));
        let series = data["result"].as_array().expect("a vector").iter();
        series.map(|one| (one["metric"].clone(), one["value"][1].as_str().expect("a value").to_owned())).collect()
    }
}

fn unchunked(mut text: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
        body.push_str(&rest[..size]);
        text = &rest[size + 2..];
    }
    body
}

/// As it stands in a query of a URL.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// What `promtool check metrics` says of a page of metrics: nothing, where all is well.
pub(crate) fn promtool_says(text: &str) -> String {
    let mut command = Command::new(need("promtool", "prometheus"));
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

/// Runs promtool with these arguments.
pub(crate) fn promtool(args: &[&str]) -> Ran {
    run(Command::new(need("promtool", "prometheus")).args(args))
}
