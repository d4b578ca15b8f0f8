//! Hints for TLS.

use crate::cause::Cause;
use crate::outcome::{Evidence, Fault};

pub(super) fn hint(fault: &Fault, evidence: &Evidence, kind: &str) -> String {
    let leaf = evidence.facts.certificates.first();
    match fault.cause {
        Cause::TlsUntrusted => {
            let issuer = leaf.map_or_else(String::new, |leaf| format!(" ({})", leaf.issuer));
            let top = evidence.facts.certificates.last().map_or_else(String::new, |last| format!(" ({})", last.issuer));
            let alone = evidence.facts.certificates.len() == 1;
            let own = leaf.is_some_and(|leaf| leaf.subject == leaf.issuer);
            match (own, alone) {
                (true, true) => "the server shows a self-signed certificate: mount it (or its authority) and name it as `ca`".to_owned(),
                (false, true) => format!(
                    "the server sends its own certificate alone, issued by an authority{issuer} that is not trusted here: give that \
                     authority as `ca`, or, if it is an intermediate one, let the server send it too"
                ),
                _ => format!("the chain ends in an authority{top} that is not trusted here: mount its certificate and name it as `ca`"),
            }
        }
        Cause::TlsExpired => "renew the certificate (kubectl get certificate, if cert-manager makes it), and reload the server: many \
             read it only at their start"
            .to_owned(),
        Cause::TlsNotYetValid => "the certificate begins in the future: compare the clocks of this node and of the one that issued it \
             (date -u)"
            .to_owned(),
        Cause::TlsWrongName => match leaf {
            Some(leaf) if !leaf.names.is_empty() => {
                let names = leaf.names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("use a name that the certificate has ({names}), set `server_name` to it, or issue one with the name used here")
            }
            _ => "issue a certificate with the name that is used here as a subject alternative name".to_owned(),
        },
        Cause::TlsNotTls => match kind {
            "postgres" => "the port does not speak TLS: correct the port, or lower `sslmode`".to_owned(),
            _ => "that port speaks plain text: use the TLS port, or a URL without TLS (http, tcp)".to_owned(),
        },
        // The handshake came as far as the certificate: that is what was refused.
        Cause::TlsUnsupported if leaf.is_some_and(|leaf| leaf.names.is_empty()) => {
            "issue the certificate anew with the name that is used here as a subject alternative name".to_owned()
        }
        Cause::TlsUnsupported => match kind {
            "postgres" => "make both sides agree: switch TLS on in the server (ssl = on), or set `sslmode` to what it offers \
                 (disable without TLS, require or verify-full with it)"
                .to_owned(),
            _ => "the other side offers no TLS that is still safe, or wants it where it is off: allow TLS 1.2 or 1.3 there, or use https"
                .to_owned(),
        },
        Cause::TlsClientCertRequired => "mount a client certificate and name it as `cert` and `key`; where they are given, the server \
             does not trust their issuer"
            .to_owned(),
        Cause::TlsHandshakeFailed => "the server ended the handshake with the alert above: its own log says why".to_owned(),
        other => other.info().remedy.to_owned(),
    }
}
