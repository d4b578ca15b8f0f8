//! The arguments. clap reads them as plain texts; what it has to complain about is said in our own words, since its own
//! would repeat what was typed, and that may be a password.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory as _, Parser, Subcommand};

/// A probe sidecar for Kubernetes: dials what the pod depends on, and says the cause and the fix.
#[derive(Debug, Parser)]
#[command(name = "pilotfish", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What is asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run every check once, side by side; report; exit 0 if all passed, 1 if one failed
    Check(CheckOptions),
}

/// Which checks, and from where.
#[derive(Debug, Args, Default)]
pub struct Selection {
    /// What to probe: tcp://h:p, tls://h:p, http(s)://…, peer+http(s)://…, postgres://…, dns://name, env:NAME
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// The configuration [default: $PILOTFISH_CONFIG, else /etc/pilotfish/pilotfish.yaml, else the environment's URLs]
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<String>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckOptions {
    #[command(flatten)]
    #[expect(missing_docs, reason = "the help text is that of its fields")]
    pub selection: Selection,
    /// The report's form: text or json
    #[arg(short, long, value_name = "FORM")]
    pub output: Option<String>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Why no command came of the arguments.
#[derive(Debug)]
pub enum Stop {
    /// Help or version was asked for.
    Help(String),
    /// They are wrong; the text says where and what is right, and repeats no value.
    Usage(String),
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// Help that was asked for, or what is wrong.
pub fn parse(args: &[String]) -> Result<Command, Stop> {
    Cli::try_parse_from(args).map(|cli| cli.command).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Help(error.to_string()),
        kind => Stop::Usage(in_our_words(kind, &error)),
    })
}

/// The form that was asked for.
///
/// # Errors
/// What is right, where it is neither.
pub fn form(text: Option<&str>) -> Result<Form, String> {
    match text {
        None | Some("text") => Ok(Form::Text),
        Some("json") => Ok(Form::Json),
        Some(_) => Err("-o, --output takes text or json".to_owned()),
    }
}

/// clap's complaint, without anything that was typed as a value.
fn in_our_words(kind: ErrorKind, error: &clap::Error) -> String {
    let names = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let known = || {
        let command = Cli::command();
        let all: Vec<_> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
        all.join(", ")
    };
    let flag = names(ContextKind::InvalidArg);
    let likely = names(ContextKind::SuggestedArg).or_else(|| names(ContextKind::SuggestedSubcommand));
    let hint = likely.map(|right| format!("; did you mean {right}?")).unwrap_or_default();
    let what = match kind {
        ErrorKind::InvalidSubcommand => format!("unknown command{hint}; the commands are {}", known()),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("a command is missing; the commands are {}", known())
        }
        ErrorKind::UnknownArgument => format!("unknown option{hint}"),
        // Only these kinds name an argument of ours; elsewhere the name is what was typed.
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals => {
            format!("{} is given without a right value", flag.unwrap_or_default())
        }
        ErrorKind::ArgumentConflict => format!("{} is given twice, or with what excludes it", flag.unwrap_or_default()),
        ErrorKind::MissingRequiredArgument => format!("missing: {}", flag.unwrap_or_default()),
        _ => "the arguments cannot be read".to_owned(),
    };
    format!("pilotfish: {what}\nSee pilotfish --help, or pilotfish COMMAND --help.")
}
