//! The requests, one after the other, and their answers side by side.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderName;
use serde_json::Value as Json;

use super::compare::{Differences, documents};
use super::keys::{Compare, Header, Ignored, ParityKeys, Path, Side};
use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::expect::{body_in_words, is_public};
use crate::check::http::keys::HttpKeys;
use crate::check::http::settings::{HttpUrl, Statuses};
use crate::check::http::{self, BodyUse, json};
use crate::check::{Run, Runnable};
use crate::env::Env;
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::net::turns::slices;
use crate::outcome::{Detail, FactKey, FactValue, Fault, HttpDetail, Phase, clean_text};
use crate::secret::Secret;
use crate::url::redacted_path;
use crate::value::Value;

/// How many differences a message names.
const NAMED: usize = 4;
/// The longest value of a header that is shown.
const SHOWN: usize = 60;
/// A document takes up to so many times its length while it is compared.
const SPREAD: u64 = 16;

/// The differences.
pub(super) const DIFFERENCES: FactKey =
    FactKey { name: "differences", meaning: "where the answers of the two deployments differ, by request and path" };

/// The check with the values of one run.
pub(super) struct ParityRun {
    sides: [(Arc<HttpKeys>, Secret); 2],
    requests: Vec<Path>,
    headers: Vec<Header>,
    compare: Compare,
    ignore: Vec<Ignored>,
    status: Statuses,
}

impl ParityRun {
    pub(super) fn new(keys: &ParityKeys, env: &dyn Env) -> Result<Self, Fault> {
        let side = |Side(side): &Side| Ok::<_, Fault>((Arc::clone(side), side.url.0.resolve(env)?));
        let own = &keys.own;
        Ok(Self {
            sides: [side(&keys.left)?, side(&keys.right)?],
            requests: own.requests.clone(),
            headers: own.compare_headers.clone(),
            compare: own.compare,
            ignore: own.ignore.clone(),
            status: own.status.clone(),
        })
    }
}

impl Runnable for ParityRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let mut found = Differences::default();
            for path in &self.requests {
                self.request(attempt, path, &mut found).await?;
            }
            if found.found.is_empty() { Ok(()) } else { Err(told(attempt, found)) }
        })
    }
}

/// The answer of a side.
struct Answer {
    /// What was sent in confidence.
    mask: Mask,
    response: HttpResponse,
    /// Why its status is none of those that both may have.
    unwanted: Option<Fault>,
}

/// The differences as a failure.
fn told(attempt: &mut Attempt, differences: Differences) -> Fault {
    let Differences { found, more } = differences;
    let mut texts: Vec<String> = found.iter().take(NAMED).map(|one| one.text.clone()).collect();
    let more = found.len().saturating_sub(NAMED) + more;
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    let fault = Fault::new(Phase::Assert, Cause::ParityMismatch, texts.join("; "));
    let fault = fault.stating(found.first().map(|one| one.stable.clone()).unwrap_or_default());
    attempt.facts().learn(DIFFERENCES, Some(FactValue::List(found.into_iter().map(|one| one.text).collect())));
    fault
}

impl ParityRun {
    /// One request, of both.
    async fn request(&self, attempt: &mut Attempt, path: &Path, found: &mut Differences) -> Result<(), Fault> {
        let left = self.ask(attempt, 0, path).await?;
        let right = self.ask(attempt, 1, path).await?;
        let before = found.found.len();
        let request = format!("GET {}", redacted_path(path.0.split('?').next().unwrap_or_default()));
        let (one, other) = (left.response.status, right.response.status);
        if one != other {
            found.add(format!("{request}: the status is {one} on the left and {other} on the right"), None);
        } else if let Some(fault) = left.unwanted {
            let message = format!("{request}: both answered {}", fault.message);
            return Err(fault.with_message(message));
        } else {
            let responses = [&left.response, &right.response];
            for Header(name) in &self.headers {
                header(&request, name, responses, found);
            }
            self.bodies(attempt, &request, responses, found).await?;
        }
        // A peer may repeat what it was sent in the names of its keys.
        for one in &mut found.found[before..] {
            for text in [&mut one.text, &mut one.stable] {
                let struck = right.mask.strike(&left.mask.strike(text)).into_owned();
                *text = struck;
            }
        }
        Ok(())
    }

    /// The answer of a side.
    async fn ask(&self, attempt: &mut Attempt, side: usize, Path(path): &Path) -> Result<Answer, Fault> {
        let name = ["left", "right"][side];
        let (keys, base) = &self.sides[side];
        let base = base.expose().trim().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let url = HttpUrl(Value::literal(&format!("{base}{path}")));
        let keys = Arc::new(HttpKeys { url, status: self.status.clone(), ..HttpKeys::clone(keys) });
        let exchange = http::exchange_of(&keys, attempt.env())?;
        attempt.for_host(Some(exchange.host()));
        let answer = exchange.ask(attempt, BodyUse::Expected).await;
        // No text of an answer is shown.
        attempt.facts().excerpt = None;
        let (request, response) = answer.map_err(|fault| {
            let message = format!("{name}: {}", fault.message);
            fault.with_message(message)
        })?;
        let unwanted = exchange.wanted.status(&request, &response).err();
        Ok(Answer { mask: request.mask, response, unwanted })
    }

    async fn bodies(
        &self,
        attempt: &mut Attempt,
        request: &str,
        [left, right]: [&HttpResponse; 2],
        found: &mut Differences,
    ) -> Result<(), Fault> {
        let length = left.body.len() + right.body.len();
        let _turn = attempt.world().turns.take_for(length).await;
        let _room = match u64::try_from(length) {
            Ok(length) if length > 16 * 1024 => Some(attempt.world().buffers.reserve(length * SPREAD).await),
            Ok(_) | Err(_) => None,
        };
        let mut slices = slices(Duration::from_millis(2));
        let read = |answer: &HttpResponse| json::read::<Json>(&answer.body);
        let one = read(left);
        slices.pause().await;
        match (one, read(right)) {
            (Some(one), Some(other)) => {
                documents(request, [&one, &other], self.compare, &self.ignore, &mut slices, found).await;
            }
            (None, None) => {
                let packed = left.packed.is_some() || right.packed.is_some();
                if packed || [left, right].iter().any(|answer| is_too_large(answer)) {
                    let message = format!("{request}: {} is not read", body_in_words(left));
                    return Err(Fault::new(Phase::Assert, Cause::ProbeLimit, message)
                        .with(Detail::Http(HttpDetail::BodyTooLarge)));
                }
                if self.compare == Compare::Values && left.body != right.body {
                    let text = format!("{request}: {} on the left is not that on the right", body_in_words(left));
                    found.add(text, Some(format!("{request}: the bodies differ")));
                }
            }
            (one, _) => {
                let (json, other, answer) = match one {
                    Some(_) => ("left", "right", right),
                    None => ("right", "left", left),
                };
                let text =
                    format!("{request}: the {json} answers with JSON, and the {other} with {}", body_in_words(answer));
                found.add(text, Some(format!("{request}: only the {json} answers with JSON")));
            }
        }
        Ok(())
    }
}

/// Whether it may be JSON, and has more of it than is read.
fn is_too_large(answer: &HttpResponse) -> bool {
    json::reader(&answer.body).is_err()
}

/// A header of both; its values are shown where they are no secret by their meaning.
fn header(request: &str, name: &HeaderName, answers: [&HttpResponse; 2], found: &mut Differences) {
    let [left, right] = answers.map(|answer| {
        let values = answer.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.map(|value| value.trim().to_owned()).collect::<Vec<_>>()
    });
    if left == right {
        return;
    }
    let what = match (left.is_empty(), right.is_empty()) {
        (true, _) => "is missing on the left".to_owned(),
        (_, true) => "is missing on the right".to_owned(),
        _ if is_public(name) => {
            let shown = |values: Vec<String>| clean_text(&values.join(", "), SHOWN);
            format!("is \"{}\" on the left and \"{}\" on the right", shown(left), shown(right))
        }
        _ => "has another value".to_owned(),
    };
    let stable = format!("{request}: header {name} differs");
    found.add(format!("{request}: header {name} {what}"), Some(stable));
}
