//! The real `pilotfish serve` as a child process, and its output.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};

use crate::part::Part;
use crate::text::wrapped;
use crate::world::{PASSWORD, World};

/// A loopback address on which nothing listens.
const DEAD_ADDRESS: &str = "127.0.0.9";

/// The running sidecar. It stops when this value is dropped.
pub(crate) struct Sidecar {
    child: Child,
    binary: PathBuf,
    folder: PathBuf,
    port: u16,
    url: String,
    states: BTreeMap<String, String>,
    ready: Option<bool>,
}

impl Sidecar {
    pub(crate) async fn start(world: &World) -> Result<Self, String> {
        let binary = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.join("pilotfish")));
        let binary =
            binary.filter(|path| path.exists()).ok_or("build the binary first: cargo build --bin pilotfish")?;
        let folder = std::env::temp_dir().join(format!("pilotfish-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let config = folder.join("pilotfish.yaml");
        let write = |path: &PathBuf, text: &str| std::fs::write(path, text).map_err(|error| error.to_string());
        write(&folder.join("ca.pem"), &world.ca)?;
        let two_addresses = with_own_hosts(&folder)?;
        write(&config, &configuration(world, &folder, two_addresses.is_some()))?;
        if two_addresses.is_none() {
            println!("(This machine does not allow a mount namespace, so the search service has only one address.)");
        }
        let mut command = two_addresses.unwrap_or_else(|| Command::new(&binary));
        if command.get_program() != binary.as_os_str() {
            command.arg(&binary);
        }
        let child = command
            .args(["serve", "-c"])
            .arg(&config)
            .env("DATABASE_URL", format!("postgres://app:{PASSWORD}@127.0.0.1:{}/shop", world.port(Part::Database)))
            .env("JOBS_URL", format!("amqp://app:{PASSWORD}@127.0.0.1:{}/shop", world.port(Part::Jobs)))
            .env("BUS_URL", format!("nats://app:{PASSWORD}@127.0.0.1:{}", world.port(Part::Bus)))
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).map_err(|error| error.to_string())?)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", binary.display()))?;
        let (states, url) = (BTreeMap::new(), String::new());
        let mut sidecar = Self { child, binary, folder, port: 0, url, states, ready: None };
        sidecar.port = sidecar.listening().await?;
        sidecar.url = format!("http://127.0.0.1:{}", sidecar.port);
        Ok(sidecar)
    }

    /// The port that the kernel assigned, from the sidecar's log.
    async fn listening(&mut self) -> Result<u16, String> {
        for _ in 0..600 {
            self.is_running()?;
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let line = log.lines().find(|line| line.contains("\"serving\""));
            let port = line.and_then(|line| line.split("127.0.0.1:").nth(1)?.split('"').next()?.parse().ok());
            if let Some(port) = port {
                return Ok(port);
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err("the sidecar did not listen within 30 s".to_owned())
    }

    fn is_running(&mut self) -> Result<(), String> {
        let Ok(Some(status)) = self.child.try_wait() else { return Ok(()) };
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("pilotfish exited: {status}\n{}", log.trim_end()))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn binary(&self) -> String {
        let here = std::env::current_dir().ok();
        let short = here.and_then(|here| self.binary.strip_prefix(here).ok().map(PathBuf::from));
        short.unwrap_or_else(|| self.binary.clone()).display().to_string()
    }

    /// Prints one line for each check whose state changed, and one if readiness changed.
    pub(crate) async fn print_changes(&mut self) -> Result<(), String> {
        self.is_running()?;
        // Ask for readiness first, so that its reason is in the status.
        let (Ok((ready, _)), Ok((_, status))) = (self.get("/readyz").await, self.get("/status").await) else {
            return Ok(());
        };
        let status: serde_json::Value = serde_json::from_str(&status).map_err(|error| format!("/status: {error}"))?;
        for (name, state, line) in lines(&status) {
            if self.states.get(&name) != Some(&state) {
                println!("{line}");
                self.states.insert(name, state);
            }
        }
        if self.ready != Some(ready == 200) {
            self.ready = Some(ready == 200);
            println!("  /readyz {ready}{}", if ready == 200 { "" } else { "  (the pod gets no traffic)" });
        }
        Ok(())
    }

    /// Breaks and repairs every part once. Waits each time until the sidecar reports it.
    pub(crate) async fn tour(&mut self, world: &World) -> Result<(), String> {
        self.until_ready(true).await?;
        for part in Part::ALL {
            println!("\n{}", wrapped(&format!("→ {}", world.toggle(part)), "  "));
            self.until_ready(false).await?;
            println!("\n→ {}", world.repair());
            self.until_ready(true).await?;
            if !self.states.contains_key(part.name()) {
                return Err(format!("the sidecar did not report {}", part.name()));
            }
        }
        println!("\nThe tour is complete.");
        Ok(())
    }

    async fn until_ready(&mut self, wanted: bool) -> Result<(), String> {
        for _ in 0..600 {
            self.print_changes().await?;
            if self.ready == Some(wanted) {
                return Ok(());
            }
            sleep(Duration::from_millis(100)).await;
        }
        Err("the sidecar did not report the change within a minute".to_owned())
    }

    async fn get(&self, path: &str) -> std::io::Result<(u16, String)> {
        let exchange = async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            let mut stream = socket.connect(([127, 0, 0, 1], self.port).into()).await?;
            stream
                .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
                .await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
        };
        let answer = timeout(Duration::from_secs(2), exchange).await??;
        let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        Ok((code, body))
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A command that runs another one with a separate hosts file, in which `search.demo` has a dead address first and a working
/// one second. `None` if this process may not create a mount namespace.
fn with_own_hosts(folder: &std::path::Path) -> Result<Option<Command>, String> {
    let hosts = folder.join("hosts");
    let text = format!("127.0.0.1 localhost\n{DEAD_ADDRESS} search.demo\n127.0.0.1 search.demo\n");
    std::fs::write(&hosts, text).map_err(|error| error.to_string())?;
    let within = |flags: &str| {
        let mut command = Command::new("unshare");
        command.args([flags, "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""]).arg(&hosts);
        command
    };
    let works = |flags: &&str| {
        let tried = within(flags).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    Ok(["-m", "-rm"].into_iter().find(works).map(within))
}

fn configuration(world: &World, folder: &std::path::Path, two_addresses: bool) -> String {
    let [backend, payments, events, pricing] =
        [Part::Backend, Part::Payments, Part::Events, Part::Pricing].map(|part| world.port(part));
    let search = if two_addresses { "search.demo" } else { "127.0.0.1" };
    let search = format!("{search}:{}", world.port(Part::Search));
    let ca = folder.join("ca.pem").display().to_string();
    // A check on loopback needs `starts_before` to gate the start: in a pod, a server there usually starts later.
    let gates = "gates: [startup, ready]\n    starts_before: true";
    format!(
        "listen: \"127.0.0.1:0\"
defaults: {{interval: 2s, timeout: 1s, failure_threshold: 1}}
checks:
  - name: database
    postgres: {{url: {{env: DATABASE_URL}}}}
    {gates}
  - name: backend
    peer: {{url: \"http://127.0.0.1:{backend}/health\"}}
    {gates}
  - name: payments
    tls: {{address: \"127.0.0.1:{payments}\", ca: \"{ca}\"}}
    {gates}
  - name: search
    tcp: {{address: \"{search}\"}}
    {gates}
  - name: events
    kafka: {{bootstrap: \"127.0.0.1:{events}\", topic: orders}}
    {gates}
  - name: jobs
    amqp: {{url: {{env: JOBS_URL}}}}
    {gates}
  - name: pricing
    grpc: {{address: \"127.0.0.1:{pricing}\"}}
    {gates}
  - name: bus
    nats: {{url: {{env: BUS_URL}}}}
    {gates}
"
    )
}

/// The name, state and output line of each check in `/status`. The state is separate, because durations in the line change.
fn lines(status: &serde_json::Value) -> Vec<(String, String, String)> {
    let mut lines = Vec::new();
    for (name, entries) in status["checks"].as_object().into_iter().flatten() {
        let entry = &entries[0];
        let failure = &entry["failure"];
        let verdict = entry["verdict"].as_str().unwrap_or("unknown");
        let line = match (verdict, failure["cause"].as_str()) {
            ("up", _) if entry["degraded"] == true => {
                wrapped(&format!("  ~ {name}: up, through a fallback: {}", tries(entry)), "      ")
            }
            ("up", _) => format!("  ✓ {name}: up"),
            (verdict, Some(cause)) => {
                let text = |key: &str| failure[key].as_str().unwrap_or_default().to_owned();
                let observed = wrapped(&format!("  ✗ {name}: {verdict}: {cause}: {}", text("message")), "      ");
                format!("{observed}\n{}", wrapped(&format!("      → {}", text("hint")), "        "))
            }
            (verdict, None) => format!("  … {name}: {verdict}"),
        };
        let state = format!("{verdict} {} {}", failure["cause"], entry["degraded"]);
        lines.push((name.clone(), state, line));
    }
    lines
}

/// The connect attempts, in order.
fn tries(entry: &serde_json::Value) -> String {
    let tries = entry["tries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    tries
        .iter()
        .map(|one| format!("{} {}", text(one, "address"), text(one, "result")))
        .collect::<Vec<_>>()
        .join(", then ")
}
