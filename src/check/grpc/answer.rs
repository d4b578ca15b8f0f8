//! An answer to the question for health: what it says, and why it is no good one. Pure.
//!
//! A call ends with a status in the trailers, or in the headers of an answer without a body. What has none comes from
//! something that does not speak gRPC.

use hyper::header::{CONTENT_TYPE, HeaderMap};

use super::message::{self, Health};
use super::status::{self, Meaning, code};
use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::mask::{Mask, sentence};
use crate::outcome::{Detail, Fault, Phase};
use crate::secret::Secret;
use crate::url::percent_decode;

/// The longest type of a body that a message repeats.
const MEDIA: usize = 48;

/// What was asked, as far as an answer is judged by it.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    /// The service, as it may be shown: `the service "shop"`.
    pub(super) subject: String,
    /// Whether the metadata prove who asks.
    pub(super) has_credentials: bool,
    /// What must not be shown where the server repeats it.
    pub(super) mask: Mask,
    /// The same, word by word.
    pub(super) secrets: Vec<Secret>,
}

/// Whether a body under these headers is gRPC's.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let media = media(headers);
    let rest = media.strip_prefix("application/grpc");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}

fn media(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.trim().to_ascii_lowercase()
}

/// What the call ended with: the code, and the server's own text.
pub(super) fn ended(answer: &HttpResponse) -> Option<(u32, String)> {
    let headers =
        [&answer.trailers, &answer.headers].into_iter().find(|headers| headers.contains_key("grpc-status"))?;
    let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let status = text("grpc-status")?.trim().parse().ok()?;
    let says = text("grpc-message").unwrap_or_default();
    Some((status, percent_decode(&says).unwrap_or(says)))
}

impl Question {
    /// What the server says of the service.
    ///
    /// # Errors
    /// Why it says nothing.
    pub(super) fn health(&self, answer: &HttpResponse) -> Result<Health, Fault> {
        match ended(answer) {
            Some((0, _)) => message::read(&answer.body).map_err(|problem| {
                let message = format!("the server answered OK, but {problem}");
                fault(Phase::Assert, Cause::ProtocolError, message, code::BAD_MESSAGE)
            }),
            Some((status, says)) => Err(self.refused(status, &says)),
            None => Err(self.without_status(answer)),
        }
    }

    /// Whether it serves.
    ///
    /// # Errors
    /// `grpc_not_serving` and `grpc_unknown_service`.
    pub(super) fn judge(&self, health: Health) -> Result<(), Fault> {
        let (cause, code) = match health {
            Health::Serving => return Ok(()),
            Health::NotServing => (Cause::GrpcNotServing, code::NOT_SERVING),
            Health::Unknown | Health::Other => (Cause::GrpcNotServing, code::UNKNOWN_HEALTH),
            Health::ServiceUnknown => (Cause::GrpcUnknownService, code::UNKNOWN_SERVICE),
        };
        let message = format!("{} reports {}", self.subject, health.word());
        Err(fault(Phase::Assert, cause, &message, code).stating(message))
    }

    /// The fault of a call that ended with another code than OK.
    fn refused(&self, status: u32, says: &str) -> Fault {
        let name = status::name(status).map_or_else(|| format!("code {status}"), str::to_owned);
        let Meaning { cause, phase, code } = status::meaning(status, says, self.has_credentials);
        let statement = match self.subject.as_str() {
            "" => format!("the server answered {name}"),
            subject => format!("the server answered {name} for {subject}"),
        };
        let said = self.shown(says);
        let colon = if said.is_empty() { "" } else { ": " };
        fault(phase, cause, format!("{statement}{colon}{said}"), code).stating(statement)
    }

    /// The fault of an answer that has no status of gRPC.
    fn without_status(&self, answer: &HttpResponse) -> Fault {
        let media = self.shown_media(&answer.headers);
        if answer.status != 200 {
            let message = format!("HTTP status {} ({media}) instead of a gRPC answer", answer.status);
            let statement = format!("HTTP status {} instead of a gRPC answer", answer.status);
            return fault(Phase::Assert, Cause::HttpStatus, message, code::NOT_GRPC).stating(statement);
        }
        if is_grpc(&answer.headers) {
            let message = "the gRPC answer has no status: its trailers are missing";
            return fault(Phase::Assert, Cause::ProtocolError, message, code::NO_STATUS);
        }
        let message = format!("the answer ({media}) is not a gRPC answer");
        fault(Phase::Assert, Cause::ProtocolError, message, code::NOT_GRPC)
    }

    fn shown_media(&self, headers: &HeaderMap) -> String {
        let media = media(headers);
        let media = media.split(';').next().unwrap_or_default();
        let is_plain = media.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte));
        match media.len() {
            0 => "no content type".to_owned(),
            1..=MEDIA if is_plain => self.shown(media),
            _ => "an unusual content type".to_owned(),
        }
    }

    /// A text of the server's, as it may be shown.
    fn shown(&self, text: &str) -> String {
        self.mask.excerpt(self.mask.quote(&sentence(text, false, self.secrets.iter()), false).trim())
    }
}

fn fault(phase: Phase, cause: Cause, message: impl AsRef<str>, code: &'static str) -> Fault {
    Fault::new(phase, cause, message).with(Detail::Protocol { code, product: None })
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Question, is_grpc};
    use crate::check::grpc::message::Health;
    use crate::check::http::exchange::HttpResponse;
    use crate::outcome::Fault;
    use crate::secret::Secret;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn answer(
        headers: &[(&'static str, &'static str)],
        body: &[u8],
        trailers: &[(&'static str, &'static str)],
    ) -> HttpResponse {
        let (headers, trailers) = (map(headers), map(trailers));
        HttpResponse { status: 200, headers, body: body.to_vec(), packed: None, trailers }
    }

    fn question() -> Question {
        let mut question = Question { subject: "the service \"shop\"".to_owned(), ..Question::default() };
        question.secrets.push(Secret::new("s3same-open".to_owned()));
        question.mask.add("s3same-open");
        question
    }

    fn said(answer: &HttpResponse) -> Result<Health, String> {
        let shown = |fault: Fault| format!("{}: {}", fault.cause.slug(), fault.message);
        question().health(answer).and_then(|health| question().judge(health).map(|()| health)).map_err(shown)
    }

    const GRPC: (&str, &str) = ("content-type", "application/grpc");
    const SERVING: &[u8] = b"\0\0\0\0\x02\x08\x01";

    #[test]
    fn the_status_is_in_the_trailers_or_in_the_headers() {
        assert_eq!(said(&answer(&[GRPC], SERVING, &[("grpc-status", "0")])), Ok(Health::Serving));
        let alone = [GRPC, ("grpc-status", "5"), ("grpc-message", "unknown service")];
        let expected = "grpc_unknown_service: the server answered NOT_FOUND for the service \"shop\": unknown service";
        assert_eq!(said(&answer(&alone, b"", &[])).unwrap_err(), expected);
        // The trailers decide: headers may say 0 before the call has ended.
        let both = answer(&[GRPC, ("grpc-status", "0")], SERVING, &[("grpc-status", "14")]);
        assert!(said(&both).unwrap_err().starts_with("grpc_not_serving: the server answered UNAVAILABLE"));
    }

    #[test]
    fn the_servers_words_are_decoded_cleaned_and_masked() {
        for (message, shown) in [
            ("100%25 of %C3%BCnits%0A", "100% of ünits"),
            ("bad %zz", "bad %zz"),
            ("token s3same-open", "token ***"),
            ("token %73%33same-open", "token ***"),
            ("token s3same, not good", "the server's text repeats the secret"),
        ] {
            let ended = answer(&[GRPC], b"", &[("grpc-status", "13"), ("grpc-message", message)]);
            let expected = format!("query_failed: the server answered INTERNAL for the service \"shop\": {shown}");
            assert_eq!(said(&ended).unwrap_err(), expected);
        }
        let number = answer(&[GRPC], b"", &[("grpc-status", "99")]);
        assert_eq!(said(&number).unwrap_err(), "query_failed: the server answered code 99 for the service \"shop\"");
    }

    #[test]
    fn what_is_not_grpc_is_told_by_what_it_is() {
        let html = answer(&[("content-type", "text/html; charset=utf-8")], b"<html>", &[]);
        assert_eq!(said(&html).unwrap_err(), "protocol_error: the answer (text/html) is not a gRPC answer");
        let gateway = HttpResponse { status: 502, ..html };
        assert_eq!(said(&gateway).unwrap_err(), "http_status: HTTP status 502 (text/html) instead of a gRPC answer");
        let cut = answer(&[GRPC], SERVING, &[]);
        assert!(said(&cut).unwrap_err().contains("its trailers are missing"));
        let empty = answer(&[GRPC], b"", &[("grpc-status", "0")]);
        assert_eq!(said(&empty).unwrap_err(), "protocol_error: the server answered OK, but it holds no message");
        let unset = answer(&[GRPC], b"\0\0\0\0\0", &[("grpc-status", "0")]);
        assert_eq!(said(&unset).unwrap_err(), "grpc_not_serving: the service \"shop\" reports UNKNOWN");
        for (media, right) in [
            ("application/grpc", true),
            ("Application/GRPC+proto", true),
            ("application/grpc;charset=x", true),
            ("application/grpc-web", false),
            ("text/html", false),
        ] {
            assert_eq!(is_grpc(&map(&[("content-type", media)])), right, "{media}");
        }
    }
}
