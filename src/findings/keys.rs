//! Keys and tokens that are accepted and still tell of trouble. The kinds that read them find it; here is the catalogue.

use super::entry::Entry;
use crate::cause::Cause;
use crate::finding::Severity;

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[
    JWKS_PRIVATE_KEY,
    JWKS_ODD_KEY,
    JWKS_PLAINTEXT,
    JWKS_OTHER_DATABASE,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET_VALID,
    TOKEN_SHORT_SECRET,
    OIDC_LOGIN_REFUSED,
];

/// The key set gives away a key.
pub const JWKS_PRIVATE_KEY: Entry = Entry {
    code: "jwks_private_key",
    severity: Severity::Error,
    cause: Cause::JwksInvalid,
    meaning: "the key set shows a private or symmetric key to everybody who asks: anyone can sign tokens with it",
    remedy: "replace the key, and publish only its public members",
};
/// Verifiers may skip a key.
pub const JWKS_ODD_KEY: Entry = Entry {
    code: "jwks_odd_key",
    severity: Severity::Warning,
    cause: Cause::JwksInvalid,
    meaning: "a key of the set has an odd `use`, `alg` or `kid`, a wrong length, or no name among several: verifiers may \
              skip or reject it",
    remedy: "correct the key at the issuer: `use` is `sig`, `alg` fits the type, and each key has a `kid` of its own",
};
/// The stored key is not encrypted.
pub const JWKS_PLAINTEXT: Entry = Entry {
    code: "jwks_plaintext",
    severity: Severity::Warning,
    cause: Cause::JwksUndecryptable,
    meaning: "the private signing key is stored unencrypted: whoever reads the table can sign tokens",
    remedy: "remove `disablePrivateKeyEncryption`, then delete the stored keys and restart the app",
};
/// The served keys are not the stored ones.
pub const JWKS_OTHER_DATABASE: Entry = Entry {
    code: "jwks_other_database",
    severity: Severity::Warning,
    cause: Cause::JwksInvalid,
    meaning: "the newest stored signing key is not among the keys that the URL serves: the app that answers uses another \
              database",
    remedy: "compare `DATABASE_URL` of the app that answers with `better_auth.database`",
};
/// Its time is over.
pub const TOKEN_EXPIRED: Entry = Entry {
    code: "token_expired",
    severity: Severity::Warning,
    cause: Cause::TokenRejected,
    meaning: "the sample token has expired; everything else about it was judged",
    remedy: "use a new sample token",
};
/// Its time has not come.
pub const TOKEN_NOT_YET_VALID: Entry = Entry {
    code: "token_not_yet_valid",
    severity: Severity::Warning,
    cause: Cause::TokenRejected,
    meaning: "by the clock of this pod, the token is not valid yet or was issued in the future",
    remedy: "compare the clocks of issuer and verifier: `date -u` on both nodes",
};
/// The secret is short.
pub const TOKEN_SHORT_SECRET: Entry = Entry {
    code: "token_short_secret",
    severity: Severity::Warning,
    cause: Cause::SecretTooWeak,
    meaning: "the HMAC secret is shorter than the hash (RFC 7518, section 3.2): some verifiers reject it, and it can be guessed",
    remedy: "create a new one with `openssl rand -base64 48`, and set it on both sides",
};
/// The redirect URI is known, and the login fails all the same.
pub const OIDC_LOGIN_REFUSED: Entry = Entry {
    code: "oidc_login_refused",
    severity: Severity::Warning,
    cause: Cause::RedirectUriRejected,
    meaning: "the provider accepts the redirect URI, and refuses the login for another reason: the scope, or what the client may do",
    remedy: "compare `scope` and the settings of the client at the provider with what the app asks for",
};
