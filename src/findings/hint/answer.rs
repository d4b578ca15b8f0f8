//! Hints for what was answered, and for values and files of this pod.

use crate::cause::Cause;
use crate::outcome::{Evidence, Fault, Phase};

pub(super) fn hint(fault: &Fault, evidence: &Evidence, kind: &str) -> String {
    match fault.cause {
        Cause::HttpStatus => match evidence.facts.status_code {
            Some(401 | 403) => "the server wants credentials: give `bearer_token` or `basic_auth`, or ask a path that needs none".to_owned(),
            Some(404) => "there is no such path on that server: compare it with the app's routes, and the Host with its ingress".to_owned(),
            Some(405) => "the path is there, but not for this method: set `method`".to_owned(),
            Some(429) => "the server limits the rate: probe less often (`interval`), or exempt this pod".to_owned(),
            Some(502..=504) => "a proxy answered that what stands behind it is away: see kubectl get endpointslices for its upstream".to_owned(),
            Some(500..) => "the app itself failed: read its log at this time".to_owned(),
            _ => fault.cause.info().remedy.to_owned(),
        },
        Cause::HttpRedirect => "probe the URL that it points to, or set `follow_redirects: true`".to_owned(),
        Cause::HealthDown => "the peer runs and says itself what is broken: look at the part named above, in the peer's own log".to_owned(),
        Cause::PermissionDenied if kind == "postgres" => "the login works, the right is missing: GRANT it to this role".to_owned(),
        Cause::PermissionDenied => "the credentials were sent and refused: compare the token or password with the server's".to_owned(),
        Cause::VariableMissing => "this container has no such variable: add it under `env` or `envFrom` (a sidecar does not inherit the \
             app's), and check the Secret's name and key"
            .to_owned(),
        Cause::UrlMalformed => "correct it where it is set; in user and password write %40 for @, %2F for /, %23 for #, %3F for ?, %25 for %".to_owned(),
        Cause::FileMissing => "mount the Secret or ConfigMap in this container too, and compare path and key".to_owned(),
        Cause::Timeout if fault.phase == Phase::Resolve => "names take too long: see kubectl -n kube-system get pods -l k8s-app=kube-dns".to_owned(),
        Cause::Timeout => "the port accepts, then nobody answers in time: the app hangs, is overloaded, or speaks another protocol; read \
             its log, then raise `timeout` if it is only slow"
            .to_owned(),
        Cause::ConnectionClosed => "it accepted and hung up before the answer: it crashed, limits connections, or speaks another \
             protocol; read its log at this time"
            .to_owned(),
        Cause::ProtocolError => "another kind of server answers there: compare the port with the one of the protocol".to_owned(),
        Cause::TooLarge => "ask for something smaller, or raise `max_response`".to_owned(),
        other => other.info().remedy.to_owned(),
    }
}
