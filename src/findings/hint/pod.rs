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
        (Cause::VariableInvalid, Some(ValueDetail::NotSpoken)) => {
            "the value may well be right for the app: give its host and port as tcp://host:port, or leave it out"
        }
        (Cause::VariableInvalid, _) => {
            "correct it in the Secret or ConfigMap that it comes from, then restart the pod: a container's \
             variables never change while it runs"
        }
        (Cause::UrlMalformed, detail) => malformed(detail.map(in_url)),
        (Cause::FileMissing, _) => {
            "mount the Secret or ConfigMap in this container too, and compare path and key with kubectl \
             describe pod"
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
        "this container has no value for {}: add it under `env` or `envFrom` (a sidecar does not inherit the app's), and \
         check the Secret's name and key, and that the key is not empty",
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
        Some(ValueDetail::Socket) => {
            "the value may well be right for the app: give this check the server's host over TCP, or leave it out"
        }
        Some(ValueDetail::ServiceLink) => {
            "take the port from NAME_SERVICE_PORT, or set NAME_PORT in the pod's env; enableServiceLinks: false takes Kubernetes' \
             own away"
        }
        Some(ValueDetail::NotRead) => {
            "the value may well be right for the app: give the check a URL of its own, or `host`, `user` and `database`; or \
             leave it out"
        }
        _ => {
            "correct it where it is set: scheme://user:password@host:port/database; in user and password write %40 for @, \
             %2F for /, %23 for #, %3F for ?, %25 for %"
        }
    }
}

fn file_invalid(detail: Option<&ValueDetail>) -> &'static str {
    let unset = first(detail).is_some_and(|broken| broken.flaw == Some(VariableFlaw::Unset));
    match detail {
        Some(ValueDetail::NotPermitted { of_process: true }) => {
            "the environment of a process is for its own user: let pilotfish run as the app's (runAsUser), or give it the variables"
        }
        Some(ValueDetail::NotPermitted { of_process: false }) => {
            "the user that pilotfish runs as (65532 in its image) may not read it: take defaultMode away from the Secret's volume, or set the \
             pod's securityContext.fsGroup"
        }
        detail if unset || detail == Some(&ValueDetail::Empty) => {
            "nothing stands there: kubectl describe secret shows how many bytes each key has, fill the one that it comes from"
        }
        _ => {
            "compare the file with what is expected there: the key of the Secret may hold something else, or \
             its base64 was encoded twice"
        }
    }
}
