//! The log: to stderr, one line per change; and what is said of a panic.
//!
//! The subscriber and the panic hook are the only global state of the process. Lines of libraries are left out: what they
//! would say of a peer is not cleaned as our own words are.

use std::io::{self, Write as _};
use std::panic::PanicHookInfo;

use tracing::Level;
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people: where stderr is a terminal.
    Text,
    /// One JSON object per line: everywhere else, for what collects logs.
    Json,
}

/// Sets up log and panic hook for the process; a second call changes nothing.
pub fn init(form: Form) {
    let ours = filter_fn(|line| line.target().starts_with("pilotfish"));
    let lines = fmt::Subscriber::builder().with_max_level(Level::INFO).with_writer(io::stderr).with_target(false);
    let set = match form {
        Form::Text => set_global_default(lines.finish().with(ours)),
        Form::Json => set_global_default(lines.json().flatten_event(true).with_current_span(false).finish().with(ours)),
    };
    if set.is_ok() {
        std::panic::set_hook(Box::new(move |panic| tell_place(form, panic)));
    }
}

/// Says where it panicked, and nothing else: the message may hold what a peer sent, or a secret. Written past the log,
/// which may be what panicked.
fn tell_place(form: Form, panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let line = match form {
        Form::Text => format!("ERROR pilotfish panicked at {place}: this is a bug"),
        Form::Json => serde_json::json!({
            "timestamp": crate::timestamp::rfc3339(std::time::SystemTime::now()),
            "level": "ERROR",
            "message": "pilotfish panicked: this is a bug",
            "place": place,
        })
        .to_string(),
    };
    // Nobody is left to tell.
    drop(writeln!(io::stderr(), "{line}"));
}
