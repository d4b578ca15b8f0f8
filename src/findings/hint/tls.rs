//! Hints for TLS.

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::findings::host_class::found;
use crate::findings::resolution::covers;
use crate::findings::tls_key_names::TlsKeyNames;
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};
use crate::url::Host;

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<String> {
    let keys = context.tls_keys;
    if is_mesh(evidence)
        && matches!(fault.cause, Cause::TlsUntrusted | Cause::TlsWrongName | Cause::TlsClientCertRequired)
    {
        let text = "A service mesh proxy answers with its own certificate. Leave TLS to this pod's proxy (http://, no \
                    TLS in the check), and add the pod to the mesh if it has no proxy.";
        return Some(text.to_owned());
    }
    let detail = match &fault.detail {
        Some(Detail::Tls(detail)) => Some(detail),
        _ => None,
    };
    Some(match fault.cause {
        Cause::TlsUntrusted => untrusted(detail, keys)?,
        Cause::TlsExpired if detail == Some(&TlsDetail::RootExpired) => format!(
            "Recreate the authority's certificate, mount it as {ca}, and let it sign the server's certificate. Every \
             app that trusts the old one needs the new one too.",
            ca = keys.ca()
        ),
        Cause::TlsExpired => {
            "Renew the certificate (kubectl get certificate -A, if cert-manager manages it) and reload the server, \
             because many servers read it only at start."
                .to_owned()
        }
        Cause::TlsNotYetValid => {
            "The certificate is not valid yet. Compare the clocks of this node and of the one that issued it (date \
             -u); if both are right, it was issued for a later start."
                .to_owned()
        }
        Cause::TlsWrongName => {
            let (names, expected) = match detail {
                Some(TlsDetail::WrongName { names, expected }) => (names.as_slice(), expected.as_str()),
                _ => (&[][..], ""),
            };
            wrong_name(names, expected, fault, evidence, context)
        }
        Cause::TlsNotTls if fault.detail == Some(Detail::Stream(StreamDetail::Unrecognised)) => {
            "Compare the port with the TLS port of the server (kubectl get svc).".to_owned()
        }
        Cause::TlsNotTls => {
            "This port speaks plain text. Use the TLS port of the server, or disable TLS for this target.".to_owned()
        }
        Cause::TlsUnsupported => unsupported(detail).to_owned(),
        Cause::TlsClientCertRequired => format!(
            "Mount a client certificate and set it as {cert} and {key}. If they are set, the server does not trust \
             their issuer: compare it with the authorities that the message names.",
            cert = keys.named("cert"),
            key = keys.named("key")
        ),
        Cause::TlsHandshakeFailed => handshake(detail, keys),
        _ => return None,
    })
}

/// Whether what answered shows a certificate of a service mesh: its name is a SPIFFE ID.
fn is_mesh(evidence: &Evidence) -> bool {
    let leaf = evidence.facts.certificates.first();
    leaf.and_then(|leaf| leaf.names.first()).is_some_and(|name| name.starts_with("spiffe://"))
}

/// A subject or issuer, as long as a hint can bear.
fn shown(name: &str) -> String {
    crate::outcome::clean_text(name, 60)
}

fn untrusted(detail: Option<&TlsDetail>, keys: TlsKeyNames) -> Option<String> {
    let ca = keys.ca();
    Some(match detail? {
        TlsDetail::NotForServers => {
            "Reissue the certificate with serverAuth in its extended key usages. This one is for clients.".to_owned()
        }
        TlsDetail::BreaksConstraints => {
            "Reissue the certificate within what its authorities allow (names, length of the chain). openssl verify \
             -CAfile CA -untrusted CHAIN LEAF names the rule."
                .to_owned()
        }
        TlsDetail::NoCertificate => {
            "The server sent no certificate. Give it one, or use its port without TLS.".to_owned()
        }
        TlsDetail::IssuerKeyChanged => format!(
            "Mount the current certificate of the authority and set it as {ca}. A recreated Secret keeps its name but \
             has another key."
        ),
        TlsDetail::SelfSigned => {
            format!("The server sent a self-signed certificate. Mount it (or its authority) and set it as {ca}.")
        }
        TlsDetail::ChainEndsAt { issuer } => format!(
            "The chain ends in {}, which is not trusted here. Mount the certificate of that authority and set it as \
             {ca}.",
            shown(issuer)
        ),
        TlsDetail::IssuerNotSent { issuer } => format!(
            "The server does not send the certificate of {}. If that is an intermediate authority, let the server \
             send it too (fullchain.pem); otherwise mount its certificate and set it as {ca}.",
            shown(issuer)
        ),
        _ => return None,
    })
}

fn wrong_name(names: &[String], expected: &str, fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    if names.is_empty() {
        return "Reissue the certificate with the name that is used here as a subject alternative name.".to_owned();
    }
    let covered = |name: &str| names.iter().any(|pattern| covers(pattern, name));
    let or_set = |name: &str| match context.tls_keys.server_name() {
        Some(key) => format!(", or set `{key}: {name}`"),
        None => String::new(),
    };
    let endpoint = context.endpoint(evidence, Some(fault));
    if let Some(text) = other_name(names, expected, endpoint.as_ref().map(|endpoint| &endpoint.host), context.tls_keys)
    {
        return text;
    }
    if let Some(Host::Name(name)) = endpoint.as_ref().map(|endpoint| &endpoint.host) {
        let alias = found(name, evidence).and_then(|query| query.alias.as_deref());
        if let Some(alias) = alias.filter(|alias| covered(alias)) {
            let or_set = or_set(alias);
            return format!(
                "{name} is an alias (ExternalName, CNAME) of {alias}, which the certificate covers. Use that \
                 name{or_set}."
            );
        }
        // A short name, found by the search list, and a certificate for the whole one.
        let whole = found(name, evidence).map(|query| query.name.trim_end_matches('.'));
        if let Some(whole) = whole.filter(|whole| covered(whole)) {
            let or_set = or_set(whole);
            return format!(
                "The certificate covers {whole}, the full name of {name}. Use the full name in the URL{or_set}."
            );
        }
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let deeper = names.iter().find(|pattern| parent.is_some_and(|parent| covers(pattern, parent)));
        if let Some(pattern) = deeper.filter(|pattern| pattern.starts_with("*.")) {
            return format!(
                "{pattern} covers one label, and {name} has two. Issue a certificate with {name}, or a wildcard one \
                 level down."
            );
        }
    }
    let names = shown(&names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "));
    let set = context.tls_keys.server_name().map(|key| format!("set `{key}` to it"));
    if endpoint.is_some_and(|endpoint| matches!(endpoint.host, Host::Ip(_))) {
        let or_set = set.map(|set| format!(", or {set}")).unwrap_or_default();
        return format!("The URL has an address, but the certificate has names ({names}). Use such a name{or_set}.");
    }
    let set = set.map(|set| format!(", {set}")).unwrap_or_default();
    format!("Use a name that the certificate covers ({names}){set}, or issue one with the name used here.")
}

/// The check expects another name than that of the host it dials: `server_name` is set, as a rule.
fn other_name(names: &[String], expected: &str, host: Option<&Host>, keys: TlsKeyNames) -> Option<String> {
    let key = keys.server_name().filter(|_| matches!(Host::parse(expected), Ok(Host::Name(_))))?;
    let dialled = match host? {
        Host::Name(name) => name.trim_end_matches('.').to_owned(),
        Host::Ip(ip) => ip.to_string(),
    };
    if dialled == expected {
        return None;
    }
    let expected = shown(expected);
    if names.iter().any(|pattern| covers(pattern, &dialled)) {
        return Some(format!(
            "The certificate covers {dialled}, but this check expects {expected}. Remove `{key}`, or correct it."
        ));
    }
    let names = shown(&names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "));
    Some(format!(
        "This check expects the name {expected}, and the certificate covers {names}. Set `{key}` to a name that it covers; \
         if {expected} is right, {dialled} is another server."
    ))
}

const OTHER_ALPN: &str = "The server supports none of the offered protocols. Change `http_version` (of http) or \
                          `alpn` (of tls), or enable the protocol on the server.";

fn unsupported(detail: Option<&TlsDetail>) -> &'static str {
    match detail {
        Some(TlsDetail::Malformed) => {
            "Reissue the certificate as a current server certificate with its names. openssl x509 -noout -text shows \
             what it has."
        }
        Some(TlsDetail::CommonNameOnly) => {
            "Reissue the certificate with its name as a subject alternative name. Go, Python and this check reject a \
             common name alone; libpq, curl, Java and Node still accept it."
        }
        Some(TlsDetail::WeakSignature) => {
            "Reissue the certificate: RSA with at least 2048 bits or EC P-256, signed with SHA-256."
        }
        Some(TlsDetail::NothingInCommon) => {
            "Client and server share no TLS version, cipher or key type. Offer TLS 1.2 or 1.3 with AES-GCM or \
             ChaCha20 and a certificate with RSA, EC P-256 or P-384; the app's TLS library may support more."
        }
        Some(TlsDetail::NoSharedProtocol) => OTHER_ALPN,
        Some(TlsDetail::NotOffered) => {
            "The server offers no TLS. Enable it there, or use a port of the server that has it."
        }
        _ => {
            "Enable TLS 1.2 or 1.3 on the server. Older TLS clients may still connect; this check and current Go, \
             Python and Node do not."
        }
    }
}

fn handshake(detail: Option<&TlsDetail>, keys: TlsKeyNames) -> String {
    match detail {
        Some(TlsDetail::Alert(TlsDetail::UNRECOGNIZED_NAME)) => {
            let or_set = keys.server_name().map(|key| format!(", or set `{key}`")).unwrap_or_default();
            format!(
                "The server selects its certificate by the requested name and has none for this one. Use a name that \
                 it knows{or_set}."
            )
        }
        Some(TlsDetail::Alert(TlsDetail::NO_APPLICATION_PROTOCOL)) => OTHER_ALPN.to_owned(),
        _ => "The server ended the handshake with an alert. Its log at this time shows why.".to_owned(),
    }
}
