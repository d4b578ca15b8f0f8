//! The `tls` kind against real servers: nginx, `openssl s_server` for what nginx cannot do, PostgreSQL.

mod costly;
mod ended;
mod limits;
mod odd;
mod placeholder;
mod resets;
mod starttls;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::ca::{Ca, DAY, Leaf, Pair};
use crate::support::nginx::Nginx;
use crate::support::postgres::{Cluster, Options};
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, Running, free_port, json, need, pilotfish, run, until, until_listening};

/// The names of most servers here.
const NAMES: &[&str] = &["db.lab", "127.0.0.1"];

/// The report on one check with these keys beside its address.
fn check(port: u16, keys: &str) -> Value {
    let folder = Folder::new();
    let text = format!("checks:\n  - name: it\n    gates: []\n    tls: {{address: \"127.0.0.1:{port}\", {keys}}}\n");
    let config = folder.write("pilotfish.yaml", text);
    json(&["check", "-c", &config, "-o", "json"])["checks"][0].clone()
}

/// `pass`, or phase, cause and message.
fn told(report: &Value) -> String {
    let text = |key: &str| report["failure"][key].as_str().unwrap_or_default().to_owned();
    match report["result"].as_str() {
        Some("pass") => "pass".to_owned(),
        _ => format!("{} {}: {}", text("phase"), text("cause"), text("message")),
    }
}

#[track_caller]
fn assert_told(report: &Value, expected: &str) {
    let told = told(report);
    assert!(told.starts_with(expected), "{told}\nexpected: {expected}\n{report:#}");
}

/// A folder, and in it the PEM of a CA.
fn trusted(ca: &str) -> (Folder, String) {
    let folder = Folder::new();
    let path = folder.write("ca.pem", ca);
    let key = format!("ca: \"{path}\"");
    (folder, key)
}

/// The real `openssl s_server` with these arguments behind its certificate.
fn s_server(pair: &Pair, arguments: &[&str]) -> (Folder, Running, u16) {
    let folder = Folder::new();
    let (cert, key) = pair.write(&folder, "server", &[]);
    let port = free_port();
    let mut command = Command::new(need("openssl", "openssl"));
    command.args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-cert", &cert, "-key", &key, "-quiet"]);
    let server = Running::start(command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()));
    until_listening(SocketAddr::from(([127, 0, 0, 1], port)));
    (folder, server, port)
}

#[test]
fn a_good_chain_passes_and_its_facts_are_told() {
    let root = Ca::root("Lab Root");
    let middle = root.intermediate("Lab Middle");
    let leaf = middle.issue(&Leaf::server("db.lab", NAMES));
    let (_nginx, port) = Nginx::https(&leaf, &[&middle.pem], "");
    let (_folder, ca) = trusted(&root.pem);

    let report = check(port, &format!("{ca}, min_days_valid: 90"));
    assert_eq!(told(&report), "pass", "{report:#}");
    let facts = &report["facts"];
    assert_eq!(facts["tls_version"], "TLSv1.3");
    assert_eq!(facts["tls_cipher"], "TLS_AES_256_GCM_SHA384");
    assert_eq!(facts["tls_verified"], true);
    let certificates = facts["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 2, "{facts:#}");
    assert_eq!(certificates[0]["subject"], "CN=db.lab");
    assert_eq!(certificates[0]["issuer"], "CN=Lab Middle");
    assert_eq!(certificates[0]["names"], serde_json::json!(NAMES));
    assert_eq!(certificates[1]["subject"], "CN=Lab Middle");
    assert!(report["phases"]["tls"].as_f64().unwrap() > 0.0);

    assert_eq!(told(&check(port, &format!("{ca}, server_name: db.lab"))), "pass");
    assert_told(
        &check(port, &format!("{ca}, min_days_valid: 91")),
        "assert tls_expired: the certificate of \"CN=db.lab\" expires in 90 days, at ",
    );
}

#[test]
fn an_expired_certificate_that_nobody_needs_lowers_no_date() {
    let root = Ca::root("Lab Root");
    let middle = root.intermediate("Lab Middle");
    let leaf = middle.issue(&Leaf::server("db.lab", NAMES));
    // The root as an older one has signed it, for clients that do not know it: it has expired, and harms nobody.
    let cross = Leaf { from: -9 * DAY, until: -DAY, ca: true, ..Leaf::server("Lab Root", &[]) };
    let cross = Ca::root("Old Root").issue(&cross);
    let (_nginx, port) = Nginx::https(&leaf, &[&middle.pem, &cross.cert], "");
    let (_folder, ca) = trusted(&root.pem);
    let report = check(port, &format!("{ca}, min_days_valid: 90"));
    assert_eq!((told(&report).as_str(), report["facts"]["certificates"].as_array().unwrap().len()), ("pass", 3));

    let keys = format!("address: \"127.0.0.1:{port}\", {ca}");
    let sidecar = Sidecar::start(&format!("checks: [{{name: db, tls: {{{keys}}}, gates: [ready]}}]\n"));
    until("it has run", || sidecar.status("/readyz") == 200);
    let metrics = sidecar.get("/metrics").body;
    let (_, expiry) = metrics.split_once("certificate_expiry_timestamp_seconds{check=\"db\"} ").expect("a date");
    let expiry: f64 = expiry.lines().next().and_then(|line| line.parse().ok()).expect("a number");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    assert!(expiry - now > 89.0 * 86_400.0, "{expiry}");
}

#[test]
fn a_target_on_the_command_line_trusts_what_the_image_trusts() {
    let root = Ca::root("Lab Root");
    let (_nginx, port) = Nginx::https(&root.issue(&Leaf::server("db.lab", NAMES)), &[], "");
    let folder = Folder::new();
    let bundle = folder.write("bundle.crt", &root.pem);
    let target = format!("tls://127.0.0.1:{port}");
    let ran = run(pilotfish().args(["check", &target]).env("SSL_CERT_FILE", &bundle));
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = run(pilotfish().args(["check", &target]).env("SSL_CERT_FILE", "/nowhere.crt"));
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("file_missing"), "{ran:?}");
}

#[test]
fn dates_and_names_that_do_not_fit() {
    let root = Ca::root("Lab Root");
    let (_folder, ca) = trusted(&root.pem);
    let server = Leaf::server("db.lab", NAMES);
    for (leaf, expected) in [
        (
            Leaf { from: -30 * DAY, until: -3 * DAY - 60, ..server.clone() },
            "tls tls_expired: the certificate of \"CN=db.lab\" expired 3 days ago, at ",
        ),
        (
            Leaf { from: 600, ..server.clone() },
            "tls tls_not_yet_valid: the certificate of \"CN=db.lab\" is valid from ",
        ),
        (
            Leaf { names: &["other.lab", "10.0.0.7"], ..server.clone() },
            "tls tls_wrong_name: the certificate covers \"other.lab\", \"10.0.0.7\", not \"127.0.0.1\"",
        ),
        (
            Leaf { client: true, ..server.clone() },
            "tls tls_untrusted: the certificate of \"CN=db.lab\" does not allow its use for a server",
        ),
    ] {
        let (_nginx, port) = Nginx::https(&root.issue(&leaf), &[], "");
        let report = check(port, &ca);
        assert_told(&report, expected);
        // What was seen is told also where it is not accepted.
        assert_eq!(report["facts"]["tls_version"], "TLSv1.3", "{report:#}");
        assert_eq!(report["facts"]["certificates"][0]["issuer"], "CN=Lab Root", "{report:#}");
        assert_eq!(report["facts"].get("tls_verified"), None);
        let unverified = check(port, "verify: false");
        assert_eq!(told(&unverified), "pass");
        assert_eq!(unverified["facts"]["tls_verified"], false);
    }
}

/// rustls does not look at the dates of a root; OpenSSL does, and Node, Python and Go.
#[test]
fn an_authority_that_has_ended() {
    let (ended, other) = (Ca::ended("Old Root", 3600), Ca::root("Lab Root"));
    let (_folder, ca) = trusted(&format!("{}{}", other.pem, ended.pem));
    let server = Leaf::server("db.lab", NAMES);
    let (_nginx, port) = Nginx::https(&ended.issue(&server), &[], "");
    let report = check(port, &ca);
    assert_told(&report, "tls tls_expired: the root \"CN=Old Root\" of the file ");
    let hint = report["failure"]["hint"].as_str().unwrap_or_default();
    assert!(hint.starts_with("The server's own certificate is valid, but CN=Old Root in `ca` expired on "), "{hint}");
    let (_nginx, port) = Nginx::https(&other.issue(&server), &[], "");
    assert_eq!(told(&check(port, &ca)), "pass", "an old root beside the right one does no harm");
}

#[test]
fn issuers_that_are_not_trusted() {
    let root = Ca::root("Lab Root");
    let middle = root.intermediate("Lab Middle");
    let leaf = middle.issue(&Leaf::server("db.lab", NAMES));
    let alone = Leaf::server("db.lab", NAMES).self_signed();
    let openssl_like = Leaf { ca: true, ..Leaf::server("db.lab", NAMES) }.self_signed();
    let (_folder, ca) = trusted(&root.pem);
    for (pair, chain, expected) in [
        (
            &alone,
            vec![],
            "tls tls_untrusted: the certificate of \"CN=db.lab\" is self-signed and not among the roots of",
        ),
        (&openssl_like, vec![], "tls tls_untrusted: the certificate of \"CN=db.lab\" is self-signed and not among"),
        (
            &leaf,
            vec![],
            "tls tls_untrusted: incomplete chain or unknown issuer: the server sent only the certificate of \"CN=db.lab\"",
        ),
    ] {
        let (_nginx, port) = Nginx::https(pair, &chain, "");
        assert_told(&check(port, &ca), expected);
    }
    let (_nginx, port) = Nginx::https(&leaf, &[&middle.pem], "");
    assert_told(
        &check(port, "ca: builtin"),
        "tls tls_untrusted: the chain of \"CN=db.lab\" ends with \"CN=Lab Middle\"",
    );
    // A CA made anew under the same name: what helm does on every upgrade if it is let.
    let (_folder, again) = trusted(&Ca::root("Lab Root").pem);
    let (_nginx, port) = Nginx::https(&root.issue(&Leaf::server("db.lab", NAMES)), &[], "");
    assert_told(&check(port, &again), "tls tls_untrusted: \"CN=Lab Root\" is among the roots of");
}

#[test]
fn a_self_signed_certificate_that_is_configured_is_trusted_after_date_and_name() {
    for ca in [false, true] {
        let good = Leaf { ca, ..Leaf::server("db.lab", NAMES) };
        for (leaf, expected) in [
            (good.clone(), "pass"),
            (Leaf { until: -DAY / 2, ..good.clone() }, "tls tls_expired: "),
            (Leaf { from: 300, ..good.clone() }, "tls tls_not_yet_valid: "),
            (Leaf { names: &["other.lab"], ..good.clone() }, "tls tls_wrong_name: "),
        ] {
            let pair = leaf.self_signed();
            let (_nginx, port) = Nginx::https(&pair, &[], "");
            let (_folder, ca) = trusted(&pair.cert);
            assert_told(&check(port, &ca), expected);
        }
    }
}

#[test]
fn plain_http_on_the_tls_port() {
    let port = free_port();
    let _nginx = Nginx::start(&[port], &format!("server {{ listen 127.0.0.1:{port}; }}"));
    assert_told(&check(port, "verify: false"), "tls tls_not_tls: the peer speaks plain HTTP");
}

#[test]
fn a_server_that_wants_a_client_certificate() {
    let root = Ca::root("Lab Root");
    let server = root.issue(&Leaf::server("db.lab", NAMES));
    let client = root.issue(&Leaf::client("app"));
    let stranger = Ca::root("Other Root").issue(&Leaf::client("app"));
    let (folder, ca) = trusted(&root.pem);
    let ca_path = folder.path().join("ca.pem").to_str().unwrap().to_owned();
    let keys = |pair: &Pair, name: &str| {
        let (cert, key) = pair.write(&folder, name, &[]);
        format!("{ca}, cert: \"{cert}\", key: {{file: \"{key}\"}}")
    };
    let (with_own, with_strange) = (keys(&client, "client"), keys(&stranger, "stranger"));
    for (version, alert) in [("-tls1_2", "handshake_failure (40)"), ("-tls1_3", "certificate_required (116)")] {
        let arguments = [version, "-Verify", "1", "-verify_return_error", "-CAfile", &ca_path];
        let (_files, _server, port) = s_server(&server, &arguments);
        let report = check(port, &ca);
        assert_told(
            &report,
            "tls tls_client_cert_required: the server requires a client certificate issued by \"CN=Lab Root\"",
        );
        assert!(told(&report).ends_with(&format!("and none is configured (alert {alert})")), "{report:#}");
        assert_eq!(told(&check(port, &with_own)), "pass", "{version}");
        let report = check(port, &with_strange);
        assert_told(
            &report,
            "tls tls_client_cert_required: the server rejects our client certificate \"CN=app\", issued by \"CN=Other Root\"",
        );
        assert!(told(&report).contains("unknown_ca (48)"), "{report:#}");
    }
    // Asked for, but not wanted: nginx finishes the handshake and would tell it in HTTP.
    let (_nginx, port) =
        Nginx::https(&server, &[], &format!("ssl_verify_client optional; ssl_client_certificate {ca_path};"));
    assert_eq!(told(&check(port, &ca)), "pass");
    assert_eq!(told(&check(port, &with_own)), "pass");
}

#[test]
fn files_that_do_not_fit_are_named() {
    let root = Ca::root("Lab Root");
    let (one, other) = (root.issue(&Leaf::client("one")), root.issue(&Leaf::client("other")));
    let folder = Folder::new();
    let (cert, key) = one.write(&folder, "one", &[]);
    let (_, wrong) = other.write(&folder, "other", &[]);
    for (keys, expected) in [
        ("ca: /nowhere/ca.pem".to_owned(), "assert file_missing: the file /nowhere/ca.pem does not exist".to_owned()),
        (
            format!("ca: \"{key}\""),
            format!("assert file_invalid: the file {key} is PEM, but contains no -----BEGIN CERTIFICATE-----"),
        ),
        (
            format!("cert: \"{cert}\", key: \"{wrong}\""),
            format!("assert file_invalid: the private key in the file {wrong} does not belong"),
        ),
    ] {
        let report = check(free_port(), &keys);
        assert_told(&report, &expected);
        let secrets = [&one.key, &other.key];
        let lines = secrets.iter().flat_map(|key| key.lines()).filter(|line| !line.starts_with('-'));
        lines.for_each(|line| assert!(!report.to_string().contains(line)));
    }
}

#[test]
fn application_protocols_are_agreed_on() {
    let root = Ca::root("Lab Root");
    let server = root.issue(&Leaf::server("db.lab", NAMES));
    let (_folder, ca) = trusted(&root.pem);
    let (_files, _server, port) = s_server(&server, &["-alpn", "h2,http/1.1"]);
    let report = check(port, &format!("{ca}, alpn: [nope, http/1.1]"));
    assert_eq!(told(&report), "pass");
    assert_eq!(report["facts"]["tls_alpn"], "http/1.1");
    assert_told(
        &check(port, &format!("{ca}, alpn: [nope]")),
        "tls tls_handshake_failed: the server supports none of the application protocols nope (alert no_application_protocol (120))",
    );
    let (_files, _server, port) = s_server(&server, &[]);
    assert_told(
        &check(port, &format!("{ca}, alpn: [h2]")),
        "tls tls_unsupported: the server accepted none of the offered application protocols: h2",
    );
}

#[test]
fn a_name_that_the_server_does_not_know() {
    let root = Ca::root("Lab Root");
    let (_folder, ca) = trusted(&root.pem);
    let port = free_port();
    let _nginx = Nginx::start(&[port], &format!("server {{ listen 127.0.0.1:{port} ssl; ssl_reject_handshake on; }}"));
    let report = check(port, &format!("{ca}, server_name: nobody.lab"));
    assert_told(
        &report,
        "tls tls_handshake_failed: the server does not know the name \"nobody.lab\" (alert unrecognized_name (112))",
    );
}

#[test]
fn the_server_is_asked_for_by_name() {
    let root = Ca::root("Lab Root");
    let (_folder, ca) = trusted(&root.pem);
    let folder = Folder::new();
    let port = free_port();
    let server = |name: &str| {
        let (cert, key) = root.issue(&Leaf::server(name, &[name, "127.0.0.1"])).write(&folder, name, &[]);
        format!(
            "server {{ listen 127.0.0.1:{port} ssl; server_name {name}; ssl_certificate {cert}; ssl_certificate_key {key}; }}"
        )
    };
    let http = format!("{} {}", server("first.lab"), server("second.lab"));
    let _nginx = Nginx::with_files(folder, &[port], &http);
    for (keys, subject) in [("", "CN=first.lab"), (", server_name: second.lab", "CN=second.lab")] {
        let report = check(port, &format!("{ca}{keys}"));
        assert_eq!(told(&report), "pass", "{report:#}");
        assert_eq!(report["facts"]["certificates"][0]["subject"], subject);
    }
}

#[test]
fn starttls_with_a_real_postgresql() {
    let root = Ca::root("Lab Root");
    let server = root.issue(&Leaf::server("db.lab", NAMES));
    let (_folder, ca) = trusted(&root.pem);
    let cluster = Cluster::start(&Options { tls: Some((&server.cert, &server.key)), ..Options::default() });
    assert_eq!(told(&check(cluster.port, &format!("{ca}, starttls: postgres"))), "pass");
    assert_told(&check(cluster.port, &ca), "tls connection_closed: the peer closed the connection without an answer");
    let plain = Cluster::plain();
    assert_told(
        &check(plain.port, &format!("{ca}, starttls: postgres")),
        "tls tls_unsupported: the PostgreSQL server offers no TLS",
    );
}

/// A scripted SMTP server that goes over to TLS: the TLS side is a real `openssl s_server` behind it.
fn smtp_before(tls: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        let Ok((stream, _)) = listener.accept() else { return };
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut stream = stream;
        let answers = ["250-mail.lab greets you\r\n250-SIZE 1000\r\n250 STARTTLS\r\n", "220 2.0.0 go ahead\r\n"];
        stream.write_all(b"220 mail.lab ESMTP\r\n").expect("it is written");
        for (answer, command) in answers.iter().zip(["EHLO ", "STARTTLS\r\n"]) {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line comes");
            assert!(line.starts_with(command), "{line}");
            stream.write_all(answer.as_bytes()).expect("it is written");
        }
        #[allow(clippy::disallowed_methods, clippy::allow_attributes, reason = "a test dials as it likes")]
        let behind = std::net::TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], tls))).expect("it listens");
        let mut from = behind.try_clone().expect("a second handle");
        let mut to = stream.try_clone().expect("a second handle");
        let back = std::thread::spawn(move || {
            drop(std::io::copy(&mut from, &mut to));
            drop(to.shutdown(std::net::Shutdown::Both));
        });
        drop(std::io::copy(&mut reader, &mut &behind));
        drop(behind.shutdown(std::net::Shutdown::Both));
        drop(back.join());
    });
    port
}

#[test]
fn starttls_with_smtp() {
    let root = Ca::root("Lab Root");
    let (_folder, ca) = trusted(&root.pem);
    let files = Folder::new();
    let (cert, key) = root.issue(&Leaf::server("mail.lab", &["mail.lab"])).write(&files, "server", &[]);
    let said = files.write("said", "");
    let (_server, tls) = crate::http::node(&format!(
        "const fs = require('fs'), of = (path) => fs.readFileSync(path);
        require('tls').createServer({{cert: of('{cert}'), key: of('{key}')}}, (peer) => {{
            peer.on('error', () => {{}});
            peer.on('data', (data) => {{ fs.appendFileSync('{said}', data); peer.end('221 2.0.0 Bye\\r\\n'); }});
        }}).on('tlsClientError', () => {{}}).listen(process.env.PORT, '127.0.0.1');"
    ));
    let report = check(smtp_before(tls), &format!("{ca}, starttls: smtp, server_name: mail.lab"));
    assert_eq!(told(&report), "pass", "{report:#}");
    assert_eq!(report["facts"]["certificates"][0]["subject"], "CN=mail.lab");
    // A server whose client leaves without it logs a lost connection.
    until("the goodbye is there", || std::fs::read_to_string(&said).is_ok_and(|text| text == "QUIT\r\n"));
    let report = check(smtp_before(tls), &format!("{ca}, starttls: smtp"));
    assert_told(&report, "tls tls_wrong_name: the certificate covers \"mail.lab\"");
}

/// A mail server that gives these answers, one a line of the client and the first at once, and notes what the client says.
pub(crate) fn smtp_script(answers: &[&'static str]) -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    let answers = answers.to_vec();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client comes");
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut said = String::new();
        for answer in answers {
            stream.write_all(answer.as_bytes()).expect("it is written");
            if reader.read_line(&mut said).unwrap_or_default() == 0 {
                break;
            }
        }
        said
    });
    (port, server)
}

/// What a mail server refuses is told as its own refusal: never "another kind of server", never "allow TLS 1.2".
#[test]
fn a_mail_server_that_refuses() {
    const EHLO: &str = "250-mail.lab\r\n250 STARTTLS\r\n";
    for (answers, expected, fix, said) in [
        (
            &["220 mail.lab ESMTP\r\n", "250-mail.lab\r\n250 SIZE 1000\r\n"][..],
            "tls tls_unsupported: the SMTP server does not offer STARTTLS",
            "The server offers no STARTTLS here.",
            "EHLO pilotfish\r\nQUIT\r\n",
        ),
        (
            &["220 mail.lab ESMTP\r\n", EHLO, "454 4.7.0 TLS not available due to local problem\r\n"],
            "tls tls_unsupported: the SMTP server offers STARTTLS, and refuses it with 454 4.7.0 TLS not available",
            "it cannot read its certificate or key",
            "EHLO pilotfish\r\nSTARTTLS\r\nQUIT\r\n",
        ),
        (
            &["220 mail.lab ESMTP\r\n", EHLO, "502 5.5.1 Error: command not implemented\r\n"],
            "tls tls_unsupported: the SMTP server offers STARTTLS, and refuses it with 502 5.5.1",
            "rejects the command for this client",
            "EHLO pilotfish\r\nSTARTTLS\r\nQUIT\r\n",
        ),
        (
            &["421 4.3.2 Service shutting down\r\n"],
            "login shutting_down: the SMTP server is busy or shutting down: it greets with 421",
            "asks to try again later",
            "",
        ),
        (
            &["421 4.7.0 mail.lab Error: too many connections from 10.0.0.7\r\n"],
            "login too_many_connections: the SMTP server has too many connections",
            "accepts no more connections for now",
            "",
        ),
        (
            &["554 5.7.1 mail.lab No SMTP service here\r\n"],
            "login login_rejected: the SMTP server takes no mail from anybody: it greets with 554",
            "accepts no mail from anybody",
            "QUIT\r\n",
        ),
    ] {
        let (port, server) = smtp_script(answers);
        let report = check(port, "verify: false, starttls: smtp");
        assert_told(&report, expected);
        let hint = report["failure"]["hint"].as_str().unwrap_or_default();
        assert!(hint.contains(fix) && !hint.contains("TLS 1.2"), "{hint}");
        assert_eq!(server.join().expect("the server ends"), said, "{expected}");
    }
}

/// Sockets in TIME_WAIT to this port.
fn time_waits(port: u16) -> usize {
    let mut table = String::new();
    std::fs::File::open("/proc/net/tcp").and_then(|mut file| file.read_to_string(&mut table)).expect("it is readable");
    let suffix = format!(":{port:04X}");
    let entries = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    entries.filter(|fields| fields[2].ends_with(&suffix) && fields[3] == "06").count()
}

#[test]
fn probes_leave_no_time_wait_and_the_server_no_complaint() {
    let root = Ca::root("Lab Root");
    let (nginx, port) = Nginx::https(&root.issue(&Leaf::server("db.lab", NAMES)), &[], "");
    let (_folder, ca) = trusted(&root.pem);
    for keys in [ca.as_str(), "ca: builtin"] {
        for _ in 0..20 {
            check(port, keys);
        }
    }
    // One is the test's own, from waiting for the server to listen. A server that is not let run for 100 ms is left in
    // good order, and that leaves one as well.
    let left = time_waits(port);
    assert!(left <= 4, "{left} of 40");
    let log = nginx.error_log();
    assert!(!log.contains("reset by peer"), "{log}");
}
