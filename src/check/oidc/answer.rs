//! What a provider answers to the start of a login: whether it knows the client and the redirect URI.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::LOCATION;

use super::hint::code;
use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::check::provider::shown;
use crate::outcome::{Detail, Fault, Phase};

/// How much of a page is looked at, in bytes.
const REACH: usize = 64 * 1024;
/// The errors that OAuth 2.0 and OpenID Connect send back to the app (RFC 6749, section 4.1.2.1; Core 1.0, section 3.1.2.6).
const ERRORS: [&str; 12] = [
    "login_required",
    "interaction_required",
    "consent_required",
    "account_selection_required",
    "invalid_request",
    "unauthorized_client",
    "access_denied",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "request_not_supported",
];
/// Words of an error page that are about the client, and about its redirect URI, in lower case: oidc-provider, Keycloak, Entra
/// ID, Auth0, Okta, Google.
const OF_CLIENT: [&str; 9] = [
    "invalid_client",
    "client not found",
    "unknown client",
    "client is invalid",
    "aadsts700016",
    "unknown_client",
    "deleted_client",
    "disabled_client",
    "client disabled",
];
const OF_URI: [&str; 6] =
    ["redirect_uri", "redirect uri", "redirect_url", "callback url", "aadsts50011", "aadsts50012"];
/// The same of a page with status 200, which may be the login itself, with the redirect URI in its links.
const SURELY_OF_CLIENT: [&str; 2] = ["aadsts700016", "invalid_client"];
const SURELY_OF_URI: [&str; 4] =
    ["aadsts50011", "redirect_uri_mismatch", "invalid_redirect_uri", "invalid redirect_uri"];

/// What it comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It would send the browser to the redirect URI, or asks for a login.
    Accepted,
    /// It sends the browser to a page, of the login.
    Page,
    /// It does not know the client.
    NoClient,
    /// It does not accept the redirect URI.
    NoUri,
    /// It says something else: its status tells what.
    Other,
}

/// What it comes to, and the error that the app would be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) answer: Answer,
    pub(super) error: Option<&'static str>,
}

pub(super) fn judge(answer: &HttpResponse, redirect_uri: &str) -> Judged {
    let location = answer.headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let plain = |answer| Judged { answer, error: None };
    match (answer.status, location) {
        (300..=399, Some(to)) => match to.strip_prefix(redirect_uri) {
            Some(rest) if rest.is_empty() || rest.starts_with(['?', '#', '&']) => {
                let said = rest.split(['?', '#', '&']).find_map(|part| part.strip_prefix("error="));
                let error = ERRORS.into_iter().find(|known| said == Some(known));
                Judged { answer: Answer::Accepted, error }
            }
            // A page for errors: Google's `/signin/oauth/error?authError=…`.
            _ if to.contains("/error") || to.contains("error=") || to.contains("authError") => {
                plain(of_error_page(&to))
            }
            _ => plain(Answer::Page),
        },
        (200, _) => plain(of_page(answer, &SURELY_OF_CLIENT, &SURELY_OF_URI).unwrap_or(Answer::Accepted)),
        (400..=428 | 430..=499, _) => plain(of_page(answer, &OF_CLIENT, &OF_URI).unwrap_or(Answer::Other)),
        _ => plain(Answer::Other),
    }
}

/// What the address of an error page is about. One that does not tell is about the redirect URI: other errors go back to the app.
fn of_error_page(to: &str) -> Answer {
    let mut text = String::new();
    for part in to.split(['?', '#', '&']) {
        match part.split_once('=') {
            // Google: base64 of a message that has the error as a text.
            Some(("authError", value)) => {
                let bytes = URL_SAFE_NO_PAD.decode(value.replace("%3D", "").trim_end_matches('=')).unwrap_or_default();
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
            Some(("error" | "error_description", value)) => text.push_str(&value.replace("%20", " ").replace('+', " ")),
            _ => {}
        }
    }
    let says_other = ERRORS.iter().any(|error| text.contains(error));
    let about = of_text(text, &OF_CLIENT, &OF_URI);
    about.unwrap_or(if says_other { Answer::Other } else { Answer::NoUri })
}

/// What a page is about.
fn of_page(answer: &HttpResponse, client: &[&str], uri: &[&str]) -> Option<Answer> {
    let start = &answer.body[..answer.body.len().min(REACH)];
    of_text(String::from_utf8_lossy(start).into_owned(), client, uri)
}

fn of_text(mut text: String, client: &[&str], uri: &[&str]) -> Option<Answer> {
    text.make_ascii_lowercase();
    if text.contains("invalid_client_metadata") {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if says(client) => Some(Answer::NoClient),
        () if says(uri) => Some(Answer::NoUri),
        () => None,
    }
}

/// The fault of an answer that rejects.
pub(super) fn fault_of(answer: Answer, redirect_uri: &str, status: u16) -> Fault {
    let (code, message, statement) = match answer {
        Answer::NoClient => (
            code::CLIENT,
            format!("the provider answered {status}: it does not accept the client_id"),
            "the provider does not accept the client_id".to_owned(),
        ),
        _ => (
            code::URI,
            format!("the provider answered {status}: it does not accept the redirect URI {}", shown(redirect_uri)),
            format!("the provider does not accept the redirect URI {}", shown(redirect_uri)),
        ),
    };
    let fault = Fault::new(Phase::Assert, Cause::RedirectUriRejected, message).stating(statement);
    fault.with(Detail::Protocol { code, product: None })
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use hyper::header::LOCATION;

    use super::{Answer, judge};
    use crate::check::http::exchange::HttpResponse;

    const URI: &str = "https://shop.example.com/cb";

    fn answer(status: u16, location: &str, body: &str) -> HttpResponse {
        let mut headers = HeaderMap::new();
        if !location.is_empty() {
            headers.insert(LOCATION, location.parse().unwrap());
        }
        HttpResponse { status, headers, trailers: HeaderMap::new(), body: body.into(), packed: None }
    }

    #[test]
    fn a_provider_redirects_only_to_what_it_knows() {
        for (status, location, body, expected, error) in [
            (
                303,
                "https://shop.example.com/cb?error=login_required&state=x",
                "",
                Answer::Accepted,
                Some("login_required"),
            ),
            (302, "https://shop.example.com/cb#error=login_required", "", Answer::Accepted, Some("login_required")),
            (302, "https://shop.example.com/cb?error=<x>", "", Answer::Accepted, None),
            (302, "/interaction/abc", "", Answer::Page, None),
            (302, "https://shop.example.com/cb2?error=x", "", Answer::NoUri, None),
            (302, "https://accounts.google.com/signin/oauth/error?authError=Cx", "", Answer::NoUri, None),
            (
                302,
                "https://accounts.google.com/signin/oauth/error?authError=ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2gSAA%3D%3D&x=y",
                "",
                Answer::NoUri,
                None,
            ),
            (
                302,
                "https://accounts.google.com/signin/oauth/error?authError=Cg5pbnZhbGlkX2NsaWVudBIA",
                "",
                Answer::NoClient,
                None,
            ),
            (302, "/error?error=invalid_scope&redirect_uri=https://shop.example.com/cb", "", Answer::Other, None),
            (
                302,
                "/error?error=unauthorized_client&error_description=Callback%20URL%20mismatch",
                "",
                Answer::NoUri,
                None,
            ),
            (200, "", "<form><input name=redirect_uri value=https://shop.example.com/cb>", Answer::Accepted, None),
            (200, "", "AADSTS50011: The redirect URI specified in the request …", Answer::NoUri, None),
            (200, "", "AADSTS700016: Application with identifier …", Answer::NoClient, None),
            (400, "", "<p>Invalid parameter: redirect_uri</p>", Answer::NoUri, None),
            (400, "", "invalid_redirect_uri", Answer::NoUri, None),
            (403, "", "Callback URL mismatch.", Answer::NoUri, None),
            (400, "", "<p>Client not found.</p>", Answer::NoClient, None),
            (400, "", "<p>Client disabled.</p>", Answer::NoClient, None),
            (400, "", "invalid_client_metadata: redirect_uris must contain members", Answer::Other, None),
            (400, "", "invalid_client: client is invalid", Answer::NoClient, None),
            (400, "", "prompt is not supported", Answer::Other, None),
            (429, "", "redirect_uri", Answer::Other, None),
            (503, "", "redirect_uri", Answer::Other, None),
        ] {
            let judged = judge(&answer(status, location, body), URI);
            assert_eq!((judged.answer, judged.error), (expected, error), "{status} {location} {body}");
        }
    }
}
