//! Hints that are the `jwks` kind's own.

use crate::check::{postgres, provider, slip};
use crate::findings::{Context, secret_hint};
use crate::outcome::{Detail, Evidence, Fault, Phase};

/// Codes of what is wrong with a key set or a stored key.
pub(super) mod code {
    /// HTML answers.
    pub(in super::super) const PAGE: &str = "jwks_page";
    /// The answer is no key set.
    pub(in super::super) const NO_SET: &str = "jwks_no_set";
    /// It has no key.
    pub(in super::super) const EMPTY: &str = "jwks_empty";
    /// No key is for signatures.
    pub(in super::super) const UNUSABLE: &str = "jwks_unusable";
    /// No key is for the algorithm.
    pub(in super::super) const ALG: &str = "jwks_alg";
    /// Fewer keys than are asked for.
    pub(in super::super) const FEW: &str = "jwks_few";
    /// The secret does not fit the stored key.
    pub(in super::super) const WRONG_SECRET: &str = "jwks_wrong_secret";
    /// The secret fits without its white space.
    pub(in super::super) const SPACE: &str = "jwks_secret_space";
    /// The secret fits with a line break at its end.
    pub(in super::super) const LINE: &str = "jwks_secret_line";
    /// The secret fits without its quotes.
    pub(in super::super) const QUOTES: &str = "jwks_secret_quotes";
    /// The stored key names a version of the secret that is not set.
    pub(in super::super) const VERSION: &str = "jwks_secret_version";
    /// The stored text is in none of the forms of Better Auth.
    pub(in super::super) const FORMAT: &str = "jwks_format";
    /// It is not PostgreSQL.
    pub(in super::super) const OTHER_DATABASE: &str = "jwks_database";
    /// The database has no such table.
    pub(in super::super) const NO_TABLE: &str = "jwks_no_table";
}

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let of_way = || match fault.phase == Phase::Login || matches!(fault.detail, Some(Detail::SqlState { .. })) {
        true => postgres::hint::hint(fault, evidence, context),
        false => provider::of_document(fault, evidence, context),
    };
    let Some(Detail::Protocol { code, .. }) = fault.detail else { return of_way() };
    if let Some(text) = secret_hint(context).filter(|_| code == code::WRONG_SECRET) {
        return Some(text);
    }
    let text = match code {
        code::PAGE => {
            "Use the path of the API and the Service of the app that signs (Better Auth: `/api/auth/jwks`). A frontend's \
             router or a login page answers here, and a JWT library would show a JSON error."
        }
        code::EMPTY => {
            "Create a signing key at the issuer (Better Auth: the first login does), or compare `url` with its `jwks_uri` \
             (Keycloak: `/realms/NAME/protocol/openid-connect/certs`)."
        }
        code::NO_SET => {
            "Compare `url` with the `jwks_uri` of the issuer (Better Auth: `/api/auth/jwks`; Keycloak: \
             `/realms/NAME/protocol/openid-connect/certs`)."
        }
        code::UNUSABLE => {
            "Publish a key for signatures (`use: sig`) at the issuer, with all members of its type: `n` and `e` of RSA, \
             `crv` and `x` of Ed25519, `crv`, `x` and `y` of EC."
        }
        code::ALG => {
            "Let the verifier allow the algorithm that the keys have (Better Auth signs with EdDSA), or set the algorithm at \
             the issuer (Better Auth: `jwks.keyPairConfig.alg`)."
        }
        code::FEW => "Add the missing key at the issuer, or lower `min_keys`.",
        code::WRONG_SECRET => {
            "Restore the BETTER_AUTH_SECRET that the key was created with. If it is lost, delete the rows of the table and \
             restart the app: a new key is created, and tokens signed so far become invalid."
        }
        code::SPACE => {
            "Recreate the Secret with `printf %s`, not `echo`. If the app itself has the white space, its logins fail: restart \
             it afterwards."
        }
        code::LINE => {
            "Restore the line break in the Secret (`echo`, `--from-file`): the app had it when it created the key. Or delete \
             the rows of the table and restart the app: tokens signed so far become invalid."
        }
        code::QUOTES => slip::QUOTES,
        code::VERSION => {
            "Add that version back to BETTER_AUTH_SECRETS (`2:NEW,1:OLD`) and to `better_auth.secrets`, or delete the rows \
             of the table and restart the app: tokens signed so far become invalid."
        }
        code::FORMAT => {
            "Check that this is the table of Better Auth's `jwt` plugin. If the app encrypts keys in another way, remove \
             `better_auth`."
        }
        code::OTHER_DATABASE => {
            "Remove `better_auth` and keep `url`: this check says nothing about the stored key. The app may well read it."
        }
        code::NO_TABLE => {
            "Run the migrations of Better Auth with the `jwt` plugin (`npx @better-auth/cli migrate`), and compare the \
             database and the role's privileges with the app's."
        }
        _ => return provider::hint(code).map(str::to_owned).or_else(of_way),
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
            code::PAGE,
            code::NO_SET,
            code::EMPTY,
            code::UNUSABLE,
            code::ALG,
            code::FEW,
            code::WRONG_SECRET,
            code::SPACE,
            code::LINE,
            code::QUOTES,
            code::VERSION,
            code::FORMAT,
            code::NO_TABLE,
            code::OTHER_DATABASE,
        ] {
            let fault = coded_fault(Cause::JwksInvalid, code, "x");
            assert_hint(&hint(&fault, &Evidence::default(), &Context::default()).expect(code));
        }
    }
}
