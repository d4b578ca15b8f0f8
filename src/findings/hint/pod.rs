//! Hints for values, files and listeners of this pod.

use crate::cause::Cause;
use crate::outcome::{Evidence, Fault};

pub(super) fn hint(fault: &Fault, evidence: &Evidence) -> String {
    match fault.cause {
        Cause::VariableMissing => {
            let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let text = fault.message.strip_prefix("the variable ").unwrap_or(&fault.message);
            let name = text.split([':', ' ']).next().filter(|name| text.len() > name.len() && name.chars().all(of_name));
            format!(
                "this container has no value for {}: add it under `env` or `envFrom` (a sidecar does not inherit the app's), and \
                 check the Secret's name and key, and that the key is not empty",
                name.filter(|name| !name.is_empty()).unwrap_or("it")
            )
        }
        Cause::VariableInvalid if fault.message.contains("; this version has no ") => {
            "the value may well be right for the app: give its host and port as tcp://host:port, or leave it out".to_owned()
        }
        Cause::VariableInvalid => {
            "correct it in the Secret or ConfigMap that it comes from, then restart the pod: a container's \
             variables never change while it runs"
                .to_owned()
        }
        Cause::UrlMalformed if fault.message.contains("a socket in the file system") => {
            "the value may well be right for the app: give this check the server's host over TCP, or leave it out".to_owned()
        }
        Cause::UrlMalformed if fault.message.contains("NAME_PORT") => {
            "take the port from NAME_SERVICE_PORT, or set NAME_PORT in the pod's env; enableServiceLinks: false takes Kubernetes' \
             own away"
                .to_owned()
        }
        Cause::UrlMalformed if fault.message.contains(" is not dialled") || fault.message.ends_with(" is not read") => {
            "the value may well be right for the app: give the check a URL of its own, or `host`, `user` and `database`; or \
             leave it out"
                .to_owned()
        }
        Cause::UrlMalformed => {
            "correct it where it is set: scheme://user:password@host:port/database; in user and password write %40 for @, \
             %2F for /, %23 for #, %3F for ?, %25 for %"
                .to_owned()
        }
        Cause::FileMissing => {
            "mount the Secret or ConfigMap in this container too, and compare path and key with kubectl \
             describe pod"
                .to_owned()
        }
        Cause::FileInvalid if fault.message.contains("Permission denied") && fault.message.contains(" /proc/") => {
            "the environment of a process is for its own user: let pilotfish run as the app's (runAsUser), or give it the variables".to_owned()
        }
        Cause::FileInvalid if ["not set or empty", " is empty"].iter().any(|text| fault.message.contains(text)) => {
            "nothing stands there: kubectl describe secret shows how many bytes each key has, fill the one that it comes from"
                .to_owned()
        }
        Cause::FileInvalid if fault.message.contains("Permission denied") => {
            "the user that pilotfish runs as (65532 in its image) may not read it: take defaultMode away from the Secret's volume, or set the \
             pod's securityContext.fsGroup"
                .to_owned()
        }
        Cause::FileInvalid => {
            "compare the file with what is expected there: the key of the Secret may hold something else, or \
             its base64 was encoded twice"
                .to_owned()
        }
        Cause::NotListening if evidence.facts.listening.is_empty() => {
            "see whether the app has started (kubectl logs), or listens on another port than this check has"
                .to_owned()
        }
        Cause::NotListening | Cause::ListeningOnLoopback if fault.message.ends_with("IPv6 addresses alone") => {
            "no other pod reaches it there: start the app with --host :: (uvicorn, Flask) or HOSTNAME=:: (Next.js)".to_owned()
        }
        Cause::NotListening => {
            "let the app listen on 0.0.0.0: Next.js standalone takes HOSTNAME, which Kubernetes sets to the \
             pod's name, so set HOSTNAME=0.0.0.0"
                .to_owned()
        }
        Cause::ListeningOnLoopback => {
            "other pods are refused there: start the app with --host 0.0.0.0 (uvicorn, Flask, FastMCP) \
             or HOSTNAME=0.0.0.0 (Next.js)"
                .to_owned()
        }
        other => other.info().remedy.to_owned(),
    }
}
