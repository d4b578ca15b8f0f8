//! The examples of README.md and docs/: every command is run as it stands there, every configuration is checked.
//!
//! A ```console block is a session of one shell: lines after `$ ` are commands, the lines below them what is printed, where
//! `…` stands for anything within a line. They run in a network namespace with the servers that the pages speak of.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::netns::Namespace;
use crate::support::{Folder, PILOTFISH, Ran, Running, need, run, until};

/// A fenced block: its language, its lines, and the line that it begins at.
struct Block {
    page: String,
    line: usize,
    language: String,
    text: String,
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    for entry in std::fs::read_dir(root.join("docs")).into_iter().flatten() {
        pages.push(entry.expect("docs can be read").path());
    }
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    pages
}

fn blocks(wanted: &str) -> Vec<Block> {
    let mut found = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page can be read");
        let name = page.file_name().expect("it has a name").to_string_lossy().into_owned();
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

/// Whether what was printed is what the page says.
pub(crate) fn fits(said: &str, printed: &str) -> bool {
    let mut rest = printed;
    for (index, piece) in said.split('…').enumerate() {
        match if index == 0 { rest.starts_with(piece).then_some(0) } else { rest.find(piece) } {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty() || said.ends_with('…')
}

#[test]
fn every_configuration_is_right() {
    let folder = Folder::new();
    let mut checked = 0;
    for block in blocks("yaml") {
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
    for block in blocks("console") {
        world.session(&block);
    }
}

/// The servers that the pages speak of, under their names.
struct World {
    namespace: Namespace,
    folder: Folder,
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
threading.Thread(target=socketserver.ThreadingTCPServer(("0.0.0.0", 5432), Database).serve_forever).start()
threading.Thread(target=http.server.ThreadingHTTPServer(("127.0.0.1", 3500), Backend).serve_forever).start()
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Backend).serve_forever()
"#;

/// The files of docs/contracts.md, as its sessions show them.
fn contracts(folder: &Folder) {
    for block in blocks("console").iter().filter(|block| block.page == "contracts.md") {
        for step in format!("\n{}", block.text).split("\n$ ") {
            if let Some((name, text)) = step.strip_prefix("cat ").and_then(|step| step.split_once('\n')) {
                folder.write(name, format!("{}\n", text.trim_end()));
            }
        }
    }
}

/// A configuration that compares the secret of two pods.
fn jwt(listen: &str, peer: &str) -> String {
    format!(
        "{listen}checks:\n  - name: jwt-secret\n    same_secret: {{name: jwt-signing, secret: {{env: JWT_SECRET}}, peers: \
         \"http://{peer}:9809\"}}\n"
    )
}

impl World {
    fn start() -> Self {
        let folder = Folder::new();
        let script = folder.write("servers.py", SERVERS);
        let namespace = Namespace::new();
        namespace.hosts("127.0.0.1 localhost db backend cache web staging production\n");
        namespace.resolv_conf(
            "search shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\nnameserver 127.0.0.1\n",
        );
        let dnsmasq = need("dnsmasq", "dnsmasq-base");
        let mut names = namespace.command(dnsmasq.to_str().expect("the path is UTF-8"));
        let names = Running::start(names.args([
            "-k",
            "-C",
            "/dev/null",
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
        folder.write("jwt.yaml", jwt("", "backend"));
        // The sidecar of the backend, for the page about contracts.
        let backend = folder.write("backend.yaml", jwt("listen: \"0.0.0.0:9809\"\n", "frontend"));
        let mut sidecar = namespace.command(PILOTFISH);
        let sidecar = Running::start(
            sidecar.args(["serve", "-c", &backend]).env("JWT_SECRET", "0c8f5a7d2e914b36a8d7f6e5c4b3a291"),
        );
        until("the sidecar of the backend listens", || {
            run(namespace.command("ss").arg("-ltn")).stdout.contains(":9809 ")
        });
        std::os::unix::fs::symlink(PILOTFISH, folder.path().join("pilotfish")).expect("a link can be made");
        Self { namespace, folder, _servers: vec![servers, names, sidecar] }
    }

    fn session(&self, block: &Block) {
        let mut code = 0;
        let mut steps: Vec<(String, String)> = Vec::new();
        for line in block.text.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push((command.to_owned(), String::new())),
                (None, Some((_, said))) => said.push_str(&format!("{line}\n")),
                (None, None) => panic!("{}:{}: a session begins with `$ `", block.page, block.line),
            }
        }
        for (command, said) in steps {
            let ran = self.step(&command, code);
            let printed = format!("{}{}", ran.stdout, ran.stderr);
            assert!(
                fits(&said, &printed),
                "{}:{}: $ {command}\n--- the page says\n{said}--- it printed\n{printed}",
                block.page,
                block.line
            );
            code = ran.code;
        }
    }

    /// Runs one command; `$?` is the code of the one before.
    fn step(&self, command: &str, code: i32) -> Ran {
        let script = format!("cd {}; PATH=$PWD:$PATH; (exit {code}); {command}", self.folder.path().display());
        run(self.namespace.command("sh").args(["-c", &script]))
    }
}
