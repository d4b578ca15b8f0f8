//! Redirects: told, followed, and what is carried along.

use super::{check, check_with, only, verdict};
use crate::support::ca::{Ca, Leaf};
use crate::support::http::{HttpServer, page};
use crate::support::nginx::Nginx;
use crate::support::{Folder, free_port};

/// A server whose paths are `/STATUS/WHERE`, and anything else is 200.
fn redirector() -> HttpServer {
    HttpServer::start(|asked| match asked.path()[1..].split_once('/') {
        Some((status, to)) if status.parse::<u16>().is_ok() => {
            page(status.parse().expect("it was read before"), &format!("Location: {to}\r\n"), "moved")
        }
        _ => page(200, "", "ok"),
    })
}

#[test]
fn a_redirect_that_is_not_followed_is_told_without_its_secrets() {
    let server = redirector();
    let at = server.address;
    for (path, expected) in [
        ("/302/login", format!("302 to http://{at}/302/login, and redirects are not followed")),
        ("/302//login?next=CANARY", format!("302 to http://{at}/login?next=***, and redirects are not followed")),
        ("/307/https://u:CANARY@b.example/x", "307 to https://b.example/x, and redirects are not followed".to_owned()),
        ("/301/ftp://b.example/", "301 with a Location of the scheme ftp".to_owned()),
        (
            "/301/http://b:CANARY/",
            "301 with a Location that cannot be read: the port is not a number from 1 to 65535 (at character 8)"
                .to_owned(),
        ),
    ] {
        let report = check("http", &format!("url: '{}'", server.url(path)));
        assert_eq!(verdict(&report), format!("assert http_redirect: {expected}"), "{path}");
        assert!(!report["checks"][0]["failure"].to_string().contains("CANARY"));
    }
    let wanted = check("http", &format!("url: '{}', status: 302", server.url("/302/login")));
    assert_eq!(verdict(&wanted), "passed");
    let elsewhere = HttpServer::always(304, "", "");
    assert_eq!(
        verdict(&check("http", &format!("url: '{}'", elsewhere.url("/")))),
        "assert http_status: 304, expected 200-299"
    );
}

#[test]
fn followed_as_far_as_asked() {
    let server = redirector();
    let follow =
        |path: &str, how: &str| check("http", &format!("url: '{}', follow_redirects: {how}", server.url(path)));
    let report = follow("/302//302//end", "true, body_matches: '.'");
    assert_eq!(verdict(&report), "passed");
    assert_eq!(only(&report)["facts"]["redirects"], 2);
    assert_eq!(only(&report)["facts"]["body_bytes"], 2);
    let tries = only(&report)["tries"].as_array().expect("tries are recorded");
    assert_eq!(tries.len(), 3);
    assert!(tries.iter().all(|tried| tried["host"] == "127.0.0.1"), "each names its host: {report}");
    assert_eq!(verdict(&follow("/302//302//end", "2")), "passed");
    let at = server.address;
    assert_eq!(
        verdict(&follow("/302//302//end", "1")),
        format!("assert http_redirect: 302 to http://{at}/end, after 1 redirects: as many as are followed")
    );
    assert_eq!(
        verdict(&follow("/302//302/", "true")),
        format!("assert http_redirect: 302 to http://{at}/302/, where it has been before: a loop")
    );
    assert_eq!(only(&follow("/end", "true"))["facts"]["redirects"], 0);
    // A hop that fails says which one.
    let nobody = free_port();
    let report = follow(&format!("/302/http://127.0.0.1:{nobody}/"), "true");
    let start = format!("connect connect_refused: redirected to http://127.0.0.1:{nobody}: ");
    assert!(verdict(&report).starts_with(&start), "{report}");
}

#[test]
fn methods_turn_as_in_browsers() {
    for (status, method, arrives) in [
        (301, "POST", ("GET", "")),
        (302, "POST", ("GET", "")),
        (303, "POST", ("GET", "")),
        (303, "PUT", ("GET", "")),
        (302, "PUT", ("PUT", "b")),
        (307, "POST", ("POST", "b")),
        (308, "POST", ("POST", "b")),
    ] {
        let server = redirector();
        let url = server.url(&format!("/{status}//end"));
        let keys = format!(
            "url: '{url}', method: {method}, body: b, headers: {{Content-Type: text/plain}}, follow_redirects: true"
        );
        assert_eq!(verdict(&check("http", &keys)), "passed");
        let asked = server.asked().pop().expect("it was asked");
        let got = (asked.line.split(' ').next().expect("a method"), asked.body.as_str());
        assert_eq!(got, arrives, "{status} {method}");
        assert_eq!(asked.header("content-type").is_some(), !asked.body.is_empty(), "{status} {method}");
    }
    let (from, to) = (redirector(), redirector());
    let url = from.url(&format!("/307/{}", to.url("/end")));
    let report = check("http", &format!("url: '{url}', method: POST, body: b, follow_redirects: true"));
    let expected = format!("assert http_redirect: 307 to {}: the body would leave its origin", to.url("/end"));
    assert_eq!(verdict(&report), expected);
    assert!(to.asked().is_empty());
}

#[test]
fn credentials_stay_with_their_origin() {
    let (from, to) = (redirector(), redirector());
    let keys = |path: &str| {
        let url = from.url(path).replace("http://", "http://app:pw1234@");
        format!(
            "url: '{url}', follow_redirects: true, headers: {{Cookie: sid=1, X-Key: {{env: SECRET}}, X-Plain: p, Host: {}}}",
            from.address
        )
    };
    let secret = [("SECRET", "s3cret")];
    assert_eq!(verdict(&check_with("http", &keys("/302//end"), &secret)), "passed");
    let asked = from.asked().pop().expect("it was asked");
    for name in ["authorization", "cookie", "x-key", "x-plain"] {
        assert!(asked.header(name).is_some(), "{name} stays within the origin: {asked:?}");
    }
    let path = format!("/302/{}", to.url("/end").replace("http://", "http://eve:x@"));
    assert_eq!(verdict(&check_with("http", &keys(&path), &secret)), "passed");
    let asked = to.asked().pop().expect("it was asked");
    for name in ["authorization", "cookie", "x-key"] {
        assert!(asked.header(name).is_none(), "{name} leaves the origin: {asked:?}");
    }
    assert_eq!(asked.header("x-plain"), Some("p"));
    assert_eq!(asked.header("host"), Some(to.address.to_string().as_str()));
    // Back again: what was dropped stays dropped.
    let back = format!("/302/{}", to.url(&format!("/302/{}", from.url("/end"))));
    assert_eq!(verdict(&check_with("http", &keys(&back), &secret)), "passed");
    assert!(from.asked().pop().expect("it was asked").header("authorization").is_none());
}

#[test]
fn into_tls_and_out_of_it() {
    let ca = Ca::root("root");
    let folder = Folder::new();
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::server("here", &["localhost"])).write(&folder, "server", &[]);
    let base = folder.path().to_str().expect("the path is UTF-8").to_owned();
    let (plain, tls) = (free_port(), free_port());
    let end = HttpServer::always(200, "", "ok");
    let http = format!(
        "log_format it '$scheme sni=$ssl_server_name host=$http_host auth=$http_authorization'; access_log {base}/it.log it;
         server {{ listen 127.0.0.1:{plain}; return 301 https://localhost:{tls}$request_uri; }}
         server {{ listen 127.0.0.1:{tls} ssl http2; ssl_certificate {cert}; ssl_certificate_key {key};
                   location / {{ return 200; }} location /out {{ return 302 {}; }} }}",
        end.url("/end")
    );
    let nginx = Nginx::with_files(folder, &[plain, tls], &http);
    let ask = |path: &str| {
        check(
            "http",
            &format!("url: 'http://a:bcd@127.0.0.1:{plain}{path}', follow_redirects: true, tls: {{ca: {root}}}"),
        )
    };
    let report = ask("/");
    assert_eq!(verdict(&report), "passed");
    let hosts: Vec<_> =
        only(&report)["tries"].as_array().expect("tries").iter().map(|tried| tried["host"].clone()).collect();
    assert_eq!(hosts, ["127.0.0.1", "localhost"]);
    assert!(only(&report)["phases"]["tls"].is_number());
    let log = std::fs::read_to_string(nginx.folder().path().join("it.log")).expect("nginx logs");
    let expected = format!(
        "http sni=- host=127.0.0.1:{plain} auth=Basic YTpiY2Q=\nhttps sni=localhost host=localhost:{tls} auth=-\n"
    );
    assert_eq!(log, expected);
    let report = check(
        "http",
        &format!("url: 'https://a:bcd@localhost:{tls}/out', follow_redirects: true, tls: {{ca: {root}}}"),
    );
    assert_eq!(verdict(&report), "passed");
    assert!(end.asked()[0].header("authorization").is_none(), "no credentials in clear text");
    // The certificate is judged for the host that the redirect names.
    let untrusted = check("http", &format!("url: 'http://127.0.0.1:{plain}/', follow_redirects: true"));
    let start = format!("tls tls_untrusted: redirected to https://localhost:{tls}: ");
    assert!(verdict(&untrusted).starts_with(&start), "{untrusted}");
}
