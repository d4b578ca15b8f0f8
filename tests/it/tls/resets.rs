//! A reset behind a handshake: the peer was there, so it is no reset of the connection.

use crate::support::ca::{Ca, Leaf};
use crate::support::{Folder, Running, free_port, json, need, until_listening};

/// A real TLS server in Python that resets each session: after the handshake alone, or after the client's first bytes.
const SERVER: &str = "
import socket, ssl, struct, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
while True:
    raw, _ = listener.accept()
    try:
        session = context.wrap_socket(raw, server_side=True)
        if sys.argv[4] == 'reads':
            session.recv(4096)
        session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        session.close()
    except OSError:
        raw.close()
";

#[test]
fn a_reset_behind_the_handshake_belongs_to_the_phase() {
    let root = Ca::root("Lab Root");
    let files = Folder::new();
    let (cert, key) = root.issue(&Leaf::server("db.lab", &["127.0.0.1"])).write(&files, "server", &[]);
    let ca = files.write("ca.pem", &root.pem);
    for manner in ["reads", "at once"] {
        let port = free_port();
        let mut server = std::process::Command::new(need("python3", "python3"));
        server.args(["-c", SERVER, &port.to_string(), &cert, &key, manner]);
        let _server = Running::start(server.stderr(std::process::Stdio::null()));
        until_listening(([127, 0, 0, 1], port).into());
        let at = format!("127.0.0.1:{port}");
        let checks = [
            format!("http: {{url: \"https://{at}/\", tls: {{ca: \"{ca}\"}}}}"),
            format!("peer: {{url: \"https://{at}/health\", tls: {{ca: \"{ca}\"}}}}"),
            format!("redis: {{url: \"rediss://{at}/0\", tls: {{ca: \"{ca}\"}}}}"),
        ];
        let text: String = checks
            .iter()
            .enumerate()
            .map(|(index, keys)| format!("  - {{name: c{index}, gates: [], {keys}}}\n"))
            .collect();
        let config = files.write("c.yaml", format!("checks:\n{text}"));
        let report = json(&["check", "-o", "json", "-c", &config]);
        for check in report["checks"].as_array().expect("checks") {
            let failure = &check["failure"];
            assert_eq!(failure["cause"], "connection_closed", "{manner}: {check:#}");
            assert_ne!(failure["phase"], "connect", "{manner}: {check:#}");
        }
    }
}
