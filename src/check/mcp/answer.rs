//! What an MCP server answers to `initialize`: JSON-RPC 2.0, alone or as an event of a stream. Pure.

use serde_json::Value;

use crate::check::http::json;

/// The version of the protocol that is asked for; a server that does not know it answers with one that it knows.
pub(super) const OURS: &str = "2025-06-18";

/// The request.
pub(super) const INITIALIZE: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"#,
    r#""clientInfo":{"name":"pilotfish","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}}}"#
);

/// What the server says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// Its name; empty where it gives none.
    pub(super) name: String,
    /// Its own version.
    pub(super) server_version: String,
    /// The version of the protocol that it chose.
    pub(super) version: String,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The session is open.
    Session(Session),
    /// An error: its number and its text.
    Refused(i64, String),
    /// It is none to `initialize`.
    Other,
}

impl Answer {
    /// Reads a message.
    pub(super) fn read(text: &[u8]) -> Self {
        let Some(message) = json::read::<Value>(text) else { return Self::Other };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(number) = message["error"]["code"].as_i64() {
            return Self::Refused(number, text(&message["error"]["message"]));
        }
        let result = &message["result"];
        match result["protocolVersion"].as_str() {
            Some(version) if !version.is_empty() => Self::Session(Session {
                name: text(&result["serverInfo"]["name"]),
                server_version: text(&result["serverInfo"]["version"]),
                version: version.to_owned(),
            }),
            _ => Self::Other,
        }
    }
}

/// Whether an event has the answer: requests and notifications of the server may come before it.
pub(super) fn is_answer(event: &[u8]) -> bool {
    Answer::read(last_event(event).as_bytes()) != Answer::Other
}

/// The data of the last event that has some.
pub(super) fn last_event(stream: &[u8]) -> String {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n").replace('\r', "\n");
    let data = |event: &str| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    };
    text.rsplit("\n\n").map(data).find(|data| !data.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Answer, INITIALIZE, OURS, Session, is_answer, last_event};

    const GOOD: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","serverInfo":{"name":"demo","version":"1.2"}}}"#;

    #[test]
    fn the_request_is_json_with_the_version_that_is_asked_for() {
        let request: serde_json::Value = serde_json::from_str(INITIALIZE).expect("it is JSON");
        assert_eq!(request["params"]["protocolVersion"], OURS);
        assert_eq!(request["params"]["clientInfo"]["version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn an_answer_is_a_session_an_error_or_neither() {
        let session = |name: &str, server_version: &str| {
            let (name, server_version) = (name.to_owned(), server_version.to_owned());
            Answer::Session(Session { name, server_version, version: "2025-06-18".to_owned() })
        };
        for (text, expected) in [
            (GOOD, session("demo", "1.2")),
            (r#"{"result":{"protocolVersion":"2025-06-18"}}"#, session("", "")),
            (r#"{"error":{"code":-32600,"message":"no"}}"#, Answer::Refused(-32600, "no".to_owned())),
            (r#"{"error":{"code":-1}}"#, Answer::Refused(-1, String::new())),
            (r#"{"error":"no"}"#, Answer::Other),
            (r#"{"result":{}}"#, Answer::Other),
            (r#"{"result":{"protocolVersion":1}}"#, Answer::Other),
            ("[]", Answer::Other),
            ("", Answer::Other),
            ("<html>", Answer::Other),
        ] {
            assert_eq!(Answer::read(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_answer_is_an_event_among_others() {
        let ping = "event: message\ndata: {\"method\":\"notifications/message\"}\n\n";
        for (stream, expected) in [
            (format!("event: message\ndata: {GOOD}\n\n"), true),
            (format!("event: message\r\nid: 1\r\ndata: {GOOD}\r\n\r\n"), true),
            (format!("data:{GOOD}\n\n"), true),
            (format!("{ping}data: {GOOD}\n\n: comment\n\n"), true),
            (format!("data: {}\ndata: {}\n\n", &GOOD[..17], &GOOD[17..]), true),
            (ping.to_owned(), false),
            (": ok\n\n".to_owned(), false),
            (String::new(), false),
            ("id: 1\ndata: \n\n".to_owned(), false),
        ] {
            assert_eq!(is_answer(stream.as_bytes()), expected, "{stream}");
        }
        assert_eq!(last_event(b"data: a\n\ndata: b\n\nretry: 1\n\n"), "b");
    }
}
