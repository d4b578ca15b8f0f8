//! Servers that answer in HTTP/2 and leave the protocol of a call: scripted, byte for byte.

use super::{check, failed};
use crate::support::hostile::{Manner, here};

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it is short").to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// The frame of settings, with which every server starts, and the acknowledgement of ours.
fn opening() -> Vec<u8> {
    [frame(4, 0, 0, b""), frame(4, 1, 0, b"")].concat()
}

/// Header fields, none of them remembered nor compressed.
fn fields(pairs: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("it is short")], text.as_bytes()].concat();
    pairs.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

const HEADERS: u8 = 1;
const DATA: u8 = 0;
const ENDS_HEADERS: u8 = 4;
const ENDS: u8 = 1;
const GRPC: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

fn says(frames: &[Vec<u8>]) -> serde_json::Value {
    let bytes = [opening(), frames.concat()].concat();
    check(&format!("{{address: '{}', service: shop}}", here(Manner::Says(bytes))))
}

#[test]
fn a_status_in_the_headers_alone_is_read() {
    let headers = [&GRPC[..], &[("grpc-status", "5"), ("grpc-message", "no%20such")]].concat();
    let report = says(&[frame(HEADERS, ENDS_HEADERS | ENDS, 1, &fields(&headers))]);
    assert!(failed(&report, "assert", "grpc_unknown_service", "`service`").ends_with(": no such"), "{report:#}");
}

#[test]
fn an_answer_without_trailers_is_named() {
    let report =
        says(&[frame(HEADERS, ENDS_HEADERS, 1, &fields(&GRPC)), frame(DATA, ENDS, 1, b"\0\0\0\0\x02\x08\x01")]);
    failed(&report, "assert", "protocol_error", "drops the trailers");
}

#[test]
fn a_good_status_with_another_message_is_named() {
    let answer = |body: &[u8]| {
        let trailers = frame(HEADERS, ENDS_HEADERS | ENDS, 1, &fields(&[("grpc-status", "0")]));
        says(&[frame(HEADERS, ENDS_HEADERS, 1, &fields(&GRPC)), frame(DATA, 0, 1, body), trailers])
    };
    assert_eq!(answer(b"\0\0\0\0\x02\x08\x01")["result"], "pass");
    for (body, says) in [
        (&b""[..], "it holds no message"),
        (b"\0\0\0\0\x09\x08\x01", "its message is cut"),
        (b"\x01\0\0\0\x02\x08\x01", "its message is compressed"),
        (b"\0\0\0\0\x02\x0a\x00", "its message is not of the health protocol"),
    ] {
        let message = failed(&answer(body), "assert", "protocol_error", "Compare host and port");
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_server_that_goes_away_is_named() {
    let goes = |code: u8| says(&[frame(7, 0, 0, &[0, 0, 0, 0, 0, 0, 0, code])]);
    for code in [0, 11] {
        failed(&goes(code), "request", "connection_closed", "shutting down");
    }
    let resets = says(&[frame(3, 0, 1, &[0, 0, 0, 7])]);
    failed(&resets, "request", "connection_closed", "ended the connection");
}

#[test]
fn an_answer_is_bounded() {
    let body = vec![b'a'; 16_384];
    let data: Vec<Vec<u8>> = (0..5).map(|_| frame(DATA, 0, 1, &body)).collect();
    let report = says(&[vec![frame(HEADERS, ENDS_HEADERS, 1, &fields(&GRPC))], data].concat());
    // It may also be told that it sends more than was allowed at a time.
    let cause = report["failure"]["cause"].as_str().expect("it fails");
    assert!(matches!(cause, "too_large" | "protocol_error"), "{report:#}");
    let many: Vec<Vec<u8>> =
        (0..2_000).map(|_| frame(9, 0, 1, &fields(&[("x-filler", "aaaaaaaaaaaaaaaaaaaaaaaa")]))).collect();
    let report = says(&[vec![frame(HEADERS, 0, 1, &fields(&GRPC))], many].concat());
    let cause = report["failure"]["cause"].as_str().expect("it fails");
    assert!(matches!(cause, "too_large" | "protocol_error"), "{report:#}");
}
