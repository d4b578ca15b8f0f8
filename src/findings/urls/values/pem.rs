//! Certificates and keys in PEM that lost their line breaks on the way.

use super::decode::decoded;

/// What is wrong with a text that is to be PEM, in words.
pub(super) fn damaged(text: &str, name: Option<&str>) -> Option<&'static str> {
    let text = text.trim();
    let bare = text.trim_matches(['"', '\'']);
    let upper = name.unwrap_or_default().to_ascii_uppercase();
    if !bare.starts_with("-----BEGIN ") {
        // A name that says so wants it encoded.
        let wanted = upper.split(['_', '-', '.']).any(|word| matches!(word, "B64" | "BASE64" | "ENCODED"));
        let inside =
            !wanted && bare.starts_with("LS0tLS1CRUdJTi") && decoded(&bare.replace(['\n', '\r'], "")).is_some();
        return inside.then_some("is base64 of a PEM text");
    }
    let body = bare["-----BEGIN ".len()..].split_once("-----")?.1.split("-----END").next()?;
    let lines = body.contains('\n');
    match () {
        () if body.contains("\\n") && !lines => Some("has `\\n` as two characters in place of its line breaks"),
        () if bare.len() < text.len() => Some("is in quotes, which are part of the value"),
        () if lines => None,
        () if body.trim().contains(' ') => Some("has spaces in place of its line breaks"),
        () => Some("is in one line: its line breaks are missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::damaged;

    #[test]
    fn line_breaks_that_got_lost() {
        const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj";
        let pem = |between: &str| {
            format!("-----BEGIN PRIVATE KEY-----{between}{BODY}{between}{BODY}{between}-----END PRIVATE KEY-----")
        };
        let whole = pem("\n");
        for (text, says) in [
            (pem("\\n"), "two characters"),
            (pem(" "), "spaces"),
            (pem(""), "one line"),
            (format!("\"{whole}\""), "quotes"),
            (format!("\"{}\"", pem("\\n")), "two characters"),
            (base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &whole), "base64"),
        ] {
            assert!(damaged(&text, Some("TLS_KEY")).is_some_and(|what| what.contains(says)), "{text}");
        }
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &whole);
        for (text, name) in [
            (whole.as_str(), "TLS_KEY"),
            (&format!("{whole}\n"), "TLS_KEY"),
            (&pem("\r\n"), "TLS_KEY"),
            (&encoded, "TLS_KEY_BASE64"),
            (&encoded, "GOOGLE_KEY_B64"),
            (
                "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nx\\n-----END PRIVATE KEY-----\"}",
                "GOOGLE_CREDENTIALS",
            ),
            ("hunter2", "TLS_KEY"),
        ] {
            assert_eq!(damaged(text, Some(name)), None, "{name}={text}");
        }
    }
}
