//! What is wrong with a value of the configuration, a variable or a file.

/// Why a value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueDetail {
    /// This variable has no value.
    Unset(String),
    /// The value of this key of the check is not what the key takes.
    Key(&'static str),
    /// The value is a URL of a protocol that this version does not speak.
    NotSpoken,
    /// The value leads to a socket in the file system, which is not dialled.
    Socket,
    /// The value is in a form that only some clients read.
    NotRead,
    /// The value has a form in whose place the message names another one: a host with letters beyond ASCII or a needless zone
    /// of an IPv6 address, a connection string of another client.
    NotWritten,
    /// A host is a link-local address with its zone, which is not dialled; without the zone nobody can.
    LinkLocal,
    /// A host is an IPv4 address in a form that some clients read and others refuse or read as another address: short, octal,
    /// hexadecimal.
    NumberForm,
    /// The value does not say who logs in: clients take that from elsewhere, such as the user of their process.
    NoUser,
    /// The variable holds bytes that are no UTF-8 text.
    NotText,
    /// The port is `tcp://…`, as Kubernetes sets `NAME_PORT` for a Service.
    ServiceLink,
    /// The value is a connection string of keys and values, and no URL, and its client rejects it.
    ConnectionString,
    /// The file is empty.
    Empty,
    /// The file may not be read by this process.
    NotPermitted {
        /// It shows another process (`/proc/PID/…`).
        of_process: bool,
    },
    /// The file is not the PEM that is expected.
    NotPem,
    /// The value has more of something than pilotfish reads: bytes, hosts, variables.
    TooMuch,
    /// A regular expression takes too many steps on what it is searched in.
    CostlyExpression,
    /// These variables break their rules, in the order of the configuration.
    Variables(Vec<BrokenVariable>),
}

impl ValueDetail {
    /// Whether the value may be right for the app, and only pilotfish cannot use it.
    #[must_use]
    pub const fn is_limit(&self) -> bool {
        match self {
            Self::NotSpoken
            | Self::Socket
            | Self::NotRead
            | Self::NotWritten
            | Self::LinkLocal
            | Self::NumberForm
            | Self::NoUser
            | Self::NotText
            | Self::TooMuch
            | Self::CostlyExpression => true,
            Self::Unset(_)
            | Self::Key(_)
            | Self::ServiceLink
            | Self::ConnectionString
            | Self::Empty
            | Self::NotPermitted { .. }
            | Self::NotPem
            | Self::Variables(_) => false,
        }
    }
}

/// A variable that breaks one of its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenVariable {
    /// The name of the variable.
    pub name: String,
    /// What is wrong with it, where a hint or a finding depends on that.
    pub flaw: Option<VariableFlaw>,
}

/// What is wrong with a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableFlaw {
    /// It is not set, or empty.
    Unset,
    /// It must equal this file, and differs from it.
    DiffersFrom(String),
    /// Its value is a URL in which this is wrong.
    Url(Box<ValueDetail>),
}
