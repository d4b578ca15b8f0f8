//! Servers on Unix sockets: nginx, with and without TLS and HTTP/2, and sockets on which nobody answers.

use std::net::TcpStream;
use std::os::unix::net::{UnixListener, UnixStream};

use serde_json::Value;

use crate::support::ca::{Ca, Leaf};
use crate::support::exim::Server as Exim;
use crate::support::grpc::Server as Grpc;
use crate::support::kafka;
use crate::support::nats::Server as Nats;
use crate::support::nginx::Nginx;
use crate::support::rabbitmq;
use crate::support::websocket::Server as Websocket;
use crate::support::{Folder, json, pilotfish, run, until};

/// nginx on `web.sock` (HTTP/1.1), `tls.sock` and `grpc.sock` of its folder.
struct Sockets {
    nginx: Nginx,
    ca: String,
    _grpc: Grpc,
    _websocket: Websocket,
}

impl Sockets {
    fn start() -> Self {
        let (root, folder) = (Ca::root("socket root"), Folder::new());
        let pair = root.issue(&Leaf::server("localhost", &["localhost"]));
        let (cert, key) = pair.write(&folder, "server", &[]);
        let ca = folder.write("ca.pem", &root.pem);
        let (grpc, websocket) = (Grpc::go(&[]), Websocket::start());
        let base = folder.path().display().to_string();
        let http = format!(
            "server {{ listen unix:{base}/web.sock;
             location = /health {{ default_type application/json; return 200 '{{\"status\":\"ok\",\"host\":\"$host\"}}'; }}
             location = /moved {{ return 302 /health; }}
             location = /hello {{ proxy_pass http://127.0.0.1:{}; proxy_http_version 1.1;
             proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }} }}
             server {{ listen unix:{base}/tls.sock ssl; ssl_certificate {cert}; ssl_certificate_key {key};
             location / {{ return 200 ok; }} }}
             server {{ listen unix:{base}/grpc.sock http2; location / {{ grpc_pass grpc://127.0.0.1:{}; }} }}",
            websocket.port, grpc.port
        );
        let nginx = Nginx::with_files(folder, &[], &http);
        let sockets = Self { nginx, ca, _grpc: grpc, _websocket: websocket };
        until("nginx listens", || sockets.path("grpc.sock").exists());
        sockets
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.nginx.folder().path().join(name)
    }

    /// The one check of a report of these keys; `SOCKETS` stands for the folder.
    fn check(&self, keys: &str) -> Value {
        check(&keys.replace("SOCKETS", &self.path("").display().to_string()))
    }
}

fn check(keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: one, timeout: 3s, gates: [], {keys}}}]"));
    json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

#[test]
fn every_kind_connects_to_a_socket() {
    let sockets = Sockets::start();
    for keys in [
        r#"tcp: {address: "unix:SOCKETSweb.sock", send: 'GET /health HTTP/1.0\r\n\r\n', expect: HTTP/1.1 200}"#
            .to_owned(),
        r#"tcp: {address: "SOCKETSweb.sock"}"#.to_owned(),
        format!(r#"tls: {{address: "unix:SOCKETStls.sock", ca: {}}}"#, sockets.ca),
        r#"http: {url: "http://shop.lab/health", socket: "unix:SOCKETSweb.sock", json: {/host: shop.lab}}"#.to_owned(),
        r#"http: {url: "http://shop.lab/moved", socket: "SOCKETSweb.sock", follow_redirects: true}"#.to_owned(),
        format!(r#"http: {{url: "https://localhost/", socket: "unix:SOCKETStls.sock", tls: {{ca: {}}}}}"#, sockets.ca),
        r#"peer: {url: "http://shop.lab/health", socket: "unix:SOCKETSweb.sock"}"#.to_owned(),
        r#"grpc: {address: "unix:SOCKETSgrpc.sock", service: shop}"#.to_owned(),
        r#"websocket: {url: "ws://shop.lab/hello", socket: "unix:SOCKETSweb.sock", expect: '{'}"#.to_owned(),
    ] {
        let report = sockets.check(&keys);
        assert_eq!(
            (&report["result"], &report["findings"]),
            (&"pass".into(), &serde_json::json!([])),
            "{keys}: {report:#}"
        );
        assert!(report["target"].as_str().is_some_and(|target| target.contains("unix:/")), "{report:#}");
        assert_eq!(
            (&report["queries"], &report["tries"][0]["family"]),
            (&serde_json::json!([]), &Value::Null),
            "{report:#}"
        );
    }
}

#[test]
fn a_socket_without_a_server_is_named() {
    let folder = Folder::new();
    let left = folder.path().join("left.sock");
    drop(UnixListener::bind(&left).expect("a socket"));
    for (path, cause) in [(folder.path().join("missing.sock"), "file_missing"), (left, "connect_refused")] {
        let path = path.display();
        for keys in [
            format!(r#"tcp: {{address: "unix:{path}"}}"#),
            format!(r#"tls: {{address: "unix:{path}"}}"#),
            format!(r#"http: {{url: "http://shop/", socket: "unix:{path}"}}"#),
            format!(r#"grpc: {{address: "unix:{path}"}}"#),
            format!(r#"websocket: {{url: "ws://shop/", socket: "unix:{path}"}}"#),
            format!(r#"mysql: {{user: app, password: x, socket: "{path}"}}"#),
            format!(r#"redis: {{host: "{path}"}}"#),
            format!(r#"mongodb: {{host: "unix:{path}"}}"#),
            format!(r#"amqp: {{socket: "{path}"}}"#),
            format!(r#"nats: {{socket: "{path}"}}"#),
            format!(r#"smtp: {{address: "unix:{path}"}}"#),
            format!(r#"smtp: {{socket: "{path}"}}"#),
            format!(r#"ldap: {{socket: "{path}"}}"#),
            format!(r#"mqtt: {{socket: "{path}"}}"#),
        ] {
            let report = check(&keys);
            let failure = &report["failure"];
            assert_eq!(
                (&failure["phase"], &failure["cause"]),
                (&"connect".into(), &cause.into()),
                "{keys}: {report:#}"
            );
            assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("socket")), "{report:#}");
        }
    }
}

/// A server in this pod may gate `live`; one that is reached over the network may not.
#[test]
fn a_socket_is_in_this_pod() {
    let folder = Folder::new();
    for (keys, right) in [
        (r#"http: {url: "http://shop/", socket: "unix:/run/app.sock"}"#, true),
        (r#"tcp: {address: "unix:/run/app.sock"}"#, true),
        (r#"grpc: {address: "unix:/run/app.sock"}"#, true),
        (r#"http: {url: "http://shop/", socket: "unix:/run/app.sock", follow_redirects: true}"#, false),
        (r#"http: {url: "http://shop/"}"#, false),
    ] {
        let config = folder.write("c.yaml", format!("checks: [{{name: one, gates: [live], {keys}}}]"));
        let ran = run(pilotfish().args(["config", "check", "-c", &config]));
        assert_eq!(ran.code == 0, right, "{keys}: {ran:?}");
    }
}

/// A socket that leads to this port, as a proxy beside the app has it; for as long as the test runs.
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn relay(folder: &Folder, name: &str, port: u16) -> String {
    let path = folder.path().join(name);
    let listener = UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let far = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
            let (mut from, mut to) = (near.try_clone().expect("a stream"), far.try_clone().expect("a stream"));
            std::thread::spawn(move || {
                drop(std::io::copy(&mut from, &mut to));
                drop(to.shutdown(std::net::Shutdown::Write));
            });
            std::thread::spawn(move || {
                let (mut from, mut to): (TcpStream, UnixStream) = (far, near);
                drop(std::io::copy(&mut from, &mut to));
                drop(to.shutdown(std::net::Shutdown::Write));
            });
        }
    });
    path.display().to_string()
}

/// Their servers have no sockets themselves; a proxy beside them may.
#[test]
fn protocols_whose_servers_have_no_sockets() {
    let (folder, mail, nats) = (Folder::new(), Exim::plain(), Nats::with(""));
    let broker = rabbitmq::broker();
    let (mail, nats) = (relay(&folder, "mail", mail.port), relay(&folder, "nats", nats.port));
    let (amqp, kafka) = (relay(&folder, "amqp", broker.port), relay(&folder, "kafka", kafka::broker().plain));
    for (keys, target) in [
        (format!(r#"smtp: {{address: "unix:{mail}"}}"#), format!("smtp://{mail}")),
        (format!(r#"smtp: {{host: "{mail}"}}"#), format!("smtp://{mail}")),
        (format!(r#"nats: {{socket: "{nats}"}}"#), format!("nats://{nats}")),
        (format!(r#"nats: {{url: "nats://{}"}}"#, nats.replace('/', "%2F")), format!("nats://{nats}")),
        (format!(r#"amqp: {{socket: "{amqp}", vhost: /}}"#), format!("amqp://{amqp}/%2F")),
        (format!(r#"kafka: {{host: "unix:{kafka}", topic: orders}}"#), format!("kafka://{kafka}/orders")),
    ] {
        let report = check(&keys);
        assert_eq!((&report["result"], &report["target"]), (&"pass".into(), &target.into()), "{keys}: {report:#}");
        assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
    }
}

#[test]
fn a_socket_is_a_target() {
    let folder = Folder::new();
    let path = folder.path().join("app.sock").display().to_string();
    let listener = UnixListener::bind(&path).expect("a socket");
    for target in [format!("unix:{path}"), format!("unix://{path}")] {
        let report = json(&["check", "-o", "json", &target])["checks"][0].take();
        let expected: Value = format!("unix:{path}").into();
        assert_eq!((&report["kind"], &report["target"], &report["result"]), (&"tcp".into(), &expected, &"pass".into()));
    }
    drop(listener);
    let left = json(&["check", "-o", "json", &format!("unix:{path}")])["checks"][0].take();
    assert_eq!(left["failure"]["cause"], "connect_refused", "{left:#}");
    for (target, says) in [
        ("unix:s3cret".to_owned(), "a socket needs an absolute path"),
        (format!("unix://:s3cret@{path}"), "a socket needs an absolute path"),
        (format!("unix:{path}?db=1"), "only a path may follow `unix:`"),
    ] {
        let ran = run(pilotfish().args(["check", &target]));
        assert!(ran.code == 2 && ran.stderr.contains(says) && !ran.stderr.contains("s3cret"), "{target}: {ran:?}");
    }
}
