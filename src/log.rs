//! The log: to stderr, one line per change; and what is said of a panic.
//!
//! The form of its lines and the panic hook are the only global state of the process. Libraries have no line in it: what
//! they would say of a peer is not cleaned as our own words are.

use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use crate::timestamp::rfc3339;

/// Set once, by [`init`]; before that nothing is written.
static FORM: OnceLock<Form> = OnceLock::new();

/// What the command line asks for instead.
static ASKED: OnceLock<Form> = OnceLock::new();

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people: where stderr is a terminal; in colours or without.
    Text {
        /// Whether level, name and fields have colours.
        colour: bool,
    },
    /// One JSON object per line: everywhere else, for what collects logs.
    Json,
}

/// How much a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// Lines have this form from now on, in place of that of [`init`]; a second call changes nothing.
pub(crate) fn ask_for(form: Form) {
    // On a terminal, text has its colours already.
    if !matches!((form, FORM.get()), (Form::Text { .. }, Some(Form::Text { .. }))) {
        ASKED.get_or_init(|| form);
    }
}

fn form() -> Option<Form> {
    ASKED.get().or(FORM.get()).copied()
}

/// Sets up log and panic hook for the process; a second call changes nothing.
pub fn init(form: Form) {
    if FORM.set(form).is_ok() {
        std::panic::set_hook(Box::new(tell_place));
    }
}

/// A line: `say!(Warn, "a message"; name, other = value)`; a field that is `None` is left out.
macro_rules! say {
    ($level:ident, $message:expr $(; $($name:ident $(= $value:expr)?),+)?) => {
        $crate::log::write(
            $crate::log::Level::$level,
            &$message,
            &mut [$($((stringify!($name), $crate::log::say!(@value $name $($value)?))),+)?],
        )
    };
    (@value $name:ident) => { ::serde_json::Value::from($name) };
    (@value $name:ident $value:expr) => { ::serde_json::Value::from($value) };
}
pub(crate) use say;

/// Writes a line, its fields in their order.
pub(crate) fn write(level: Level, message: &str, fields: &mut [(&'static str, Value)]) {
    if let Some(form) = form() {
        // Nobody is left to tell.
        drop(io::stderr().write_all(line(form, level, message, fields, SystemTime::now()).as_bytes()));
    }
}

/// `2026-11-20T09:00:00.000000Z  WARN database: the message key="text" other=1`, the name of the check first, or an object
/// with the same.
fn line(form: Form, level: Level, message: &str, fields: &mut [(&'static str, Value)], at: SystemTime) -> String {
    let micros = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_micros());
    let (at, level) = (format!("{}.{micros:06}Z", rfc3339(at).trim_end_matches('Z')), level.as_str());
    let given = fields.iter_mut().filter(|(_, value)| !value.is_null());
    match form {
        Form::Text { colour } => {
            let paint = |code: &str, text: &str| match colour {
                true if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
                _ => text.to_owned(),
            };
            let (mut check, mut fields) = ("", String::new());
            for (name, value) in given {
                match value.as_str() {
                    Some(name_of_check) if *name == "check" => check = name_of_check,
                    _ => fields.push_str(&format!(" {name}={value}")),
                }
            }
            // A line about a failure names it itself.
            let message = message.strip_prefix(check).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message);
            let check = if check.is_empty() { String::new() } else { paint("1", check) + ": " };
            let shade = match level {
                "ERROR" => "31",
                "WARN" => "33",
                _ => "2",
            };
            let (level, fields) = (paint(shade, &format!("{level:>5}")), paint("2", &fields));
            format!("{} {level} {check}{message}{fields}\n", paint("2", &at))
        }
        Form::Json => {
            let mut object = Map::new();
            for (name, text) in [("timestamp", at.as_str()), ("level", level), ("message", message)] {
                object.insert(name.to_owned(), text.into());
            }
            object.extend(given.map(|(name, value)| ((*name).to_owned(), value.take())));
            format!("{}\n", Value::Object(object))
        }
    }
}

/// Says where it panicked, and nothing else: the message may hold what a peer sent, or a secret. Written past the log,
/// which may be what panicked.
fn tell_place(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown location".to_owned(), ToString::to_string);
    let line = match form().unwrap_or(Form::Json) {
        Form::Text { .. } => format!("ERROR pilotfish panicked at {place}: this is a bug"),
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
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Form, Level, Value, line};

    #[test]
    fn a_line_has_its_fields_in_their_order() {
        let line = |form| {
            let mut fields = [("check", Value::from("db")), ("hint", None::<&str>.into()), ("stale", true.into())];
            line(form, Level::Warn, "said \"no\"", &mut fields, UNIX_EPOCH + Duration::from_micros(1_000_042))
        };
        let text = "1970-01-01T00:00:01.000042Z  WARN db: said \"no\" stale=true\n";
        assert_eq!(line(Form::Text { colour: false }), text);
        let coloured = "\x1b[2m1970-01-01T00:00:01.000042Z\x1b[0m \x1b[33m WARN\x1b[0m \x1b[1mdb\x1b[0m: said \"no\"\x1b[2m stale=true\x1b[0m\n";
        assert_eq!(line(Form::Text { colour: true }), coloured);
        let json = r#"{"timestamp":"1970-01-01T00:00:01.000042Z","level":"WARN","message":"said \"no\"","check":"db","stale":true}"#;
        assert_eq!(line(Form::Json), format!("{json}\n"));
    }

    #[test]
    fn the_name_of_the_check_is_there_once() {
        let mut fields = [("check", Value::from("db")), ("verdict", Value::from("down"))];
        let line =
            line(Form::Text { colour: false }, Level::Warn, "db: connect_refused. Fix: x", &mut fields, UNIX_EPOCH);
        assert!(line.ends_with("WARN db: connect_refused. Fix: x verdict=\"down\"\n"), "{line}");
    }
}
