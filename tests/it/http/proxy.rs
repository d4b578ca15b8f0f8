//! Through an HTTP proxy: the real tinyproxy, and scripted ones for what it does not say.

use std::process::{Command, Stdio};

use super::{check, check_with, only, verdict};
use crate::support::ca::{Ca, Leaf};
use crate::support::hostile::{Manner, here};
use crate::support::http::HttpServer;
use crate::support::nginx::Nginx;
use crate::support::{Folder, Running, dead_port, free_port, need, until_listening};

/// A proxy that wants a login, and opens tunnels to this port alone.
fn tinyproxy(tunnels: u16) -> (Folder, Running, u16) {
    let (folder, port) = (Folder::new(), free_port());
    let config = format!(
        "Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 20\nBasicAuth app s3cret-proxy\nConnectPort {tunnels}\n\
         LogFile \"{}/log\"\n",
        folder.path().display()
    );
    let mut command = Command::new(need("tinyproxy", "tinyproxy-bin"));
    command.args(["-d", "-c", &folder.write("proxy.conf", config)]).stdout(Stdio::null()).stderr(Stdio::null());
    let running = Running::start(&mut command);
    until_listening(([127, 0, 0, 1], port).into());
    (folder, running, port)
}

#[test]
fn requests_and_tunnels_go_through_the_proxy() {
    let root = Ca::root("Lab Root");
    let files = Folder::new();
    let (cert, key) = root.issue(&Leaf::server("web.lab", &["127.0.0.1"])).write(&files, "server", &[]);
    let ca = files.write("ca.pem", &root.pem);
    let secure_port = free_port();
    let secure = Nginx::start(
        &[secure_port],
        &format!(
            "server {{ listen 127.0.0.1:{secure_port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; \
         location / {{ return 200 ok; }} }}"
        ),
    );
    let plain = HttpServer::always(200, "", "ok");
    let (folder, _proxy, port) = tinyproxy(secure_port);
    let good = format!("http://app:s3cret-proxy@127.0.0.1:{port}");
    let https = format!("https://127.0.0.1:{secure_port}/");
    let through =
        |url: &str, proxy: &str| check("http", &format!("url: '{url}', proxy: '{proxy}', tls: {{ca: '{ca}'}}"));

    for url in [plain.url("/a?b=c"), https.clone()] {
        let report = through(&url, &good);
        assert_eq!(verdict(&report), "passed", "{url}");
        let tries = only(&report)["tries"].as_array().expect("tries");
        assert!(tries.iter().all(|one| one["address"] == format!("127.0.0.1:{port}")), "{report}");
        assert!(!report.to_string().contains("s3cret"), "{report}");
    }
    let asked = plain.asked();
    assert_eq!(asked[0].line, "GET /a?b=c HTTP/1.1", "the proxy takes the full form apart");
    assert_eq!(asked[0].header("proxy-authorization"), None);
    let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.contains(&format!("CONNECT 127.0.0.1:{secure_port}")), "{log}");

    // By the variables, and where they leave the proxy out.
    let by_variables = |list: &str| {
        let keys = "url: 'https://api.lab.invalid/', proxy: env";
        check_with("http", keys, &[("HTTPS_PROXY", &good), ("NO_PROXY", list)])
    };
    let caught = by_variables("");
    assert_eq!(only(&caught)["tries"][0]["address"], format!("127.0.0.1:{port}"));
    let spared = by_variables("lab.invalid");
    assert_eq!(only(&spared)["tries"], serde_json::json!([]), "{spared}");
    // Nobody goes through a proxy to the own machine.
    let keys = format!("url: '{https}', proxy: env, tls: {{ca: '{ca}'}}");
    let direct = check_with("http", &keys, &[("HTTPS_PROXY", &good)]);
    assert_eq!(verdict(&direct), "passed");
    assert_eq!(only(&direct)["tries"][0]["address"], format!("127.0.0.1:{secure_port}"));
    drop(secure);

    // What goes wrong, by name.
    let wrong = through(&https, &format!("http://app:s3cret-wrong@127.0.0.1:{port}"));
    let says = verdict(&wrong);
    assert!(says.starts_with("request permission_denied: the proxy 127.0.0.1:"), "{says}");
    assert!(says.contains(" with 401: ") || says.contains(" with 407: "), "{says}");
    assert!(!wrong.to_string().contains("s3cret"), "{wrong}");
    let missing = verdict(&through(&https, &format!("http://127.0.0.1:{port}")));
    assert!(missing.ends_with("407: it requires a login"), "{missing}");
    let denied = verdict(&through("https://127.0.0.1:9/", &good));
    assert!(denied.ends_with("CONNECT 127.0.0.1:9 with 403: it does not allow this"), "{denied}");
    let gone = through(&https, &good);
    assert!(verdict(&gone).starts_with("assert http_status: the proxy 127.0.0.1:"), "{}", verdict(&gone));
    assert!(only(&gone)["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("`proxy: none`")), "{gone}");
    let nobody = dead_port();
    let refused = verdict(&through(&https, &format!("http://127.0.0.1:{nobody}")));
    assert!(refused.starts_with(&format!("connect connect_refused: the proxy 127.0.0.1:{nobody}: ")), "{refused}");
}

#[test]
fn proxies_that_break_the_rules_are_told() {
    for (said, expected) in [
        ("HTTP/1.1 200 ok\r\n\r\n", "tls "),
        ("HTTP/1.1 200 ok\r\n\r\nmore", "request protocol_error: the proxy"),
        ("HTTP/1.1 503 no\r\n\r\n", "assert http_status: the proxy"),
        ("HTTP/1.1 407 no\r\nProxy-Authenticate: Basic\r\n\r\n", "request permission_denied: the proxy"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "request protocol_error: the proxy"),
        ("HTTP/1.1 200 ok\r\n", "request timeout"),
    ] {
        let proxy = here(Manner::Says(said.into()));
        let report = check_with("http", &format!("url: 'https://api.example.com/', proxy: 'http://{proxy}'"), &[]);
        assert!(verdict(&report).starts_with(expected), "{said:?}: {}", verdict(&report));
        assert_eq!(only(&report)["queries"].as_array().map(Vec::len), Some(0), "the proxy resolves the name");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_a_fault_of_the_file() {
    let folder = Folder::new();
    for (proxy, says) in [
        ("https://proxy:3128", "begins with http://"),
        ("socks5://proxy:1080", "begins with http://"),
        ("http://a,b:1", "expected one host"),
    ] {
        let config = format!("checks: [{{name: a, gates: [], http: {{url: 'http://h/', proxy: '{proxy}'}}}}]");
        let ran = crate::support::ran(&["config", "check", "-c", &folder.write("c.yaml", config)]);
        assert!(ran.code == 2 && ran.stderr.contains(says), "{proxy}: {ran:?}");
    }
    let config = "checks: [{name: a, gates: [], http: {url: 'http://h/', proxy: 'http://u:s3cret@proxy:3128'}}]";
    let ran = crate::support::ran(&["config", "show", "-c", &folder.write("c.yaml", config)]);
    assert!(ran.stdout.contains("proxy: \"http://u@proxy:3128\"") && !ran.stdout.contains("s3cret"), "{ran:?}");
}
