//! The real daprd, with components that it loads and one that it cannot; see scripts/install-test-tools.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{check_of, failed};
use crate::support::sidecar::get;
use crate::support::{Folder, Running, dead_port, free_port, tool, until};

/// A daprd with the component `statestore`, and `cache`, whose server is not there.
struct Daprd {
    port: u16,
    process: Running,
    _folder: Folder,
}

impl Daprd {
    /// `cache`: the lines of its manifest below `spec`, or nothing; `arguments`: more of daprd's.
    fn start(cache: Option<&str>, arguments: &[&str]) -> Self {
        let folder = Folder::new();
        let manifest = |name: &str, spec: &str| {
            let head = "apiVersion: dapr.io/v1alpha1\nkind: Component\n";
            folder.write(&format!("{name}.yaml"), format!("{head}metadata: {{name: {name}}}\nspec:\n{spec}"));
        };
        manifest("statestore", "  type: state.in-memory\n  version: v1\n");
        if let Some(lines) = cache {
            let server = format!("127.0.0.1:{}", dead_port());
            let redis = format!(
                "  type: state.redis\n  version: v1\n{lines}  metadata: [{{name: redisHost, value: \"{server}\"}}, {{name: \
                 redisMaxRetries, value: \"0\"}}]\n"
            );
            manifest("cache", &redis);
        }
        let port = free_port();
        let mut command = Command::new(tool("daprd-1.14.0/daprd"));
        command.args(["--app-id", "app", "--mode", "standalone", "--enable-metrics=false"]);
        command.args(["--dapr-listen-addresses", "127.0.0.1", "--resources-path"]).arg(folder.path());
        command.args(["--dapr-http-port", &port.to_string(), "--dapr-grpc-port", &free_port().to_string()]);
        command.args(["--dapr-internal-grpc-port", &free_port().to_string()]).args(arguments);
        let process = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
        Self { port, process, _folder: folder }
    }

    fn until(&self, path: &str, status: u16) {
        let address = ([127, 0, 0, 1], self.port).into();
        until("daprd answers", || get(address, path).is_ok_and(|answer| answer.status == status));
    }

    fn check(&self, keys: &str) -> Value {
        check_of(&format!("port: {}, {keys}", self.port))
    }
}

#[test]
fn a_healthy_daprd_is_silent() {
    let daprd = Daprd::start(None, &[]);
    daprd.until("/v1.0/healthz", 204);
    for keys in ["outbound: false", "outbound: true", "components: [statestore]"] {
        let check = daprd.check(keys);
        assert_eq!((&check["result"], &check["findings"]), (&json!("pass"), &json!([])), "{keys}: {check:#}");
        assert_eq!(check["degraded"], false, "{keys}: {check:#}");
    }
}

#[test]
fn a_component_that_is_not_loaded_is_named_although_daprd_is_healthy() {
    let daprd = Daprd::start(Some("  ignoreErrors: true\n"), &[]);
    daprd.until("/v1.0/healthz", 204);
    assert_eq!(daprd.check("outbound: true")["result"], "pass");
    let check = daprd.check("outbound: true, components: [cache, statestore]");
    let message = failed(&check, "assert", "health_down", "kubectl logs POD -c daprd");
    assert_eq!(message, "daprd has not loaded cache; loaded components: statestore");
    assert_eq!(check["facts"]["dapr_components"], json!(["statestore"]));
}

#[test]
fn a_component_that_keeps_daprd_from_starting() {
    let mut daprd = Daprd::start(Some(""), &[]);
    until("daprd gives up", || daprd.process.0.try_wait().is_ok_and(|ended| ended.is_some()));
    failed(&daprd.check("outbound: true"), "connect", "connect_refused", "a component keeps it from starting");
}

#[test]
fn an_app_that_does_not_answer_is_no_matter_of_the_outbound_side() {
    let daprd = Daprd::start(None, &["--app-port", &dead_port().to_string()]);
    daprd.until("/v1.0/healthz/outbound", 204);
    failed(&daprd.check("outbound: false"), "assert", "health_down", "kubectl logs POD -c daprd");
    assert_eq!(daprd.check("outbound: true, components: [statestore]")["result"], "pass");
}
