//! Hints that are the `oidc` kind's own.

use crate::check::provider;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault};

/// Codes of what a provider rejects.
pub(super) mod code {
    /// The client.
    pub(in super::super) const CLIENT: &str = "oidc_client";
    /// Its redirect URI.
    pub(in super::super) const URI: &str = "oidc_redirect_uri";
    /// Its endpoint is elsewhere.
    pub(in super::super) const MOVED: &str = "oidc_moved";
}

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let Some(Detail::Protocol { code, .. }) = fault.detail else {
        return provider::of_document(fault, evidence, context);
    };
    let text = match code {
        code::CLIENT => {
            "Compare `client_id` with the client that is registered at this issuer: it may belong to another realm, tenant or \
             stage, or be disabled."
        }
        code::MOVED => {
            "Set the public https:// URL at the provider (Keycloak: `hostname`, `proxy-headers`): its discovery document names an \
             authorization endpoint that redirects."
        }
        code::URI => {
            "Add this redirect URI to the client at the provider, exactly as it is: scheme, host, port, path and final slash. If \
             it is not the app's public URL, set that first (Better Auth: BETTER_AUTH_URL)."
        }
        _ => {
            return provider::hint(code).map(str::to_owned).or_else(|| provider::of_document(fault, evidence, context));
        }
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{code, hint};
    use crate::cause::Cause;
    use crate::findings::Context;
    use crate::outcome::{Detail, Evidence, Fault, Phase, assert_hint};

    #[test]
    fn every_failure_of_its_own_has_a_hint() {
        for code in [code::CLIENT, code::URI, code::MOVED] {
            let fault = Fault::new(Phase::Assert, Cause::RedirectUriRejected, "x");
            let fault = fault.with(Detail::Protocol { code, product: None });
            assert_hint(&hint(&fault, &Evidence::default(), &Context::default()).expect("a hint"));
        }
    }
}
