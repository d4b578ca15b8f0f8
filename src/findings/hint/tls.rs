//! Hints for TLS.

mod placeholder;

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::findings::host_class::found;
use crate::findings::resolution::covers;
use crate::findings::tls_key_names::TlsKeyNames;
use crate::findings::wording::short;
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};
use crate::timestamp::rfc3339_unix;
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
    let of_certificate = matches!(fault.cause, Cause::TlsUntrusted | Cause::TlsWrongName | Cause::TlsExpired);
    if of_certificate && let Some(text) = placeholder::hint(fault, evidence, context) {
        return Some(text);
    }
    Some(match fault.cause {
        Cause::ProbeLimit => limit(detail?)?.to_owned(),
        Cause::TlsUntrusted => untrusted(detail, keys)?,
        Cause::TlsExpired => expired(detail, keys),
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

fn untrusted(detail: Option<&TlsDetail>, keys: TlsKeyNames) -> Option<String> {
    let ca = keys.ca();
    Some(match detail? {
        TlsDetail::NotForServers => {
            "Reissue the certificate with serverAuth in its extended key usages. This one is for clients.".to_owned()
        }
        TlsDetail::AuthorityAsServer => {
            "The server shows an authority's own certificate, which may only sign others. Issue a certificate for the \
             server with it, and serve that one."
                .to_owned()
        }
        TlsDetail::CriticalExtension => {
            "Reissue the certificate without the critical extension that no client knows. openssl x509 -noout -text \
             shows it."
                .to_owned()
        }
        TlsDetail::Malformed => {
            "What the server shows is no certificate that can be read. Replace it, or compare the port: openssl s_client \
             -connect HOST:PORT -showcerts shows what comes."
                .to_owned()
        }
        TlsDetail::BreaksConstraints => {
            "Reissue the certificate within what its authorities allow (names, length of the chain). openssl verify \
             -CAfile CA -untrusted CHAIN LEAF names the rule."
                .to_owned()
        }
        TlsDetail::NoCertificate => {
            "The server sent no certificate. Give the server one, or use its port without TLS.".to_owned()
        }
        TlsDetail::IssuerKeyChanged => format!(
            "Mount the current certificate of the authority and set it as {ca}. A recreated Secret keeps its name but \
             has another key."
        ),
        TlsDetail::SelfSigned => {
            format!("The server sent a self-signed certificate. Mount that certificate (or its authority's) and set it as {ca}.")
        }
        TlsDetail::ChainEndsAt { issuer } => format!(
            "The chain ends in {}, which is not trusted here. Mount the certificate of that authority and set it as \
             {ca}.",
            short(issuer)
        ),
        TlsDetail::IssuerNotSent { issuer } => format!(
            "The server does not send the certificate of {}. If that is an intermediate authority, let the server \
             send it too (fullchain.pem); otherwise mount its certificate and set it as {ca}.",
            short(issuer)
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
    let names = short(&names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "));
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
    let expected = short(expected);
    if names.iter().any(|pattern| covers(pattern, &dialled)) {
        return Some(format!(
            "The certificate covers {dialled}, but this check expects {expected}. Remove `{key}`, or correct it."
        ));
    }
    let names = short(&names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "));
    Some(format!(
        "This check expects the name {expected}, and the certificate covers {names}. Set `{key}` to a name that it covers; \
         if {expected} is right, {dialled} is another server."
    ))
}

const OTHER_ALPN: &str = "The server supports none of the offered protocols. Change `http_version` (of http) or \
                          `alpn` (of tls), or enable the protocol on the server.";

fn unsupported(detail: Option<&TlsDetail>) -> &'static str {
    match detail {
        Some(TlsDetail::NoSharedProtocol) => OTHER_ALPN,
        Some(TlsDetail::NotOffered) => {
            "The server offers no TLS. Enable TLS on the server, or use a port of the server that has it."
        }
        Some(TlsDetail::StartTlsNotOffered) => {
            "The server offers no STARTTLS here. Enable it on the server (Postfix: smtpd_tls_security_level = may and a \
             certificate), or use another port: mail servers offer it on 587 and expect TLS at once on 465."
        }
        Some(TlsDetail::StartTlsRefused { temporary: true }) => {
            "The server offers STARTTLS but cannot start it: as a rule it cannot read its certificate or key. Read the \
             server's log, and check the files (Postfix: smtpd_tls_cert_file) and the Secret that they come from."
        }
        Some(TlsDetail::StartTlsRefused { temporary: false }) => {
            "The server offers STARTTLS but rejects the command for this client. Read the server's log: its policy, or \
             a proxy in front of it, disables TLS here."
        }
        _ => "Client and server do not agree on TLS. Enable TLS on both sides, or disable it on both.",
    }
}

/// What to set on a server that only pilotfish cannot check; at least that the app may work all the same.
const fn limit(detail: &TlsDetail) -> Option<&'static str> {
    Some(match detail {
        TlsDetail::OldVersion => {
            "The app's TLS stack may accept TLS 1.0 or 1.1 (old Java, OpenSSL with SECLEVEL=0), and pilotfish does not. \
             Enable TLS 1.2 or 1.3 on the server (nginx: ssl_protocols TLSv1.2 TLSv1.3)."
        }
        TlsDetail::NothingInCommon => {
            "The app may well connect: OpenSSL, Go and Java accept more. On the server, enable a cipher (ECDHE with AES-GCM \
             or ChaCha20), a group (X25519, P-256, P-384) and a key (RSA, EC P-256) that pilotfish offers; the alert does not \
             show which is missing, nor whether it wants another name (SNI)."
        }
        TlsDetail::UnsupportedSignature => {
            "The app's TLS stack (OpenSSL, Java) may accept this certificate, and pilotfish cannot verify it. Reissue it \
             and its authorities with EC P-256 or RSA of 2048 to 8192 bits, signed with SHA-256."
        }
        TlsDetail::UnsupportedKey => {
            "The app's TLS stack may use this key, and pilotfish cannot. Give this check a client certificate of its own, \
             with a key of EC P-256 or RSA of 2048 to 4096 bits."
        }
        TlsDetail::Malformed => {
            "The app's TLS stack may read this certificate, and pilotfish does not. Reissue it as a current server \
             certificate; openssl x509 -noout -text shows what it has."
        }
        _ => return None,
    })
}

fn expired(detail: Option<&TlsDetail>, keys: TlsKeyNames) -> String {
    let ca = keys.ca();
    match detail {
        Some(TlsDetail::RootExpired { subject, at, of_system: true }) => format!(
            "The server's own certificate is valid, but its root {} expired on {}. Update the trust store of this image \
             (ca-certificates), and let the server send its current chain (fullchain.pem), not the old one.",
            short(subject),
            date(*at)
        ),
        Some(TlsDetail::RootExpired { subject, at, of_system: false }) => format!(
            "The server's own certificate is valid, but {} in {ca} expired on {}. Mount its current certificate; if there \
             is none, recreate the authority and reissue what it signed, for every app that trusts it.",
            short(subject),
            date(*at)
        ),
        Some(TlsDetail::IntermediateExpired { subject, at, issuer_is_trusted: true }) => format!(
            "The server's own certificate is valid, but {} above it expired on {}. Get the current one from its \
             authority, and let the server send it (fullchain.pem).",
            short(subject),
            date(*at)
        ),
        Some(TlsDetail::IntermediateExpired { subject, at, issuer_is_trusted: false }) => format!(
            "The server's own certificate is valid, but it sends an old chain: {} expired on {}. Remove it from the chain \
             (fullchain.pem), and update the trust store here (ca-certificates, or {ca}).",
            short(subject),
            date(*at)
        ),
        _ => "Renew the certificate (kubectl get certificate -A, if cert-manager manages it) and reload the server, \
              because many servers read it only at start."
            .to_owned(),
    }
}

/// `2021-09-30`.
fn date(unix: i64) -> String {
    rfc3339_unix(unix).chars().take_while(|c| *c != 'T').collect()
}

const LONG_CHAIN: &str = "The server sends too many certificates, or too costly ones. Let it send its own and the \
                          intermediate ones alone, each once and without the root (fullchain.pem).";

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
        Some(TlsDetail::KeyNotProven) => {
            "The certificate and the key of the server do not belong together, or another machine shows its \
             certificate. Compare openssl x509 -noout -pubkey with openssl pkey -pubout on the server."
                .to_owned()
        }
        Some(TlsDetail::BreaksConstraints) => LONG_CHAIN.to_owned(),
        _ => "The server ended the handshake with an alert. Read the server's log at that time.".to_owned(),
    }
}
