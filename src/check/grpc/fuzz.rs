//! Entry point for fuzzing: answers with any headers, trailers and body.

use hyper::header::{HeaderName, HeaderValue};

use super::answer::Question;
use super::hint;
use crate::check::http::fuzz::response;
use crate::outcome::Detail;
use crate::secret::Secret;

/// An answer as for `http`; its headers `t-NAME` are trailers.
pub(crate) fn grpc(bytes: &[u8]) {
    let mut answer = response(bytes);
    for (name, value) in &answer.headers {
        if let Some(name) = name.as_str().strip_prefix("t-") {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap_or(hyper::header::TE);
            answer.trailers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("it is one"));
        }
    }
    let mut question = Question { subject: "the server as a whole".to_owned(), ..Question::default() };
    question.secrets.push(Secret::new("sesame-open".to_owned()));
    question.mask.add("sesame-open");
    let judged = question.health(&answer).and_then(|health| question.judge(health));
    if let Err(fault) = judged {
        assert!(!fault.message.contains(|c: char| c.is_control()), "{}", fault.message);
        assert!(!fault.message.to_ascii_lowercase().contains("sesa"), "{}", fault.message);
        assert!(fault.cause.phases().contains(&fault.phase));
        let Some(Detail::Protocol { code, .. }) = fault.detail else { panic!("a fault without its code") };
        assert!(hint::of_code(code, Some(answer.status)).is_some(), "{code}");
    }
}
