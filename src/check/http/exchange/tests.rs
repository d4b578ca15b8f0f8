//! Answers cut at every byte, and answers of every framing, over a pipe.

use std::sync::Arc;
use std::time::Duration;

use super::{Extent, HttpResponse, exchange, peer_clock};
use crate::check::http::keys::HttpKeys;
use crate::check::http::request::Request;
use crate::env::MapEnv;
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions};
use crate::net::dial::DialRules;
use crate::net::io::Io;
use crate::net::resolve::Walk;
use crate::outcome::{Detail, Fault, HttpDetail};
use crate::url::Url;
use crate::value::Value;
use hyper::Version;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

/// What comes of these bytes as the answer, after which the peer closes.
async fn answered(bytes: &[u8], limit: u64) -> Result<HttpResponse, Fault> {
    let env = Arc::new(MapEnv::default());
    let keys = HttpKeys::of_url(Value::literal("http://h/"));
    let request = Request::new(&keys, Url::parse("http://h/").unwrap(), &*env).unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    let terms = AttemptOptions { rules: DialRules::default(), deadline, walk: Walk::Full, pinned: None };
    let mut attempt = Attempt::new(Arc::new(World::new(env)), terms);
    let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
    let bytes = bytes.to_vec();
    let peer = async move {
        let mut asked = [0; 1024];
        let _ = theirs.read(&mut asked).await.unwrap();
        // A client that has seen enough hangs up.
        drop(theirs.write_all(&bytes).await);
    };
    let wire = request.to_wire(Version::HTTP_11, None).unwrap();
    tokio::join!(exchange(&mut attempt, Io::over(ours), wire, |_| Extent::Whole(limit)), peer).0
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_no_answer() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    ] {
        for cut in 0..answer.len() {
            let fault = answered(&answer[..cut], 100).await.unwrap_err();
            assert_eq!(fault.cause.slug(), "connection_closed", "{cut}: {fault:?}");
            let in_body = answer[..cut].windows(4).any(|window| window == b"\r\n\r\n");
            let detail = in_body.then_some(Detail::Http(HttpDetail::BodyCut));
            assert_eq!(fault.detail, detail, "{cut}: {fault:?}");
        }
        assert_eq!(answered(answer, 5).await.unwrap().body, b"hello");
        assert_eq!(answered(answer, 4).await.unwrap_err().cause.slug(), "too_large");
    }
}

#[tokio::test]
async fn interim_answers_count_as_the_heads() {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    let end = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let few = answered((interim.repeat(10) + end).as_bytes(), 1 << 20).await.unwrap();
    assert_eq!((few.status, &*few.body), (200, &b"ok"[..]));
    let many = answered((interim.repeat(4000) + end).as_bytes(), 1 << 20).await.unwrap_err();
    assert_eq!(many.cause.slug(), "too_large", "{many:?}");
}

#[tokio::test]
async fn every_framing() {
    for (answer, expected) in [
        (&b"HTTP/1.0 200 OK\r\n\r\nto the end"[..], "200 to the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "204 "),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "304 "),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nTrailer: y\r\n\r\n", "200 x"),
    ] {
        let answer = answered(answer, 100).await.unwrap();
        assert_eq!(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)), expected);
    }
}

#[tokio::test]
async fn what_is_no_http() {
    let many = [&b"HTTP/1.1 200 OK\r\n"[..], &b"x: y\r\n".repeat(600), b"\r\n"].concat();
    let endless = [&b"HTTP/1.1 200 OK\r\nx: "[..], &b"y".repeat(300_000)].concat();
    let huge = b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n";
    let overflow = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n";
    let two_lengths = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx";
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    let token = b"HTTP/1.1 200 OK\r\nx y: z\r\n\r\n";
    let (framing, body) = (Some(HttpDetail::BadFraming), Some(HttpDetail::BodyTooLarge));
    for (answer, expected, detail) in [
        (&b"\0\0\0\0\0\0\0\0\r\n\r\n"[..], "protocol_error", None),
        (b"HTTP/9.9 200 OK\r\n\r\n", "protocol_error", None),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", "protocol_error", None),
        (token, "protocol_error", framing),
        (chunk, "protocol_error", framing),
        (overflow, "protocol_error", framing),
        (two_lengths, "protocol_error", framing),
        (huge, "too_large", body),
        (&many, "too_large", None),
        (&endless, "too_large", None),
    ] {
        let fault = answered(answer, 1000).await.unwrap_err();
        assert_eq!(fault.cause.slug(), expected, "{fault:?} of {:?}", &answer[..20]);
        assert_eq!(fault.detail, detail.map(Detail::Http), "{fault:?} of {:?}", &answer[..20]);
        assert_eq!(fault.phase.as_str(), "request");
    }
}

#[test]
fn the_peers_clock_is_compared_with_ours() {
    use hyper::header::{AGE, DATE, HeaderMap, HeaderValue};
    // 1994-11-06T08:49:37Z, the date of RFC 9110.
    let date = 784_111_777;
    let at = |second: u64| std::time::UNIX_EPOCH + Duration::from_secs(second);
    let ahead = |date: &'static str, age: Option<&'static str>, took: u64, now: u64| {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static(date));
        age.map(|age| headers.insert(AGE, HeaderValue::from_static(age)));
        peer_clock(&headers, Duration::from_secs(took), at(now)).map(|clock| clock.ahead)
    };
    let text = "Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(ahead(text, None, 0, date), Some(0));
    assert_eq!(ahead(text, None, 0, date - 90), Some(90));
    assert_eq!(ahead(text, None, 0, date + 1), Some(0), "the date has whole seconds");
    assert_eq!(ahead(text, None, 30, date + 31), Some(0), "a slow answer is no wrong clock");
    assert_eq!(ahead(text, None, 30, date + 131), Some(-100));
    assert_eq!(ahead(text, Some("3600"), 0, date + 3600), Some(0), "a cache has kept it");
    assert_eq!(ahead(text, Some("soon"), 0, date + 3600), None);
    assert_eq!(ahead("now", None, 0, date), None);
    for (name, value, expected) in [("x-cache", "Hit from cache", None), ("x-cache", "MISS", Some(-600))] {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static(text));
        headers.insert(name, HeaderValue::from_static(value));
        let behind = peer_clock(&headers, Duration::ZERO, at(date + 601)).map(|clock| clock.ahead);
        assert_eq!(behind, expected, "{value}");
        assert_eq!(
            peer_clock(&headers, Duration::ZERO, at(date - 90)).map(|clock| clock.ahead),
            Some(90),
            "no cache answers from the future"
        );
    }
    assert_eq!(peer_clock(&HeaderMap::new(), Duration::ZERO, at(date)), None);
}
