//! What keys and values become on the wire.

use super::{Origin, Request, origin};
use crate::check::http::keys::HttpKeys;
use crate::env::MapEnv;
use crate::url::{Endpoint, Url};
use crate::value::Value;
use hyper::Version;

fn request(url: &str) -> Request {
    let keys = HttpKeys::of_url(Value::literal(url));
    Request::new(&keys, Url::parse(url).unwrap(), &MapEnv::default()).unwrap()
}

#[test]
fn the_port_is_named_only_where_it_is_not_the_schemes_own() {
    for (secure, at, authority) in [
        (false, "h:80", "h"),
        (false, "h:443", "h:443"),
        (true, "h:443", "h"),
        (true, "h:80", "h:80"),
        (false, "[::1]:80", "[::1]"),
        (false, "[::1]:8080", "[::1]:8080"),
    ] {
        let origin = Origin { secure, endpoint: Endpoint::parse(at).unwrap() };
        assert_eq!(origin.authority(), authority);
    }
}

#[test]
fn urls_that_http_can_ask() {
    for (url, expected) in [
        ("http://h", Ok("http://h")),
        ("HTTPS://H:8443/x", Ok("https://h:8443")),
        ("peer+https://h", Ok("https://h")),
        ("ftp://h", Err("expected a URL that begins with http:// or https://")),
        ("http://a,b", Err("expected one host")),
    ] {
        let got = origin(&Url::parse(url).unwrap()).map(|origin| origin.to_string());
        assert_eq!(got, expected.map(str::to_owned), "{url}");
    }
}

#[test]
fn the_request_line_of_each_version() {
    for (url, target) in [
        ("http://h", "/"),
        ("http://h?x=1", "/?x=1"),
        ("http://h/a%20b?q=%C3%A4&r=[1]", "/a%20b?q=%C3%A4&r=[1]"),
        ("http://h/ä|{x}\"<>?^`", "/%C3%A4%7C%7Bx%7D%22%3C%3E?%5E%60"),
    ] {
        let request = request(url);
        let one = request.to_wire(Version::HTTP_11).unwrap();
        assert_eq!(one.uri().to_string(), target);
        assert_eq!(one.headers()["host"], "h");
        assert_eq!(one.headers()["connection"], "close");
        let two = request.to_wire(Version::HTTP_2).unwrap();
        assert_eq!(two.uri().to_string(), format!("http://h{target}"));
        assert!(!two.headers().contains_key("host") && !two.headers().contains_key("connection"));
    }
}

#[test]
fn debug_shows_no_credentials() {
    let request = request("http://app:CANARY@h/?key=CANARY");
    assert!(request.has_credentials());
    let shown = format!("{request:?} {:?}", request.to_wire(Version::HTTP_11).unwrap().headers());
    assert!(!shown.contains("CANARY") && !shown.contains("Basic"), "{shown}");
}
