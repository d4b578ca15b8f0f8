//! What keys and values become on the wire.

use super::Request;
use crate::check::http::keys::HttpKeys;
use crate::env::MapEnv;
use crate::url::Url;
use crate::value::Value;
use hyper::Version;

fn request(url: &str) -> Request {
    let keys = HttpKeys::of_url(Value::literal(url));
    Request::new(&keys, Url::parse(url).unwrap(), &MapEnv::default()).unwrap()
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
        let one = request.to_wire(Version::HTTP_11, None).unwrap();
        assert_eq!(one.uri().to_string(), target);
        assert_eq!(one.headers()["host"], "h");
        assert_eq!(one.headers()["connection"], "close");
        let two = request.to_wire(Version::HTTP_2, None).unwrap();
        assert_eq!(two.uri().to_string(), format!("http://h{target}"));
        assert!(!two.headers().contains_key("host") && !two.headers().contains_key("connection"));
    }
}

#[test]
fn debug_shows_no_credentials() {
    let request = request("http://app:CANARY@h/?key=CANARY");
    assert!(request.has_credentials());
    let shown = format!("{request:?} {:?}", request.to_wire(Version::HTTP_11, None).unwrap().headers());
    assert!(!shown.contains("CANARY") && !shown.contains("Basic"), "{shown}");
}
