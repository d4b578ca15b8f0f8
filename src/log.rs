//! The log: to stderr, one line per change; and what is said of a panic.
//!
//! The subscriber and the panic hook are the only global state of the process. Lines of libraries are left out: what they
//! would say of a peer is not cleaned as our own words are. There are no spans, so none is kept.

use std::fmt;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::subscriber::set_global_default;
use tracing::{Event, Level, Metadata, Subscriber, span};

use crate::timestamp::rfc3339;

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
    if set_global_default(Lines { form }).is_ok() {
        std::panic::set_hook(Box::new(move |panic| tell_place(form, panic)));
    }
}

/// Writes each event as a line.
struct Lines {
    form: Form,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::INFO && metadata.target().starts_with("pilotfish")
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = fields.line(self.form, *event.metadata().level(), SystemTime::now());
        // Nobody is left to tell.
        drop(io::stderr().write_all(line.as_bytes()));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// What an event says, in its order.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    const MESSAGE: &str = "message";

    /// `2026-11-20T09:00:00.000000Z  WARN the message key="text" other=1`, or an object with the same.
    fn line(mut self, form: Form, level: Level, at: SystemTime) -> String {
        let micros = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_micros());
        let at = format!("{}.{micros:06}Z", rfc3339(at).trim_end_matches('Z'));
        let mut line = match form {
            Form::Text => {
                let message = self.0.shift_remove(Self::MESSAGE);
                let message = message.as_ref().and_then(Value::as_str).unwrap_or_default();
                let fields: String = self.0.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("{at} {level:>5} {message}{fields}")
            }
            Form::Json => {
                let first = [("timestamp", at), ("level", level.to_string())];
                let mut object: Map<_, _> =
                    first.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
                object.append(&mut self.0);
                Value::Object(object).to_string()
            }
        };
        line.push('\n');
        line
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

/// Says where it panicked, and nothing else: the message may hold what a peer sent, or a secret. Written past the log,
/// which may be what panicked.
fn tell_place(form: Form, panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let line = match form {
        Form::Text => format!("ERROR pilotfish panicked at {place}: this is a bug"),
        Form::Json => serde_json::json!({
            "timestamp": rfc3339(SystemTime::now()),
            "level": "ERROR",
            "message": "pilotfish panicked: this is a bug",
            "place": place,
        })
        .to_string(),
    };
    // Nobody is left to tell.
    drop(writeln!(io::stderr(), "{line}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_fields_in_their_order() {
        let line = |form| {
            let fields = [("check", Value::from("db")), ("message", "said \"no\"".into()), ("stale", true.into())];
            let fields = Fields(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect());
            fields.line(form, Level::WARN, UNIX_EPOCH + std::time::Duration::from_micros(1_000_042))
        };
        let text = "1970-01-01T00:00:01.000042Z  WARN said \"no\" check=\"db\" stale=true\n";
        assert_eq!(line(Form::Text), text);
        let json = r#"{"timestamp":"1970-01-01T00:00:01.000042Z","level":"WARN","check":"db","message":"said \"no\"","stale":true}"#;
        assert_eq!(line(Form::Json), format!("{json}\n"));
    }
}
