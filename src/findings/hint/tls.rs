//! Hints for TLS.

use crate::cause::Cause;
use crate::findings::host_class::found;
use crate::findings::resolution::covers;
use crate::findings::{Context, TlsKeyNames};
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};
use crate::url::Host;

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<String> {
    let keys = context.tls_keys;
    if is_mesh(evidence)
        && matches!(fault.cause, Cause::TlsUntrusted | Cause::TlsWrongName | Cause::TlsClientCertRequired)
    {
        let text = "a service mesh's proxy answers there with a certificate of its own: leave TLS to this pod's proxy (http://, no TLS \
                    in the check), and put the pod into the mesh if it has none";
        return Some(text.to_owned());
    }
    let detail = match &fault.detail {
        Some(Detail::Tls(detail)) => Some(detail),
        _ => None,
    };
    Some(match fault.cause {
        Cause::TlsUntrusted => untrusted(detail, keys)?,
        Cause::TlsExpired if detail == Some(&TlsDetail::RootExpired) => format!(
            "make the authority anew, mount its new certificate as {ca}, and let it sign the server's: every app that trusts \
             the old one needs the new one too",
            ca = keys.ca()
        ),
        Cause::TlsExpired => {
            "renew the certificate (kubectl get certificate -A, if cert-manager makes it) and reload the \
             server, since many read it only at their start"
                .to_owned()
        }
        Cause::TlsNotYetValid => {
            "the certificate begins in the future: compare the clocks of this node and of the one that \
             issued it (date -u); if both are right, it was issued for later"
                .to_owned()
        }
        Cause::TlsWrongName => {
            let names = match detail {
                Some(TlsDetail::WrongName { names }) => names.as_slice(),
                _ => &[],
            };
            wrong_name(names, fault, evidence, context)
        }
        Cause::TlsNotTls if fault.detail == Some(Detail::Stream(StreamDetail::Unrecognised)) => {
            "compare the port with the server's TLS port (kubectl get svc)".to_owned()
        }
        Cause::TlsNotTls => {
            "that port speaks plain text: use the server's TLS port, or switch TLS off for this target".to_owned()
        }
        Cause::TlsUnsupported => unsupported(detail).to_owned(),
        Cause::TlsClientCertRequired => format!(
            "mount a client certificate and name it as {cert} and {key}; where they are given, the server does not trust \
             their issuer: compare that with the authorities it names",
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
            "issue the certificate anew with serverAuth among its extended key usages: this one is for clients"
                .to_owned()
        }
        TlsDetail::BreaksConstraints => {
            "issue the certificate anew within what its authorities allow (names, length of the chain): openssl verify \
             -CAfile CA -untrusted CHAIN LEAF names the rule"
                .to_owned()
        }
        TlsDetail::NoCertificate => {
            "the server showed no certificate: let it have one, or use its port without TLS".to_owned()
        }
        TlsDetail::IssuerKeyChanged => format!(
            "mount the certificate that the authority has now and name it as {ca}: a Secret that was made anew keeps the name"
        ),
        TlsDetail::SelfSigned => {
            format!("the server shows a self-signed certificate: mount it (or its authority) and name it as {ca}")
        }
        TlsDetail::ChainEndsAt { issuer } => format!(
            "the chain ends in {}, which is not trusted here: mount that authority's certificate and name it as {ca}",
            shown(issuer)
        ),
        TlsDetail::IssuerNotSent { issuer } => format!(
            "the server sends no certificate of {}: if that is an intermediate authority, let the server send it too \
             (fullchain.pem), else mount its certificate and name it as {ca}",
            shown(issuer)
        ),
        _ => return None,
    })
}

fn wrong_name(names: &[String], fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    if names.is_empty() {
        return "issue the certificate with the name that is used here as a subject alternative name".to_owned();
    }
    let covered = |name: &str| names.iter().any(|pattern| covers(pattern, name));
    let or_set = |name: &str| match context.tls_keys.server_name() {
        Some(key) => format!(", or set `{key}: {name}`"),
        None => String::new(),
    };
    let endpoint = context.endpoint(evidence, Some(fault));
    if let Some(Host::Name(name)) = endpoint.as_ref().map(|endpoint| &endpoint.host) {
        let alias = found(name, evidence).and_then(|query| query.alias.as_deref());
        if let Some(alias) = alias.filter(|alias| covered(alias)) {
            let or_set = or_set(alias);
            return format!(
                "{name} is an alias (ExternalName, CNAME) of {alias}, which the certificate is for: use that name{or_set}"
            );
        }
        // A short name, found by the search list, and a certificate for the whole one.
        let whole = found(name, evidence).map(|query| query.name.trim_end_matches('.'));
        if let Some(whole) = whole.filter(|whole| covered(whole)) {
            let or_set = or_set(whole);
            return format!(
                "the certificate is good for {whole}, the full name of {name}: use that in the URL{or_set}"
            );
        }
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let deeper = names.iter().find(|pattern| parent.is_some_and(|parent| covers(pattern, parent)));
        if let Some(pattern) = deeper.filter(|pattern| pattern.starts_with("*.")) {
            return format!(
                "{pattern} covers one label and {name} has two: issue a certificate with {name} or a star one level down"
            );
        }
    }
    let names = shown(&names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "));
    let set = context.tls_keys.server_name().map(|key| format!("set `{key}` to it"));
    if endpoint.is_some_and(|endpoint| matches!(endpoint.host, Host::Ip(_))) {
        let or_set = set.map(|set| format!(", or {set}")).unwrap_or_default();
        return format!("the URL has an address and the certificate names ({names}): use such a name{or_set}");
    }
    let set = set.map(|set| format!(", {set}")).unwrap_or_default();
    format!("use a name that the certificate has ({names}){set}, or issue one with the name used here")
}

const OTHER_ALPN: &str = "the server speaks another protocol than the ones offered: change `http_version` (of http) or `alpn` (of \
                          tls), or enable it in the server";

fn unsupported(detail: Option<&TlsDetail>) -> &'static str {
    match detail {
        Some(TlsDetail::Malformed) => {
            "issue the certificate anew, as a server's of today with its names: openssl x509 -noout -text shows what it has"
        }
        Some(TlsDetail::CommonNameOnly) => {
            "issue the certificate anew with its name as a subject alternative name: Go and Python refuse a common name \
             alone, as here; libpq, curl, Java and Node still take it"
        }
        Some(TlsDetail::WeakSignature) => {
            "issue the certificate anew: RSA of 2048 bits or more or EC P-256, signed with SHA-256"
        }
        Some(TlsDetail::NothingInCommon) => {
            "no version, cipher or kind of key is shared: offer TLS 1.2 or 1.3 with AES-GCM or ChaCha20 and a certificate of \
             RSA, EC P-256 or P-384; what the app uses may know more"
        }
        Some(TlsDetail::NoSharedProtocol) => OTHER_ALPN,
        Some(TlsDetail::NotOffered) => {
            "the server offers no TLS: switch it on there, or use a port of the server that has it"
        }
        _ => {
            "let the server allow TLS 1.2 or 1.3; older clients of the app may still get through, this check and Go, Python \
             and Node of today do not"
        }
    }
}

fn handshake(detail: Option<&TlsDetail>, keys: TlsKeyNames) -> String {
    match detail {
        Some(TlsDetail::Alert(TlsDetail::UNRECOGNIZED_NAME)) => {
            let or_set = keys.server_name().map(|key| format!(", or set `{key}`")).unwrap_or_default();
            format!(
                "the server chooses its certificate by the name it is asked for and has none for this one: use a name it knows{or_set}"
            )
        }
        Some(TlsDetail::Alert(TlsDetail::NO_APPLICATION_PROTOCOL)) => OTHER_ALPN.to_owned(),
        _ => "the server ended the handshake with an alert: its own log at this time says why".to_owned(),
    }
}
