//! The kind `parity`: two deployments that are asked the same GETs answer alike.
//!
//! It compares the status, chosen headers, and the JSON of the bodies: its shape (paths and types) or its values. A difference names
//! its path and types. Of the values, it shows only numbers and booleans.

mod compare;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod keys;
mod run;
#[cfg(test)]
mod schema;

use std::sync::Arc;
use std::time::Duration;

use self::keys::{ParityKeys, Side};
use self::run::{DIFFERENCES, ParityRun};
use crate::check::http::{self, SHOWN};
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, ShownKeys, Subject};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::value::Value;

/// The kind.
pub const KIND: Kind = Kind {
    name: "parity",
    summary: "two deployments that are asked the same GETs answer alike: status, chosen headers, the shape or the values of JSON",
    example: r#"{left: "https://staging.example.com", right: "https://shop.example.com", requests: [/api/version, /api/items],
compare_headers: [content-type], ignore: [/commit, /items/*/updated_at]}"#,
    url_form: "",
    schemes: &[],
    subject: Subject::Server,
    shown: ShownKeys { plain: &PLAIN, urls: &["left", "proxy", "right", "url"], free: &["headers"], ..SHOWN },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care { calm_interval: Some(Duration::from_mins(5)), ..Care::USUAL },
    // Two releases differ while one of them rolls out, and the other side may be down.
    gates_by_default: false,
    target_fault: |_| None,
    parse,
    from_url: |url| Arc::new(Parity { keys: ParityKeys::of_url(url) }),
    facts: &[DIFFERENCES],
    hint: http::hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<schema::ParitySchema>(),
};

/// Keys that are shown as they are written.
const PLAIN: [&str; 9] =
    ["compare", "compare_headers", "http_version", "ignore", "server_name", "socket", "status", "username", "verify"];

struct Parity {
    keys: ParityKeys,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Parity { keys: ParityKeys::read(node)? }))
}

impl Check for Parity {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let keys = &self.keys;
        let [left, right] = [&keys.left, &keys.right].map(|Side(side)| http::prepare(side, env, |exchange| exchange));
        let run = left.run.and(right.run).and_then(|_| ParityRun::new(keys, env));
        let endpoints = left.endpoints.into_iter().chain(right.endpoints).collect();
        let readings = left.readings.into_iter().chain(right.readings).collect();
        Prepared::new(format!("{} and {}", left.target, right.target), endpoints, readings, run)
    }

    fn values(&self) -> Vec<&Value> {
        [&self.keys.left, &self.keys.right].into_iter().flat_map(|Side(side)| side.values()).collect()
    }
}
