//! The examples of README.md and docs/: every command is run as it stands there, every configuration is checked.
//!
//! A ```console block is a session of one shell: lines after `$ ` are commands, the lines below them exactly what is printed,
//! but for durations. They run in a network namespace with the servers that the pages speak of. `PILOTFISH_WRITE_DOCS=1` writes
//! into the pages what is printed now.

mod kept;
mod picture;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use kept::writes;

use crate::support::helm::{files, repository};
use crate::support::netns::Namespace;
use crate::support::{Folder, PILOTFISH, Ran, Running, need, run, until};

/// A fenced block: its page from the top of the repository, its language, its lines, and the line that it begins at.
pub(crate) struct Block {
    page: String,
    line: usize,
    language: String,
    pub(crate) text: String,
}

/// The block of a page with this language, such as `yaml values.yaml`.
pub(crate) fn block(page: &str, language: &str) -> Block {
    let mut found: Vec<Block> = blocks(language).into_iter().filter(|block| block.page == page).collect();
    assert_eq!(found.len(), 1, "{page}: blocks of {language}");
    found.remove(0)
}

/// README.md and every page below docs/, from the top of the repository.
pub(crate) fn pages() -> Vec<PathBuf> {
    let below = files(&repository("docs")).into_keys().map(|page| Path::new("docs").join(page));
    let pages = below.filter(|page| page.extension().is_some_and(|ending| ending == "md"));
    std::iter::once(PathBuf::from("README.md")).chain(pages).collect()
}

fn blocks(wanted: &str) -> Vec<Block> {
    let mut found = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(repository(&page.to_string_lossy())).expect("a page can be read");
        let name = page.to_string_lossy().into_owned();
        let mut open: Option<Block> = None;
        for (index, line) in text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    let language = language.to_owned();
                    open = Some(Block { page: name.clone(), line: index + 1, language, text: String::new() });
                }
                (Some(_), Some(_)) => found.extend(open.take()),
                (Some(block), None) => block.text.push_str(&format!("{line}\n")),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{name}: a block is not closed");
    }
    found.retain(|block| block.language == wanted);
    found
}

#[test]
fn every_configuration_is_right() {
    let folder = Folder::new();
    let mut checked = 0;
    for block in blocks("yaml").into_iter().chain(blocks("yaml pilotfish.yaml")) {
        if !block.text.lines().any(|line| line.starts_with("checks:")) {
            continue;
        }
        let config = folder.write("page.yaml", &block.text);
        let ran = run(Command::new(PILOTFISH).args(["config", "check", "-c", &config]));
        assert_eq!(ran.code, 0, "{}:{}: {ran:?}", block.page, block.line);
        checked += 1;
    }
    assert!(checked > 0);
}

#[test]
fn every_command_prints_what_the_page_says() {
    let world = World::start();
    let mut sidecar = None;
    for block in blocks("console") {
        // All sidecars listen on the same port: there is one at a time, that of the page.
        if !matches!(&sidecar, Some((page, _)) if *page == block.page) {
            drop(sidecar.take());
            sidecar = Some((block.page.clone(), world.sidecar(&block.page)));
        }
        kept::keep(&block, &world.session(&block));
    }
}

/// The servers that the pages speak of, under their names.
pub(crate) struct World {
    namespace: Namespace,
    pub(crate) folder: Folder,
    _servers: Vec<Running>,
}

/// A backend that is not well, and a database that refuses every password, as its clients see it.
const SERVERS: &str = r#"
import http.server, socketserver, struct, threading

PAGES = {
    "/": b'<script src="/_next/static/chunks/main.js" async=""></script>',
    "/_next/static/chunks/main.js": b'fetch("http://localhost:8000/todos")',
    "/api/version": b'{"version":"1.4.0","commit":"a1"}',
    "/v1.0/metadata": b'{"id":"app","components":[{"name":"statestore","type":"state.in-memory"}]}',
}

class Backend(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        price = b'"2.50"' if self.headers["Host"].startswith("staging") else b"2.5"
        body = PAGES.get(self.path, b'{"status":"unhealthy","database":"disconnected"}')
        body = b'{"items":[{"id":1,"price":' + price + b"}]}" if self.path == "/api/items" else body
        self.send_response(204 if self.path == "/v1.0/healthz/outbound" else 200)
        body = b"" if self.path == "/v1.0/healthz/outbound" else body
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

class Database(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            length, = struct.unpack("!I", self.rfile.read(4))
            packet = self.rfile.read(length - 4)
            if packet[:4] != struct.pack("!I", 80877103):
                break
            self.wfile.write(b"N")
        fields = b'SFATAL\0C28P01\0Mpassword authentication failed for user "app"\0\0'
        self.wfile.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)

socketserver.ThreadingTCPServer.allow_reuse_address = True
# A client that leaves early is none to report.
socketserver.BaseServer.handle_error = lambda *_: None
threading.Thread(target=socketserver.ThreadingTCPServer(("0.0.0.0", 5432), Database).serve_forever).start()
threading.Thread(target=http.server.ThreadingHTTPServer(("127.0.0.1", 3500), Backend).serve_forever).start()
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Backend).serve_forever()
"#;

/// The files of docs/contracts.md, as its sessions show them.
fn contracts(folder: &Folder) {
    for block in blocks("console").iter().filter(|block| block.page == "docs/contracts.md") {
        for step in format!("\n{}", block.text).split("\n$ ") {
            if let Some((name, text)) = step.strip_prefix("cat ").and_then(|step| step.split_once('\n')) {
                folder.write(name, format!("{}\n", text.trim_end()));
            }
        }
    }
}

/// A configuration that compares the secret of two pods.
fn jwt(peer: &str) -> String {
    format!(
        "checks:\n  - name: jwt-secret\n    same_secret: {{name: jwt-signing, secret: {{env: JWT_SECRET}}, peers: \
         \"http://{peer}:9809\"}}\n"
    )
}

impl World {
    pub(crate) fn start() -> Self {
        let folder = Folder::new();
        let script = folder.write("servers.py", SERVERS);
        let namespace = Namespace::new();
        namespace.hosts("127.0.0.1 localhost\n");
        namespace.resolv_conf(
            "search shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\nnameserver 10.96.0.10\n",
        );
        // The addresses of Services: they lead here, and no interface has them.
        namespace.ip(&["route", "add", "local", "10.96.0.0/24", "dev", "lo"]);
        let names = ["db", "backend", "cache", "web", "staging", "production"];
        let services: String = (20..)
            .zip(names)
            .map(|(last, name)| format!("host-record={name}.shop.svc.cluster.local,10.96.0.{last}\n"))
            .collect();
        let services = folder.write("services.conf", services);
        let dnsmasq = need("dnsmasq", "dnsmasq-base");
        let mut names = namespace.command(dnsmasq.to_str().expect("the path is UTF-8"));
        let names = Running::start(names.args([
            "-k",
            "-C",
            &services,
            "--no-resolv",
            "--no-hosts",
            "--local=/#/",
            "--pid-file",
        ]));
        let servers = Running::start(namespace.command("python3").arg(&script));
        until("the servers listen", || {
            let listening = run(namespace.command("ss").arg("-ltn")).stdout;
            [":53 ", ":3500 ", ":5432 ", ":8000 "].iter().all(|port| listening.contains(port))
        });
        let bad = "checks:\n  - name: database\n    postgres: {url: {env: DATABASE_URL}, sslmod: require}\n    interval: 1m\n    gates: [start]\n";
        folder.write("bad.yaml", bad);
        contracts(&folder);
        folder.write("jwt.yaml", jwt("backend"));
        std::os::unix::fs::symlink(PILOTFISH, folder.path().join("pilotfish")).expect("a link can be made");
        Self { namespace, folder, _servers: vec![servers, names] }
    }

    /// A command among these servers.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.namespace.command(program)
    }

    /// The sidecar that a page asks, once it can answer.
    fn sidecar(&self, page: &str) -> Option<Running> {
        let (text, variable) = match page {
            "docs/contracts.md" => (jwt("frontend"), ("JWT_SECRET", "0c8f5a7d2e914b36a8d7f6e5c4b3a291")),
            "docs/tasks/not-ready.md" => {
                (block(page, "yaml pilotfish.yaml").text, ("DATABASE_URL", "postgres://app:wrong@db:5432/shop"))
            }
            _ => return None,
        };
        let config = self.folder.write("sidecar.yaml", text);
        let mut serve = self.namespace.command(PILOTFISH);
        serve.args(["serve", "-c", &config]).env(variable.0, variable.1);
        let sidecar = Running::start(serve.stderr(std::process::Stdio::null()));
        let said = |what: &str| self.step(&format!("pilotfish ask {what}"), 0);
        match page {
            "docs/contracts.md" => until("the sidecar answers", || said("live").stdout.starts_with("ok")),
            _ => until("both checks have a verdict", || {
                said("startup").stdout.contains("rejected") && !said("web").stdout.contains("unknown")
            }),
        }
        Some(sidecar)
    }

    /// The session as it runs now, in the form of the page.
    fn session(&self, block: &Block) -> String {
        let mut code = 0;
        let mut session = String::new();
        assert!(block.text.starts_with("$ "), "{}:{}: a session begins with `$ `", block.page, block.line);
        for command in block.text.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let ran = self.step(command, code);
            session.push_str(&format!("$ {command}\n{}{}", ran.stdout, ran.stderr));
            code = ran.code;
        }
        session
    }

    /// Runs one command; `$?` is the code of the one before.
    pub(crate) fn step(&self, command: &str, code: i32) -> Ran {
        let script = format!("cd {}; PATH=$PWD:$PATH; (exit {code}); {command}", self.folder.path().display());
        run(self.namespace.command("sh").args(["-c", &script]))
    }
}
