//! Values that a tool should have filled in and did not: references to a secret store, and the marks of templates.

/// What a reference begins with, and who resolves it.
const STORES: &[(&str, &str)] = &[
    ("vault:", "Vault"),
    (">>vault:", "Vault"),
    ("vault://", "Vault"),
    ("op://", "1Password"),
    ("arn:aws:secretsmanager:", "AWS Secrets Manager"),
    ("arn:aws-cn:secretsmanager:", "AWS Secrets Manager"),
    ("arn:aws-us-gov:secretsmanager:", "AWS Secrets Manager"),
    ("secretsmanager://", "AWS Secrets Manager"),
    ("aws-secretsmanager://", "AWS Secrets Manager"),
    ("awssm://", "AWS Secrets Manager"),
    ("gcpsm://", "Google Secret Manager"),
    ("azurekeyvault://", "Azure Key Vault"),
    ("{{resolve:secretsmanager:", "AWS CloudFormation"),
    ("{{resolve:ssm", "AWS CloudFormation"),
    ("arn:aws:ssm:", "AWS Parameter Store"),
    ("ssm://", "AWS Parameter Store"),
    ("enc[", "SOPS"),
    ("sops:", "SOPS"),
    ("<path:", "the Vault plugin of Argo CD"),
    ("ref+", "vals (helmfile)"),
    ("@microsoft.keyvault(", "Azure Key Vault"),
    ("akv://", "Azure Key Vault"),
    ("keyvault://", "Azure Key Vault"),
    ("gcp:secretmanager:", "Google Secret Manager"),
    ("secretmanager:projects/", "Google Secret Manager"),
    ("gsm://", "Google Secret Manager"),
    ("sm://", "Google Secret Manager"),
    ("berglas://", "Google Secret Manager"),
    ("infisical://", "Infisical"),
    ("doppler://", "Doppler"),
    ("bws://", "Bitwarden"),
];

/// The last words of names whose values are meant to be references.
const NAMES: [&str; 12] =
    ["ARN", "REF", "REFERENCE", "PATH", "ID", "NAME", "TEMPLATE", "FILE", "SOURCE", "PREFIX", "STORE", "SELECTOR"];

/// The store whose reference this is, where the value of a variable of this name is to be the secret itself.
pub(super) fn store(text: &str, name: Option<&str>) -> Option<&'static str> {
    let text = text.trim();
    let upper = name.unwrap_or_default().to_ascii_uppercase();
    let mut words = upper.rsplit(['_', '-', '.']);
    let (last, before) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let of_a_secret = matches!(last, "URI" | "URL") && matches!(before, "SECRET" | "VAULT" | "KEYVAULT");
    if NAMES.contains(&last) || of_a_secret || text.contains(char::is_whitespace) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let of_google = lower.starts_with("projects/") && lower.contains("/secrets/");
    let (_, store) = STORES.iter().copied().find(|(start, _)| lower.starts_with(start)).or(match of_google {
        true => Some(("", "Google Secret Manager")),
        false => None,
    })?;
    // `vault:8200` is an address, and `vault:hunter2` may be a user and a password.
    let whole = match store {
        "Vault" => lower.contains("://") || lower.contains('/') && (lower.contains('#') || lower.contains("/data/")),
        "SOPS" if lower.starts_with("enc[") => lower.ends_with(']') && lower.contains(','),
        "vals (helmfile)" => lower.contains("://"),
        _ => true,
    };
    whole.then_some(store)
}

/// Whether apps look such a name up themselves: the SDKs of clouds take it as it is, and a variable of this name may hold it.
pub(in crate::findings::urls) fn is_for_sdk(name: &str, text: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let last = upper.rsplit(['_', '-', '.']).next().unwrap_or_default();
    let of_cloud = text.trim().starts_with("arn:") || text.trim().starts_with("projects/");
    of_cloud
        && matches!(last, "SECRET" | "SECRETS" | "CREDENTIAL" | "CREDENTIALS" | "KEY")
        && !super::names::signs_tokens(&upper)
}

/// The first mark of a template that stands in a value, as it may be shown.
pub(super) fn mark(text: &str) -> Option<String> {
    let whole = text.trim();
    // A part of a URL, or the value as a whole: elsewhere such a mark may belong to a password.
    let is_url = text.contains("://");
    let parts: Vec<&str> = if is_url { url_parts(text) } else { vec![whole] };
    parts.iter().find_map(|part| name_mark(part)).or_else(|| {
        let go = ["<no value>", "<nil>", "%!s(<nil>)"]
            .iter()
            .find(|mark| (is_url || whole == **mark) && text.contains(**mark));
        let framed = |open: &str, close: &str, shown: &str| {
            let inner = match is_url {
                true => authority(text).split_once(open)?.1.split_once(close)?.0,
                false => whole.strip_prefix(open)?.strip_suffix(close)?,
            };
            is_word(inner.trim()).then(|| shown.to_owned())
        };
        let github = || text.contains("${{") && text.contains("}}");
        (go.map(|mark| (*mark).to_owned()))
            .or_else(|| github().then(|| "${{ … }}".to_owned()))
            .or_else(|| framed("#{", "}#", "#{…}#"))
            .or_else(|| framed("#{", "}", "#{…}"))
            .or_else(|| framed("{{", "}}", "{{ … }}"))
            .or_else(|| framed("((", "))", "((…))"))
            .or_else(|| framed("<%=", "%>", "<%= … %>"))
            .or_else(|| framed("${", "}", "${…}"))
            .or_else(|| framed("$(", ")", "$(…)").filter(|_| !is_url))
    })
}

/// User, password, hosts and ports: what stands behind them may well be a pattern for a client to fill in.
fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let from = rest.rfind('@').unwrap_or_default();
    &rest[..rest[from..].find(['/', '?']).map_or(rest.len(), |at| from + at)]
}

/// User, password, host, port and path, as far as delimiters show them: no password is cut but at these.
fn url_parts(text: &str) -> Vec<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split([':', '/', '@', '?', '&', '=']).collect()
}

/// `$DB_PASSWORD`, `%DB_PASSWORD%`, `__DB_PASSWORD__`: a name of several words, or one that says what it is. What only
/// starts with `$` may well be a password.
fn name_mark(part: &str) -> Option<String> {
    let named = |inner: &str| {
        let start = inner.starts_with(|c: char| c.is_ascii_uppercase());
        let word = inner.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let several = inner.contains('_') && !inner.ends_with('_') && !inner.contains("__");
        start && word && (several || matches!(inner, "PASSWORD" | "SECRET" | "TOKEN" | "PASSWD" | "APIKEY"))
    };
    let inner = None
        .or_else(|| part.strip_prefix("__")?.strip_suffix("__"))
        .or_else(|| part.strip_prefix('%')?.strip_suffix('%'))
        .or_else(|| part.strip_prefix('$'))?;
    named(inner).then(|| part.to_owned())
}

/// A name as templates have them: `secrets.DB_PASSWORD`, `db-password`, `DB_PASSWORD:-…`.
fn is_word(text: &str) -> bool {
    let name = text.split([':', '|']).next().unwrap_or_default().trim();
    !name.is_empty()
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// What a program writes of a value that is not there, where a value or the host of a URL belongs.
pub(super) fn absent(text: &str) -> bool {
    matches!(text.trim(), "null" | "undefined" | "None" | "nil" | "NaN" | "[object Object]" | "<nil>")
}

/// Whether the host of a URL is such a word.
pub(super) fn absent_host(text: &str) -> Option<&'static str> {
    let authority = text.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    ["undefined", "null", "None", "nil", "NaN"].into_iter().find(|word| host == *word)
}

#[cfg(test)]
mod tests {
    use super::{absent_host, is_for_sdk, mark, store};

    #[test]
    fn references_to_stores() {
        for text in [
            "vault:secret/data/cred#X",
            ">>vault:secret/data/cred#X",
            "vault:database/creds/app#password",
            "op://Private/db/password",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf",
            "arn:aws:ssm:eu-central-1:123456789012:parameter/db",
            "{{resolve:secretsmanager:db:SecretString:password}}",
            "ENC[AES256_GCM,data:aGk=,iv:x,tag:y,type:str]",
            "sops:db.password",
            "<path:secret/data/db#password>",
            "ref+vault://secret/db#/password",
            "ref+awssecrets://db/password",
            "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/db/)",
            "projects/1234/secrets/db/versions/latest",
            "sm://project/db",
            "awssm://prod/db#password",
            "gcpsm://project/db",
            "azurekeyvault://vault/db",
        ] {
            assert!(store(text, Some("DB_PASSWORD")).is_some(), "{text}");
        }
        // Passwords, addresses, and names that say that a reference is wanted.
        for (text, name) in [
            ("vault:8200", "VAULT_HOST"),
            ("vault:hunter2", "BASIC_AUTH_PASSWORD"),
            ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf", "DB_SECRET_ARN"),
            ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf", "AWS_SECRET_ID"),
            ("op://Private/db/password", "OP_ITEM_REF"),
            ("projects/1234/secrets/db/versions/latest", "SECRET_NAME"),
            ("secret/data/db", "DB_PASSWORD"),
            ("ENC[", "DB_PASSWORD"),
            ("ref+8sK2", "DB_PASSWORD"),
            ("https://vault.example.com/v1/secret", "VAULT_ADDR"),
        ] {
            assert_eq!(store(text, Some(name)), None, "{name}={text}");
        }
    }

    #[test]
    fn names_that_apps_look_up() {
        const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf";
        for (name, text, expected) in [
            ("DB_SECRET", ARN, true),
            ("APP_CREDENTIALS", "projects/1234/secrets/db/versions/latest", true),
            ("DB_PASSWORD", ARN, false),
            ("DATABASE_URL", ARN, false),
            ("JWT_SECRET", ARN, false),
            ("DB_SECRET", "vault:secret/data/db#password", false),
        ] {
            assert_eq!(is_for_sdk(name, text), expected, "{name}={text}");
        }
    }

    #[test]
    fn marks_of_templates() {
        for (text, shown) in [
            ("$DB_PASSWORD", "$DB_PASSWORD"),
            ("$PASSWORD", "$PASSWORD"),
            ("%DB_PW%", "%DB_PW%"),
            ("__DB_PASSWORD__", "__DB_PASSWORD__"),
            ("#{x}#", "#{…}#"),
            ("#{db.password}#", "#{…}#"),
            ("#{DbPassword}", "#{…}"),
            ("${{ secrets.DB_PASSWORD }}", "${{ … }}"),
            ("{{ db_password }}", "{{ … }}"),
            ("((db-password))", "((…))"),
            ("${db.password}", "${…}"),
            ("${DB_PASSWORD:-hunter2}", "${…}"),
            ("<no value>", "<no value>"),
            ("postgres://app:$DB_PASSWORD@db/x", "$DB_PASSWORD"),
            ("postgres://app:%DB_PW%@db/x", "%DB_PW%"),
            ("postgres://app:pw@$DB_HOST:5432/x", "$DB_HOST"),
            ("postgres://app:<no value>@db/x", "<no value>"),
            ("postgres://app:#{DB_PW}#@db/x", "#{…}#"),
            ("postgres://app:${{ secrets.PW }}@db/x", "${{ … }}"),
            ("postgres://app:${DB_PW:-hunter2}@db/x", "${…}"),
            ("https://{{ api_host }}/v1", "{{ … }}"),
            // Patterns that a client fills in.
            ("https://example.com/{{id}}/x?y=${Y}", ""),
            ("https://example.com/users/#{id}", ""),
            // Passwords that merely hold such marks.
            ("$ecret", ""),
            ("$2b$10$N9qo8uLOickgx2ZMRZoMye", ""),
            ("$S3CRET", ""),
            ("a#{b}c", ""),
            ("x{{y}}", ""),
            ("%41%42", ""),
            ("postgres://app:%24ECRET@db/x", ""),
            ("postgres://app:$ecret@db/x", ""),
            ("pa$$DB_PW", ""),
            ("null-and-void", ""),
        ] {
            assert_eq!(mark(text).unwrap_or_default(), shown, "{text}");
        }
    }

    #[test]
    fn hosts_that_no_program_knew() {
        assert_eq!(absent_host("http://undefined:8000/x"), Some("undefined"));
        assert_eq!(absent_host("postgres://app:pw@null/x"), Some("null"));
        assert_eq!(absent_host("http://nullable:8000"), None);
        assert_eq!(absent_host("undefined"), None);
    }
}
