//! Hints for values, variables and files of this pod.

use crate::cause::Cause;
use crate::outcome::{BrokenVariable, Detail, Fault, ValueDetail, VariableFlaw};

pub(super) fn hint(fault: &Fault) -> Option<String> {
    let detail = match &fault.detail {
        Some(Detail::Value(detail)) => Some(detail),
        _ => None,
    };
    let text = match (fault.cause, detail) {
        (Cause::VariableMissing, detail) => return Some(missing(detail)),
        (Cause::ProbeLimit, detail) => limit(in_url(detail?))?,
        (Cause::VariableInvalid, _) => {
            "Correct the value in its Secret or ConfigMap, then restart the pod: the variables of a container never \
             change while it runs."
        }
        (Cause::UrlMalformed, detail) => malformed(detail.map(in_url)),
        (Cause::FileMissing, _) => {
            "Mount the Secret or ConfigMap in this container too, and compare path and key with kubectl describe pod."
        }
        (Cause::FileInvalid, detail) => file_invalid(detail),
        _ => return None,
    };
    Some(text.to_owned())
}

/// The first of several variables: cause and hint are its.
fn first(detail: Option<&ValueDetail>) -> Option<&BrokenVariable> {
    match detail {
        Some(ValueDetail::Variables(all)) => all.first(),
        _ => None,
    }
}

fn missing(detail: Option<&ValueDetail>) -> String {
    let name = match detail {
        Some(ValueDetail::Unset(name)) => Some(name.as_str()),
        other => first(other).map(|broken| broken.name.as_str()),
    };
    format!(
        "This container has no value for {}. Add it under `env` or `envFrom` (a sidecar does not inherit the app's), \
         and check the name and key of the Secret, and that the key is not empty.",
        name.unwrap_or("it")
    )
}

/// What is wrong with the URL itself, where it is that of a variable, too.
fn in_url(detail: &ValueDetail) -> &ValueDetail {
    match first(Some(detail)).and_then(|broken| broken.flaw.as_ref()) {
        Some(VariableFlaw::Url(flaw)) => flaw,
        _ => detail,
    }
}

fn malformed(detail: Option<&ValueDetail>) -> &'static str {
    match detail {
        Some(ValueDetail::ServiceLink) => {
            "Take the port from NAME_SERVICE_PORT, or set NAME_PORT in the env of the pod. enableServiceLinks: false \
             removes the variables of Kubernetes."
        }
        Some(ValueDetail::ConnectionString) => {
            "Correct the connection string where it is set. Put a value with a space, a `;` or a quote in quotes, and double a \
             quote inside it (libpq: write a backslash before it)."
        }
        _ => {
            "Correct the URL where it is set: scheme://user:password@host:port/database. In user and password write \
             %40 for @, %2F for /, %23 for #, %3F for ?, %25 for %."
        }
    }
}

/// What to set where pilotfish cannot use a value that may be right.
const fn limit(detail: &ValueDetail) -> Option<&'static str> {
    Some(match detail {
        ValueDetail::NotSpoken => {
            "The value may be correct for the app. Give this check its host and port as tcp://host:port, or remove \
             the check."
        }
        ValueDetail::Socket => {
            "The value may be correct for the app. Give this check the server's host over TCP, or the folder of the socket as `host`."
        }
        ValueDetail::NotRead => {
            "The value may be correct for the app. Give the check its own URL, or `host` and the keys beside it; or remove the \
             check."
        }
        ValueDetail::NotWritten => {
            "The value may be correct for the app. Give this check the form that the message names, or remove the check."
        }
        ValueDetail::LinkLocal => {
            "The value may be correct for the app (clients differ: %eth0 or %25eth0). Give this check the server's name or an \
             address that is routed, or remove the check."
        }
        ValueDetail::NumberForm => {
            "The app may read it: libc fills short forms and counts a leading 0 as octal, while Go refuses both. Write the \
             address as four decimal numbers without leading zeros."
        }
        ValueDetail::NoUser => {
            "The app may have its user from PGUSER or from its process. Set `user` in this check, or add the user to the URL."
        }
        ValueDetail::NotText => {
            "The app may read the bytes as they are. Give this check the value as UTF-8 text, such as percent-encoded in a URL."
        }
        ValueDetail::TooMuch => {
            "The value may be correct for the app. Check whether a whole file was pasted in the place of one value, and give this \
             check a shorter one."
        }
        ValueDetail::CostlyExpression => {
            "Simplify the expression: start it with ^, and avoid counted repetitions such as .{30} after a part that can match \
             in many ways."
        }
        ValueDetail::Unset(_)
        | ValueDetail::Key(_)
        | ValueDetail::ServiceLink
        | ValueDetail::ConnectionString
        | ValueDetail::Empty
        | ValueDetail::NotPermitted { .. }
        | ValueDetail::NotPem
        | ValueDetail::Variables(_) => return None,
    })
}

fn file_invalid(detail: Option<&ValueDetail>) -> &'static str {
    let unset = first(detail).is_some_and(|broken| broken.flaw == Some(VariableFlaw::Unset));
    match detail {
        Some(ValueDetail::NotPermitted { of_process: true }) => {
            "Only the same user can read the environment of a process. Run pilotfish as the user of the app \
             (runAsUser), or give it the variables."
        }
        Some(ValueDetail::NotPermitted { of_process: false }) => {
            "The user of pilotfish (65532 in its image) may not read the file. Remove defaultMode from the volume of \
             the Secret, or set securityContext.fsGroup of the pod."
        }
        detail if unset || detail == Some(&ValueDetail::Empty) => {
            "The value is empty. kubectl describe secret shows how many bytes each key has; fill the key that it \
             comes from."
        }
        _ => {
            "Compare the file with what is expected there. The key of the Secret may hold something else, or its \
             base64 was encoded twice."
        }
    }
}
