//! The arguments. clap reads them as plain texts; what it has to complain about is said in our own words, since its own
//! would repeat whatever was typed, and that may be a password: see [`typed`].

use std::sync::LazyLock;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::check::KINDS;
use crate::check::connection::PROTOCOLS;
use crate::cli::sheet::{Paint, Sheet, WIDTH};
use crate::duration;
use crate::mask::typed;
use crate::packed;
use crate::scheme::Scheme;

/// A probe sidecar for Kubernetes: tests the dependencies of the pod, and reports cause and fix.
#[derive(Debug, Parser)]
#[command(name = "pilotfish", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 passed, 1 a check failed, 2 bad usage or configuration (nothing was probed), 3 `wait` timed out,
4 `wait` stopped early at a failure that waiting cannot fix, 126/127 CMD cannot be run, 128+n stopped by signal n.

Without TARGET and -c: the file $PILOTFISH_CONFIG, else /etc/pilotfish/pilotfish.yaml, else the URLs in the environment.";

/// The forms of a TARGET.
static TARGETS: LazyLock<String> = LazyLock::new(|| {
    let forms = KINDS.iter().map(|kind| kind.url_form).filter(|form| !form.is_empty());
    forms.chain(["env:NAME"]).collect::<Vec<_>>().join(", ")
});

/// Every scheme that `diagnose` takes.
static SCHEME_NAMES: LazyLock<String> = LazyLock::new(|| {
    let spoken = KINDS.iter().flat_map(|kind| kind.schemes);
    let connected = PROTOCOLS.iter().flat_map(|protocol| protocol.schemes);
    let connected = connected.filter(|scheme| scheme.default_port.is_some());
    let mut sheet = Sheet::new(Paint(false), WIDTH);
    let [spoken, connected] = [names(spoken), names(connected)];
    sheet.hang("Schemes: ", 9, &format!("{spoken}; as far as the connection: {connected}, jdbc:… and SCHEME+DRIVER"));
    sheet.text
});

fn names<'a>(schemes: impl Iterator<Item = &'a Scheme>) -> String {
    schemes.map(|scheme| scheme.name).collect::<Vec<_>>().join(", ")
}

/// The command to run. The arguments of the others are not made.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Probe on a timer and serve readiness, metrics and status until SIGTERM
    Serve(ServeOptions),
    /// Run every check once, in parallel; exit 0 if all pass, 1 if one fails
    Check(CheckOptions),
    /// Wait until every check passes, then exit 0 or exec CMD
    Wait(WaitOptions),
    /// Show a check in detail: every name, address and phase, what other runtimes would do, cause and fix
    #[command(after_help = SCHEME_NAMES.as_str())]
    Diagnose(DiagnoseOptions),
    /// Ask a running sidecar, for exec probes: prints one stable line, exits 0 or 1
    Ask(AskOptions),
    /// Show the checks of a running sidecar as a table
    Status(StatusOptions),
    /// Check, show or write a configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    Completions {
        /// bash, zsh or fish
        #[arg(value_name = "SHELL")]
        shell: String,
    },
}

#[expect(missing_docs, reason = "it would be taken for the help text of a command")]
#[derive(Debug, Args, Default)]
pub struct Selection {
    #[arg(value_name = "TARGET", help = TARGETS.as_str())]
    #[expect(missing_docs, reason = "the help text is made of the kinds")]
    pub targets: Vec<String>,
    /// The configuration file
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<String>,
}

#[expect(missing_docs, reason = "it would be taken for the help text of a command")]
#[derive(Debug, Args, Default)]
pub struct ReportOptions {
    /// The format of the report: text or json [default: text]
    #[arg(short, long, value_name = "FORM")]
    pub output: Option<String>,
    /// The file for the reason of a failure [default: /dev/termination-log, if it exists]
    #[arg(long, value_name = "FILE")]
    pub termination_log: Option<String>,
}

#[expect(missing_docs, reason = "the help text is that of its command")]
#[derive(Debug, Args)]
pub struct ServeOptions {
    #[command(flatten)]
    #[expect(missing_docs, reason = "the help text is that of its fields")]
    pub selection: Selection,
    /// The gates of checks found in the environment: startup, ready (repeatable) [default: nothing]
    #[arg(long, value_name = "GATE")]
    pub gate: Vec<String>,
    /// How log lines look: text or json [default: text on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// The address and port to listen on, in place of those of the configuration.
    // rustdoc would take the default for a link.
    #[arg(
        long,
        value_name = "ADDRESS",
        help = "The address and port to listen on, in place of those of the configuration [default: [::]:9809]"
    )]
    pub listen: Option<String>,
    /// The file for the reason of the exit [default: /dev/termination-log, if it exists]
    #[arg(long, value_name = "FILE")]
    pub termination_log: Option<String>,
}

#[expect(missing_docs, reason = "the help text is that of its command")]
#[derive(Debug, Args)]
pub struct CheckOptions {
    #[command(flatten)]
    #[expect(missing_docs, reason = "the help text is that of its fields")]
    pub selection: Selection,
    /// Run only the check with this name (repeatable)
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the help text is that of its fields")]
    pub report: ReportOptions,
}

#[expect(missing_docs, reason = "the help text is that of its command")]
#[derive(Debug, Args)]
pub struct WaitOptions {
    #[command(flatten)]
    #[expect(missing_docs, reason = "the help text is that of its fields")]
    pub selection: Selection,
    /// Wait for every check of the file, not only for those that gate startup
    #[arg(long)]
    pub all: bool,
    /// Give up after this time [default: 5m]
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// The first pause between two attempts; it grows to 10s [default: 1s]
    #[arg(long, value_name = "DURATION")]
    pub interval: Option<String>,
    /// Stop early when a failure that waiting cannot fix has lasted this long [default: 30s]
    #[arg(long, value_name = "DURATION")]
    pub permanent_after: Option<String>,
    /// Never stop early
    #[arg(long)]
    pub keep_trying: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the help text is that of its fields")]
    pub report: ReportOptions,
    /// The command to exec once every check passes
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<String>,
}

#[expect(missing_docs, reason = "the help text is that of its command")]
#[derive(Debug, Args)]
pub struct DiagnoseOptions {
    #[command(flatten)]
    #[expect(missing_docs, reason = "the help text is that of its fields")]
    pub selection: Selection,
    /// Show only the check with this name, in full (repeatable)
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// The format of the page: text or json [default: text]
    #[arg(short, long, value_name = "FORM")]
    pub output: Option<String>,
    /// Write a Markdown report without secrets, to attach to a ticket; - writes it to stdout instead of the page
    #[arg(long, value_name = "FILE")]
    pub report: Option<String>,
}

#[expect(missing_docs, reason = "the help text is that of its command")]
#[derive(Debug, Args)]
pub struct AskOptions {
    /// startup, ready, live, or the name of a check [default: ready]
    #[arg(value_name = "QUESTION")]
    pub question: Option<String>,
    /// The URL of the sidecar [default: http://127.0.0.1:9809]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Add a line with the last and the next run of each check; not for probes, because it changes each time
    #[arg(long, conflicts_with = "retry")]
    pub verbose: bool,
    /// Run the check now and end its back-off, from inside the pod and at most once in 30 s
    #[arg(long)]
    pub retry: bool,
}

#[expect(missing_docs, reason = "the help text is that of its command")]
#[derive(Debug, Args)]
pub struct StatusOptions {
    /// wide: with target and reason; json: the document of /status
    #[arg(short, long, value_name = "FORM")]
    pub output: Option<String>,
    /// Print a check again whenever it changes
    #[arg(short, long)]
    pub watch: bool,
    /// The sidecar [default: http://127.0.0.1:9809]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

#[expect(missing_docs, reason = "the help text is that of its command")]
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ConfigCommand {
    /// Report every fault of a configuration, with file, line and column
    Check {
        /// The configuration file
        #[arg(short, long, value_name = "FILE")]
        config: Option<String>,
    },
    /// Print the effective configuration, with secrets masked
    Show {
        /// The configuration file
        #[arg(short, long, value_name = "FILE")]
        config: Option<String>,
    },
    /// Print the JSON Schema of the configuration
    Schema,
    /// Write a configuration from the environment, with the names of variables, never their values
    Discover {
        /// The gates of the checks: startup, ready (repeatable) [default: nothing]
        #[arg(long, value_name = "GATE")]
        gate: Vec<String>,
        /// The file to write; it must not exist yet [default: stdout]
        #[arg(long, value_name = "FILE")]
        write: Option<String>,
    },
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Why the arguments give no command.
#[derive(Debug)]
pub enum Stop {
    /// Help or version was asked for.
    Help(String),
    /// The arguments are wrong. The text names the argument and the valid form, and repeats no value.
    Usage(String),
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// The requested help, or the fault.
pub fn parse(args: &[String]) -> Result<Command, Stop> {
    // `help check` is `check --help`: clap's own command of that name would repeat what it is given.
    if let [program, help, of @ ..] = args
        && help == "help"
    {
        return parse(&[std::slice::from_ref(program), of, &["--help".to_owned()]].concat());
    }
    Cli::try_parse_from(args).map(|cli| cli.command).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Help(error.to_string()),
        kind => Stop::Usage(usage_message(kind, &error, args)),
    })
}

/// The completion script for a shell; a test compares those of `completions/` with the options above.
///
/// # Errors
/// The valid shells, if this one is unknown.
pub fn completions(shell: &str) -> Result<String, String> {
    macro_rules! script {
        ($shell:literal) => {
            &include_bytes!(concat!(env!("OUT_DIR"), "/pilotfish.", $shell, ".zlib"))[..]
        };
    }
    let script = match shell {
        "bash" => script!("bash"),
        "zsh" => script!("zsh"),
        "fish" => script!("fish"),
        _ => return Err(format!("pilotfish: SHELL must be bash, zsh or fish{}", typed(", not ", shell))),
    };
    Ok(packed::text(script))
}

/// The requested format.
///
/// # Errors
/// The valid formats, if this one is unknown.
pub fn form(text: Option<&str>) -> Result<Form, String> {
    match text {
        None | Some("text") => Ok(Form::Text),
        Some("json") => Ok(Form::Json),
        Some(other) => Err(format!("pilotfish: -o, --output must be text or json{}", typed(", not ", other))),
    }
}

/// The duration of an option.
///
/// # Errors
/// The valid form, with the name of the option.
pub fn time(option: &str, text: Option<&str>, default: Duration) -> Result<Duration, String> {
    match text.map(duration::parse) {
        None => Ok(default),
        Some(Ok(time)) if !time.is_zero() => Ok(time),
        Some(Ok(_)) => Err(format!("pilotfish: {option} must be more than 0s")),
        Some(Err(expected)) => {
            Err(format!("pilotfish: {option} expects {expected}{}", typed(", not ", text.unwrap_or_default())))
        }
    }
}

/// clap's complaint, without anything that was typed and may be a secret.
fn usage_message(kind: ErrorKind, error: &clap::Error, args: &[String]) -> String {
    let names = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    // The command as we know it, so that the advice fits it; what was typed there is only compared.
    let mut root = Cli::command();
    root.build();
    let command = args.get(1).and_then(|word| root.find_subcommand(word));
    let within = command.unwrap_or(&root);
    let listed = within.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>().join(", ");
    let argument = names(ContextKind::InvalidArg).unwrap_or_default();
    let likely = names(ContextKind::SuggestedArg).or_else(|| names(ContextKind::SuggestedSubcommand));
    let hint = likely.map(|right| format!(", did you mean {right}?")).unwrap_or_default();
    let what = match kind {
        ErrorKind::InvalidSubcommand => {
            let stop = if hint.is_empty() { "." } else { "" };
            format!(
                "unknown command{}{hint}{stop} The commands are {listed}.",
                typed(" ", &names(ContextKind::InvalidSubcommand).unwrap_or_default())
            )
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("no command. The commands are {listed}.")
        }
        ErrorKind::UnknownArgument => {
            // By its place, since it may be a secret that was typed where none belongs.
            let is_it = |word: &&String| word.split('=').next() == Some(argument.as_str()) || **word == argument;
            let place = args.iter().skip(1).position(|word| is_it(&word)).map_or(0, |index| index + 1);
            let which = if place == 0 { "an argument".to_owned() } else { format!("argument {place}") };
            let options = within.get_arguments().filter_map(clap::Arg::get_long).filter(|name| *name != "help");
            let options = options.map(|name| format!("--{name}")).collect::<Vec<_>>().join(", ");
            let remedy = match (hint.is_empty(), options.is_empty()) {
                (false, _) => hint,
                (true, true) => "; this command has no options".to_owned(),
                (true, false) => format!("; the options are {options}"),
            };
            match typed("", &argument) {
                option if argument.starts_with("--") && !option.is_empty() => {
                    format!("unknown option {argument}{remedy}")
                }
                _ => format!("{which} is an unknown option or an extra argument{remedy}"),
            }
        }
        // Only in these kinds the name is one of ours; elsewhere it is what was typed.
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::WrongNumberOfValues => {
            format!("{argument} has no value or an invalid one")
        }
        ErrorKind::ArgumentConflict => format!("{argument} appears twice, or together with an option that excludes it"),
        ErrorKind::MissingRequiredArgument => format!("missing: {argument}"),
        _ => "the arguments cannot be read".to_owned(),
    };
    let help = command.map_or_else(String::new, |known| format!(" {}", known.get_name()));
    format!("pilotfish: {what}\nSee pilotfish{help} --help.")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Cli, Stop, completions, parse};
    use crate::check::SCHEMES;
    use crate::testing::keep;

    #[test]
    fn completions_are_packed_and_the_page_is_as_the_code_says() {
        use clap_complete::Shell;
        for (name, shell) in [("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish)] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "pilotfish", &mut script);
            let script = String::from_utf8(script).unwrap();
            keep(&format!("completions/pilotfish.{name}"), &script);
            assert_eq!(completions(name), Ok(script));
        }
        assert!(completions("tcsh").is_err());
    }

    #[test]
    fn the_help_of_a_command_begins_with_what_the_list_of_commands_says() {
        for command in Cli::command().get_subcommands() {
            let listed = command.get_about().map(ToString::to_string).unwrap();
            let words = ["pilotfish", command.get_name(), "--help"].map(str::to_owned);
            let Err(Stop::Help(text)) = parse(&words) else { panic!("{words:?}") };
            assert!(text.starts_with(&listed), "{text}");
        }
    }

    #[test]
    fn the_help_of_diagnose_lists_every_scheme() {
        let Err(Stop::Help(text)) = parse(&["pilotfish", "diagnose", "--help"].map(str::to_owned)) else { panic!() };
        let words: Vec<&str> = text.split([' ', ',', ';', '\n']).collect();
        for scheme in SCHEMES.iter().filter(|scheme| scheme.default_port.is_some()) {
            assert!(words.contains(&scheme.name), "{}\n{text}", scheme.name);
        }
    }
}
