//! Hints for TLS.

use crate::cause::Cause;
use crate::findings::Context;
use crate::findings::host_class::found;
use crate::findings::resolution::covers;
use crate::outcome::{Certificate, Evidence, Fault, RedirectPurpose};
use crate::url::Host;

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    let text = by_cause(fault, evidence, context);
    match context.kind {
        "postgres" => text.replace("as `ca`", "as `ca` (in a URL: sslrootcert)"),
        // Their keys of TLS stand under one of its own.
        "http" | "peer" => ["ca`", "cert`", "key`", "server_name"]
            .iter()
            .fold(text, |text, key| text.replace(&format!("`{key}"), &format!("`tls.{key}"))),
        _ => text,
    }
}

fn by_cause(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    let leaf = evidence.facts.certificates.first();
    if leaf.is_some_and(|leaf| leaf.names.first().is_some_and(|name| name.starts_with("spiffe://")))
        && matches!(fault.cause, Cause::TlsUntrusted | Cause::TlsWrongName | Cause::TlsClientCertRequired)
    {
        return "a service mesh's proxy answers there with a certificate of its own: leave TLS to this pod's proxy (http://, no TLS \
                in the check), and put the pod into the mesh if it has none"
            .to_owned();
    }
    let kind = context.kind;
    match fault.cause {
        Cause::TlsUntrusted => untrusted(fault, &evidence.facts.certificates),
        Cause::TlsExpired if fault.message.starts_with("the root ") => "make the authority anew, mount its new certificate as \
             `ca`, and let it sign the server's: every app that trusts the old one needs the new one too"
            .to_owned(),
        Cause::TlsExpired => "renew the certificate (kubectl get certificate -A, if cert-manager makes it) and reload the \
             server, since many read it only at their start"
            .to_owned(),
        Cause::TlsNotYetValid => "the certificate begins in the future: compare the clocks of this node and of the one that \
             issued it (date -u); if both are right, it was issued for later"
            .to_owned(),
        Cause::TlsWrongName if kind == "postgres" => without_server_name(wrong_name(leaf, evidence, context)),
        Cause::TlsWrongName => wrong_name(leaf, evidence, context),
        Cause::TlsNotTls => match kind {
            "postgres" => "what listens there is no PostgreSQL with TLS: correct the port, or set `sslmode: disable` where \
                 the server has none"
                .to_owned(),
            "http" | "peer" if evidence.facts.redirect.as_ref().is_some_and(|to| to.purpose == RedirectPurpose::TlsSamePort) => {
                super::http::TLS_SAME_PORT.to_owned()
            }
            "http" | "peer" if fault.message.contains("plain HTTP") => {
                "that port speaks plain text: write http:// in the URL, or use the server's TLS port".to_owned()
            }
            "http" | "peer" => "no web server with TLS answers there: compare the port (kubectl get svc)".to_owned(),
            _ if fault.message.contains("no protocol") => "compare the port with the server's TLS port (kubectl get svc)".to_owned(),
            _ => "that port speaks plain text: use the server's TLS port, `starttls` where its protocol has it, or a check \
                  without TLS (http, tcp)"
                .to_owned(),
        },
        Cause::TlsUnsupported => unsupported(fault, leaf, evidence, kind),
        Cause::TlsClientCertRequired => "mount a client certificate and name it as `cert` and `key`; where they are given, \
             the server does not trust their issuer: compare that with the authorities it names"
            .to_owned(),
        Cause::TlsHandshakeFailed => handshake(fault),
        other => other.info().remedy.to_owned(),
    }
}

/// A subject or issuer, as long as a hint can bear.
fn shown(name: &str) -> String {
    crate::outcome::clean_text(name, 60)
}

fn untrusted(fault: &Fault, chain: &[Certificate]) -> String {
    let says = |text: &str| fault.message.contains(text);
    if says("extended key usage") {
        return "issue the certificate anew with serverAuth among its extended key usages: this one is for clients"
            .to_owned();
    }
    if says("was not accepted") {
        return "issue the certificate anew within what its authorities allow (names, length of the chain): openssl verify \
                -CAfile CA -untrusted CHAIN LEAF names the rule"
            .to_owned();
    }
    let Some(leaf) = chain.first() else {
        return "the server showed no certificate: let it have one, or use its port without TLS".to_owned();
    };
    if says("signed with another key") {
        return "mount the certificate that the authority has now and name it as `ca`: a Secret that was made anew keeps the name"
            .to_owned();
    }
    if leaf.subject == leaf.issuer {
        return "the server shows a self-signed certificate: mount it (or its authority) and name it as `ca`"
            .to_owned();
    }
    let mut top = leaf;
    // What was sent without need, or twice, leads nowhere.
    for _ in chain {
        top = chain.iter().find(|sent| sent.subject == top.issuer).unwrap_or(top);
    }
    if top.subject != leaf.subject {
        return format!(
            "the chain ends in {}, which is not trusted here: mount that authority's certificate and name it as `ca`",
            shown(&top.issuer)
        );
    }
    format!(
        "the server sends no certificate of {}: if that is an intermediate authority, let the server send it too \
         (fullchain.pem), else mount its certificate and name it as `ca`",
        shown(&top.issuer)
    )
}

/// libpq has no such setting, nor has `postgres`.
fn without_server_name(mut text: String) -> String {
    if let Some(at) = text.find(", or set `server_name") {
        text.truncate(at);
    }
    text.replace(", set `server_name` to it", "")
}

fn wrong_name(leaf: Option<&Certificate>, evidence: &Evidence, context: Context<'_>) -> String {
    let Some(leaf) = leaf.filter(|leaf| !leaf.names.is_empty()) else {
        return "issue the certificate with the name that is used here as a subject alternative name".to_owned();
    };
    let endpoint = context.endpoint(evidence);
    if let Some(Host::Name(name)) = endpoint.as_ref().map(|endpoint| &endpoint.host) {
        let alias = found(name, evidence).and_then(|query| query.alias.as_deref());
        if let Some(alias) = alias.filter(|alias| leaf.names.iter().any(|pattern| covers(pattern, alias))) {
            return format!(
                "{name} is an alias (ExternalName, CNAME) of {alias}, which the certificate is for: use that name, or set \
                 `server_name: {alias}`"
            );
        }
        // A short name, found by the search list, and a certificate for the whole one.
        let whole = found(name, evidence).map(|query| query.name.trim_end_matches('.'));
        if let Some(whole) = whole.filter(|whole| leaf.names.iter().any(|pattern| covers(pattern, whole))) {
            return format!(
                "the certificate is good for {whole}, the full name of {name}: use that in the URL, or set `server_name: {whole}`"
            );
        }
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let deeper = leaf.names.iter().find(|pattern| parent.is_some_and(|parent| covers(pattern, parent)));
        if let Some(pattern) = deeper.filter(|pattern| pattern.starts_with("*.")) {
            return format!(
                "{pattern} covers one label and {name} has two: issue a certificate with {name} or a star one level down"
            );
        }
    }
    let names = shown(&leaf.names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "));
    if endpoint.is_some_and(|endpoint| matches!(endpoint.host, Host::Ip(_))) {
        return format!(
            "the URL has an address and the certificate names ({names}): use such a name, or set `server_name` to it"
        );
    }
    format!(
        "use a name that the certificate has ({names}), set `server_name` to it, or issue one with the name used here"
    )
}

/// Which of both it is does not show while TLS is off.
const NO_PLAIN_RULE: &str = "no rule of pg_hba.conf lets this user in without TLS: set `sslmode: require` or stricter \
     if the rule is a hostssl one, else add a line for this user, database and pod network";

fn unsupported(fault: &Fault, leaf: Option<&Certificate>, evidence: &Evidence, kind: &str) -> String {
    let says = |text: &str| fault.message.contains(text);
    if says("critical extension") || says("X.509 version 1") || says("not encoded") {
        return "issue the certificate anew, as a server's of today with its names: openssl x509 -noout -text shows what it has"
            .to_owned();
    }
    // The handshake came as far as the certificate: that is what was refused.
    if leaf.is_some_and(|leaf| leaf.names.is_empty()) {
        return "issue the certificate anew with its name as a subject alternative name: Go and Python refuse a common name \
                alone, as here; libpq, curl, Java and Node still take it"
            .to_owned();
    }
    if says("is signed with") || says("in the handshake cannot be verified") {
        return "issue the certificate anew: RSA of 2048 bits or more or EC P-256, signed with SHA-256".to_owned();
    }
    if says("nothing in common") {
        return "no version, cipher or kind of key is shared: offer TLS 1.2 or 1.3 with AES-GCM or ChaCha20 and a certificate of \
                RSA, EC P-256 or P-384; what the app uses may know more"
            .to_owned();
    }
    match kind {
        "tls" if says("application protocols") => OTHER_ALPN.to_owned(),
        "postgres" if evidence.facts.tls_version.is_none() && fault.phase == crate::outcome::Phase::Tls => {
            "switch TLS on in the server (ssl = on, a certificate), or set `sslmode: disable` where the network is trusted".to_owned()
        }
        "postgres" if says("no pg_hba.conf entry") => NO_PLAIN_RULE.to_owned(),
        "postgres" => "the server demands TLS and `sslmode` keeps it off: set `sslmode: verify-full` with its `ca` (or \
             `require`, which verifies nothing)"
            .to_owned(),
        "http" | "peer" if says("plain HTTP was sent") => {
            "write https:// in the URL: the port speaks TLS, and the request came in plain text".to_owned()
        }
        _ => "let the server allow TLS 1.2 or 1.3; older clients of the app may still get through, this check and Go, Python \
              and Node of today do not"
            .to_owned(),
    }
}

const OTHER_ALPN: &str = "the server speaks another protocol than the ones offered: change `http_version` (of http) or `alpn` (of \
                          tls), or enable it in the server";

fn handshake(fault: &Fault) -> String {
    let alert = |name: &str| fault.message.contains(&format!("alert {name} "));
    if alert("unrecognized_name") {
        return "the server chooses its certificate by the name it is asked for and has none for this one: use a name it knows, \
                or set `server_name`"
            .to_owned();
    }
    if alert("no_application_protocol") {
        return OTHER_ALPN.to_owned();
    }
    "the server ended the handshake with an alert: its own log at this time says why".to_owned()
}
