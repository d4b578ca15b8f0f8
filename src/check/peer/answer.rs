//! Reads an answer: packed, binary, JSON, a page, a text.

use hyper::header::{CONTENT_TYPE, HeaderMap};

use crate::check::http::exchange::HttpResponse;
use crate::check::http::is_event_stream;
use crate::check::http::json::NoJson;
use crate::check::peer::document::{self, Doc};
use crate::check::peer::reading::{Reading, Unreadable};
use crate::check::peer::text;
use crate::check::peer::{health, products};
use crate::net::turns;

/// Reads an answer; others get their turn in between.
pub(super) async fn read(answer: &HttpResponse) -> Reading {
    if let Some(packed) = &answer.packed {
        return Reading::Unreadable(Unreadable::Packed(packed.clone()));
    }
    if is_event_stream(&answer.headers) {
        return Reading::Unreadable(Unreadable::Stream);
    }
    let document = document::read(&answer.body);
    turns::pause().await;
    judge(media_type(&answer.headers), &answer.body, document)
}

fn media_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What a body is, of which the document was read, if it is one.
fn judge(media_type: &str, body: &[u8], document: Result<Doc, NoJson>) -> Reading {
    match document {
        Ok(Doc::Text(word)) => text::read_word(&word),
        Ok(Doc::Number(number)) => text::read_word(&number.to_string()),
        Ok(doc) => products::judge(&doc).or_else(|| health::judge(&doc)).map_or(Reading::Silent, Reading::Health),
        Err(NoJson::TooLarge) => Reading::Unreadable(Unreadable::TooLarge),
        Err(NoJson::Invalid) => match std::str::from_utf8(body) {
            Ok(text) if !text.contains(is_no_text) => text::read(&media_type.to_ascii_lowercase(), text),
            // Of a code page of old, the letters of ASCII are the same. UTF-16 and UTF-32 have a NUL in each of those.
            Err(_) if !body.contains(&0) && is_said_to_be_text(media_type) => {
                text::read(&media_type.to_ascii_lowercase(), &String::from_utf8_lossy(body))
            }
            Ok(_) | Err(_) => Reading::Unreadable(Unreadable::Binary),
        },
    }
}

/// What no text holds: control characters besides those that lay it out or colour it.
fn is_no_text(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1b}')
}

fn is_said_to_be_text(media_type: &str) -> bool {
    let media = media_type.to_ascii_lowercase();
    let named = media.starts_with("text/") || media.contains("json") || media.contains("xml");
    named && !media.contains("utf-16") && !media.contains("utf-32")
}

#[cfg(test)]
mod tests;
