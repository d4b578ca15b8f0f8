//! Hints that are the `token` kind's own.

use crate::check::{provider, slip};
use crate::findings::{Context, secret_hint};
use crate::outcome::{Detail, Evidence, Fault};

/// Codes of why a token is rejected.
pub(super) mod code {
    /// The text is no token.
    pub(in super::super) const SHAPE: &str = "token_shape";
    /// It is not signed.
    pub(in super::super) const UNSIGNED: &str = "token_unsigned";
    /// Another algorithm.
    pub(in super::super) const ALG: &str = "token_alg";
    /// A secret where a key set is needed.
    pub(in super::super) const NEEDS_SET: &str = "token_needs_set";
    /// A key set where a secret is needed.
    pub(in super::super) const NEEDS_SECRET: &str = "token_needs_secret";
    /// The set has not the key.
    pub(in super::super) const KEY: &str = "token_key";
    /// Another key signed it.
    pub(in super::super) const SIGNATURE: &str = "token_signature";
    /// Another secret signed it.
    pub(in super::super) const SECRET: &str = "token_secret";
    /// The secret has white space.
    pub(in super::super) const SPACE: &str = "token_secret_space";
    /// The secret is in quotes.
    pub(in super::super) const QUOTES: &str = "token_secret_quotes";
    /// The secret is base64.
    pub(in super::super) const BASE64: &str = "token_secret_base64";
    /// Another issuer.
    pub(in super::super) const ISSUER: &str = "token_issuer";
    /// Another audience.
    pub(in super::super) const AUDIENCE: &str = "token_audience";
    /// What answers is no key set.
    pub(in super::super) const NO_SET: &str = "token_no_set";
    /// A key that pilotfish does not know.
    pub(in super::super) const LIMIT: &str = "token_limit";
}

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let Some(Detail::Protocol { code, .. }) = fault.detail else {
        return provider::of_document(fault, evidence, context);
    };
    if let Some(text) = secret_hint(context).filter(|_| code == code::SECRET) {
        return Some(text);
    }
    let text = match code {
        code::SHAPE => {
            "Set `token` to one JWT of three parts, without `Bearer `, quotes or white space: recreate the Secret with \
             `printf %s`, not `echo`."
        }
        code::UNSIGNED => "Let the issuer sign its tokens. Never allow `none` in a verifier.",
        code::ALG => {
            "Allow the algorithm that the issuer signs with (Better Auth: EdDSA) in the verifier, such as \
             `algorithms=[\"EdDSA\"]` in PyJWT."
        }
        code::NEEDS_SET => {
            "Verify with the key set of the issuer (`jwks`; Better Auth: `/api/auth/jwks`) and allow its algorithm. The shared \
             secret does not sign tokens there."
        }
        code::NEEDS_SECRET => {
            "Verify with the shared secret of the issuer (`secret`), or let the issuer sign with a key pair (EdDSA, RS256)."
        }
        code::KEY => {
            "Compare `jwks` with the issuer that signed the token: it may be of another deployment. If the keys were rotated, \
             get a new sample token."
        }
        code::SIGNATURE => {
            "Compare the deployment that signed the token with the one of `jwks`: their keys share a kid and differ. Get a new \
             sample token if the key was replaced."
        }
        code::SECRET => {
            "Set the same secret on both sides: compare the Secret that the issuer mounts with the verifier's. After a change, \
             restart both and get a new sample token."
        }
        code::SPACE => {
            "Recreate the Secret with `printf %s`, not `echo`, on the side that has the white space, and restart it."
        }
        code::QUOTES => slip::QUOTES,
        code::BASE64 => {
            "Make both sides read the secret alike: one decodes its base64, the other uses its text. Decode it in the verifier \
             as well, or use a plain text on both sides."
        }
        code::ISSUER => {
            "Set the verifier's issuer to the `iss` that the issuer writes, character by character (Better Auth: the origin of \
             BETTER_AUTH_URL, which is the public URL), or set `jwt.issuer` there."
        }
        code::AUDIENCE => {
            "Set the verifier's audience to the `aud` that the issuer writes (Better Auth: the origin of BETTER_AUTH_URL; \
             Keycloak: `account`, unless a mapper adds yours)."
        }
        code::NO_SET => {
            "Use the path of the API and the Service of the app that signs (Better Auth: `/api/auth/jwks`): a page or another \
             document answers here."
        }
        code::LIMIT => {
            "Verify a sample token with the library of the app: this check says nothing about its signature."
        }
        _ => return provider::of_document(fault, evidence, context),
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{code, hint};
    use crate::cause::Cause;
    use crate::check::provider::coded_fault;
    use crate::findings::Context;
    use crate::outcome::{Evidence, assert_hint};

    #[test]
    fn every_failure_of_its_own_has_a_hint() {
        for code in [
            code::SHAPE,
            code::UNSIGNED,
            code::ALG,
            code::NEEDS_SET,
            code::NEEDS_SECRET,
            code::KEY,
            code::SIGNATURE,
            code::SECRET,
            code::SPACE,
            code::QUOTES,
            code::BASE64,
            code::ISSUER,
            code::AUDIENCE,
            code::NO_SET,
            code::LIMIT,
        ] {
            let fault = coded_fault(Cause::TokenRejected, code, "x");
            assert_hint(&hint(&fault, &Evidence::default(), &Context::default()).expect(code));
        }
    }
}
