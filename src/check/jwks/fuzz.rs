//! Entry points for fuzzing: a key set, and a stored key.

use hyper::HeaderMap;

use super::judge::{Rules, judge};
use super::stored;
use crate::check::http::exchange::HttpResponse;
use crate::mask::Mask;

/// The body of a key set; and the same as the text of a stored key.
pub(crate) fn jwks(bytes: &[u8]) {
    let (headers, trailers) = (HeaderMap::new(), HeaderMap::new());
    let answer = HttpResponse { status: 200, headers, trailers, body: bytes.to_vec(), packed: None };
    let judged = judge(&answer, &Rules { algs: Vec::new(), min_keys: 1 }, &Mask::default());
    assert!(judged.is_set || (judged.usable.is_empty() && judged.result.is_err()));
    for text in judged.usable.iter().chain(judged.findings.iter().map(|finding| &finding.message)) {
        assert!(!text.contains(|c: char| c.is_control()), "{text}");
    }
    stored::fuzz(&String::from_utf8_lossy(bytes));
}
