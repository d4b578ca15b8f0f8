//! Certificates that stand in for another one: of ingress controllers without a certificate for the host, of issuers that
//! have not issued yet. To trust them would be the wrong fix.

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::findings::wording::short;
use crate::outcome::{Certificate, Evidence, Fault};
use crate::url::Host;

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholder {
    /// An ingress controller or gateway has no certificate for the host that was asked for.
    Ingress(&'static str),
    /// A server's own certificate is not configured.
    Unconfigured,
    /// cert-manager has not got the certificate yet (`issue-temporary-certificate`).
    NotIssuedYet,
    /// Let's Encrypt's environment for tests.
    Staging,
    /// OpenShift's router shows the certificate of the cluster; right for hosts below its wildcard.
    Router,
}

/// An attribute of a subject: `CN=…`, and who shows it.
const SUBJECTS: [(&str, Placeholder); 4] = [
    // ingress-nginx, and jcmoraisjr's HAProxy Ingress.
    ("CN=Kubernetes Ingress Controller Fake Certificate", Placeholder::Ingress("The ingress controller")),
    ("CN=TRAEFIK DEFAULT CERT", Placeholder::Ingress("Traefik")),
    // F5's NGINX Ingress Controller.
    ("CN=NGINXIngressController", Placeholder::Ingress("NGINX Ingress Controller")),
    // The example of Go's crypto/tls, which many programs start with.
    ("O=Acme Co", Placeholder::Unconfigured),
];
/// How the common name of an issuer begins, and who it is.
const ISSUERS: [(&str, Placeholder); 4] = [
    ("CN=ingress-operator@", Placeholder::Router),
    ("CN=cert-manager.local", Placeholder::NotIssuedYet),
    ("CN=(STAGING) ", Placeholder::Staging),
    ("CN=Fake LE ", Placeholder::Staging),
];

/// How certificates name themselves that nobody has replaced yet.
const WORDS: [&str; 5] = ["fake cert", "default cert", "haproxy-default", "placeholder", "snakeoil"];

/// The hint for a placeholder, where one was shown.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<String> {
    let endpoint = context.endpoint(evidence, Some(fault));
    let host = endpoint.map(|endpoint| endpoint.host);
    let placeholder = of(evidence.facts.certificates.first()?, host.as_ref())?;
    if placeholder == Placeholder::Router && fault.cause != Cause::TlsWrongName {
        return None;
    }
    let this_host = match host {
        Some(Host::Name(name)) => short(&name),
        _ => "this host".to_owned(),
    };
    Some(match placeholder {
        Placeholder::Ingress(who) => format!(
            "{who} answers with its placeholder certificate: no Ingress with a usable TLS Secret covers {this_host}. \
             Correct the host here, or the hosts and secretName there (kubectl get ingress,secret -A)."
        ),
        Placeholder::Unconfigured => format!(
            "The server shows a placeholder certificate, because its own is not configured. Point the server, or the \
             secretName of its Ingress or Gateway, to the Secret with the certificate for {this_host}."
        ),
        Placeholder::Router => format!(
            "The OpenShift router answers with the default certificate of the cluster: no Route with a certificate of its \
             own covers {this_host}. Set spec.tls in that Route, or use a host below the router's wildcard."
        ),
        Placeholder::NotIssuedYet => {
            "This is cert-manager's temporary certificate: the real one is not issued yet. Check what it waits for: \
             kubectl get certificate,certificaterequest,order,challenge -A"
                .to_owned()
        }
        Placeholder::Staging => "The certificate is from Let's Encrypt's staging environment, which no client trusts. \
                                 Set the issuer to https://acme-v02.api.letsencrypt.org/directory, and delete the \
                                 Secret so that the certificate is issued again."
            .to_owned(),
    })
}

fn of(leaf: &Certificate, host: Option<&Host>) -> Option<Placeholder> {
    let has = |name: &str, attribute: &str| name.split(',').any(|part| part == attribute);
    let by_subject = SUBJECTS.iter().find(|(attribute, _)| has(&leaf.subject, attribute));
    let begins = |start: &str| leaf.issuer.split(',').any(|part| part.starts_with(start));
    let by_issuer = || ISSUERS.iter().find(|(start, _)| begins(start));
    let known = by_subject.or_else(by_issuer).map(|(_, placeholder)| *placeholder);
    known.or_else(|| is_of_nobody(leaf, host).then_some(Placeholder::Unconfigured))
}

/// Whether it was signed by itself and names this machine alone, as Kong's default does, or calls itself a placeholder,
/// and another host was asked for.
fn is_of_nobody(leaf: &Certificate, host: Option<&Host>) -> bool {
    let common_names = || leaf.subject.split(',').filter_map(|part| part.strip_prefix("CN="));
    let local = |name: &str| matches!(name, "localhost" | "localhost.localdomain" | "127.0.0.1" | "::1");
    let asked = match host {
        Some(Host::Name(name)) => !local(name.trim_end_matches('.')) && !name.ends_with(".localhost"),
        Some(Host::Ip(ip)) => !ip.is_loopback(),
        None => true,
    };
    let is_local = common_names().any(local) && leaf.names.iter().all(|name| local(name));
    let covers = |host: &Host| leaf.names.contains(&host.to_string());
    let says_so = |name: &str| WORDS.iter().any(|word| name.to_ascii_lowercase().contains(word));
    let is_named_so = common_names().any(says_so) && !host.is_some_and(covers);
    leaf.subject == leaf.issuer && (is_named_so || asked && is_local)
}

#[cfg(test)]
mod tests {
    use crate::cause::Cause;
    use crate::findings::Context;
    use crate::findings::general_hint;
    use crate::outcome::{Certificate, Detail, Evidence, Facts, Fault, Phase, TlsDetail};
    use crate::url::{Endpoint, Host};

    fn hint(cause: Cause, subject: &str, issuer: &str, names: &[&str], host: &str) -> String {
        let leaf = Certificate {
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            not_before: 0,
            not_after: 1,
        };
        let evidence =
            Evidence { facts: Facts { certificates: vec![leaf], ..Facts::default() }, ..Evidence::default() };
        let endpoint = Endpoint { host: Host::parse(host).unwrap(), port: 443 };
        let context = Context { endpoints: std::slice::from_ref(&endpoint), ..Context::default() };
        let detail = match cause {
            Cause::TlsWrongName => {
                TlsDetail::WrongName { names: vec!["a.lab".to_owned()], expected: "b.lab".to_owned() }
            }
            _ => TlsDetail::SelfSigned,
        };
        let text = general_hint(&Fault::new(Phase::Tls, cause, "").with(Detail::Tls(detail)), &evidence, &context);
        assert!(text.len() <= 300, "{}: {text}", text.len());
        text
    }

    /// Subjects and issuers from public reports of each product.
    #[test]
    fn a_placeholder_is_never_mounted_as_ca() {
        const FAKE: &str = "O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate";
        const OTHER_ORDER: &str = "CN=Kubernetes Ingress Controller Fake Certificate,O=Acme Co";
        const KONG: &str = "C=US,ST=California,L=San Francisco,O=Kong,OU=IT Department,CN=localhost";
        let host = "shop.example.com";
        for cause in [Cause::TlsUntrusted, Cause::TlsWrongName, Cause::TlsExpired] {
            for (subject, issuer, names, says) in [
                (FAKE, FAKE, &["ingress.local"][..], "no Ingress with a usable TLS Secret covers shop.example.com"),
                (OTHER_ORDER, OTHER_ORDER, &["ingress.local"], "The ingress controller answers"),
                (
                    "CN=TRAEFIK DEFAULT CERT",
                    "CN=TRAEFIK DEFAULT CERT",
                    &["a1b2.c3d4.traefik.default"],
                    "Traefik answers",
                ),
                ("CN=NGINXIngressController", "CN=NGINXIngressController", &[], "NGINX Ingress Controller answers"),
                ("O=Acme Co", "O=Acme Co", &["example.com"], "its own is not configured"),
                (KONG, KONG, &[], "its own is not configured"),
                ("CN=localhost", "CN=localhost", &["localhost", "127.0.0.1"], "its own is not configured"),
                ("CN=HAPROXY-DEFAULT", "CN=HAPROXY-DEFAULT", &[], "its own is not configured"),
                (
                    "CN=Default Certificate,O=Gateway",
                    "CN=Default Certificate,O=Gateway",
                    &[],
                    "its own is not configured",
                ),
                ("serialNumber=1234567890", "CN=cert-manager.local", &[host], "temporary certificate"),
                (
                    "CN=shop.example.com",
                    "C=US,O=(STAGING) Let's Encrypt,CN=(STAGING) Riddling Rhubarb R12",
                    &[host],
                    "staging",
                ),
                ("CN=shop.example.com", "CN=Fake LE Intermediate X1", &[host], "staging"),
            ] {
                let text = hint(cause, subject, issuer, names, host);
                assert!(text.contains(says) && !text.contains("`ca`"), "{subject}: {text}");
            }
        }
    }

    #[test]
    fn the_router_of_openshift_has_a_certificate_for_its_wildcard() {
        let (subject, issuer, names) = ("CN=*.apps.lab", "CN=ingress-operator@1764175443", &["*.apps.lab"][..]);
        let text = hint(Cause::TlsWrongName, subject, issuer, names, "shop.example.com");
        assert!(text.contains("no Route with a certificate of its own covers shop.example.com"), "{text}");
        let text = hint(Cause::TlsUntrusted, subject, issuer, names, "shop.apps.lab");
        assert!(text.contains("`ca`"), "the authority of the cluster is one to trust: {text}");
    }

    #[test]
    fn what_only_looks_like_a_placeholder() {
        for (subject, issuer, names, host) in [
            ("CN=shop.example.com,O=Acme Corp", "CN=Acme Root", &["shop.example.com"][..], "shop.example.com"),
            ("CN=shop.example.com", "CN=cert-manager-ca", &["shop.example.com"], "shop.example.com"),
            ("CN=localhost", "CN=localhost", &["localhost"], "localhost"),
            ("CN=localhost", "CN=localhost", &["localhost"], "127.0.0.1"),
            ("CN=localhost", "CN=localhost", &["localhost", "db.shop.svc"], "db.shop.svc"),
            ("CN=localhost", "CN=Lab Root", &["localhost"], "db"),
            ("CN=default cert of shop", "CN=default cert of shop", &["shop.example.com"], "shop.example.com"),
            ("CN=Traefik", "CN=Traefik", &["traefik.example.com"], "traefik.example.com"),
        ] {
            let text = hint(Cause::TlsUntrusted, subject, issuer, names, host);
            assert!(text.contains("`ca`"), "{subject}: {text}");
        }
    }
}
