//! Entry points for fuzzing: health in an answer of any kind.

use super::answer;
use super::reading::Reading;
use crate::check::http;
use crate::outcome::MESSAGE_LIMIT;
use crate::slices::at_once;

/// An answer as in [`http::fuzz::response`].
pub(crate) fn health(bytes: &[u8]) {
    let response = http::fuzz::response(bytes);
    if let Reading::Health(health) = at_once(answer::read(&response)) {
        health.unknown();
        for said in [health.as_message(), health.statement(), health.in_words()] {
            assert!(said.len() <= MESSAGE_LIMIT && !said.contains(|c: char| c.is_control()), "{said}");
        }
    }
}
