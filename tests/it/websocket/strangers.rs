//! Servers that leave the protocol: scripted, byte for byte.

use super::{check, failed};
use crate::support::hostile::{Manner, here};

/// What an answer with these headers and bytes comes to. Nobody can script the right Sec-WebSocket-Accept.
fn says(headers: &str) -> serde_json::Value {
    let bytes = format!("HTTP/1.1 101 Switching Protocols\r\n{headers}\r\n").into_bytes();
    check(&format!("{{url: 'ws://{}/', expect: hi}}", here(Manner::Says(bytes))))
}

#[test]
fn an_answer_that_was_not_made_for_the_request_is_named() {
    let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    for headers in [format!("{upgrade}{accept}"), upgrade.to_owned()] {
        let message = failed(&says(&headers), "assert", "protocol_error", "Exempt the path from caching");
        assert!(message.contains("does not belong to the request"), "{message}");
    }
    for headers in ["", "Upgrade: h2c\r\nConnection: Upgrade\r\n"] {
        let message = failed(&says(headers), "assert", "protocol_error", "Compare host and path");
        assert!(message.contains("another protocol than WebSocket"), "{message}");
    }
}
