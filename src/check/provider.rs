//! A provider of OpenID Connect, as clients find it: by the discovery document of its issuer (OpenID Connect Discovery 1.0).

use std::sync::Arc;

use serde_json::Value as Json;

use crate::cause::Cause;
use crate::check::http::expect::body_in_words;
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::Origin;
use crate::check::http::request::Request;
use crate::check::http::settings::{HttpUrl, Size};
use crate::check::http::{self, BodyUse, Exchange};
use crate::check::jwk::{self, LONGEST};
use crate::env::Env;
use crate::findings::Context;
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, Evidence, Fault, Phase};
use crate::url::Url;
use crate::value::Value;

/// Where the document is (section 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Codes of what is wrong with a provider.
mod code {
    pub(super) const NO_DOCUMENT: &str = "oidc_no_document";
    pub(super) const ISSUER: &str = "oidc_issuer";
    pub(super) const MEMBER: &str = "oidc_member";
}

/// A fault of keys, tokens or providers, with the code of its hint.
pub(crate) fn coded_fault(cause: Cause, code: &'static str, message: impl AsRef<str>) -> Fault {
    Fault::new(Phase::Assert, cause, message).with(Detail::Protocol { code, product: None })
}

/// A provider, with the values of one run.
pub(crate) struct Provider {
    /// What the issuer must be, character by character.
    issuer: String,
    keys: Arc<HttpKeys>,
    exchange: Exchange,
}

/// The document of a provider.
pub(crate) struct Document {
    json: Json,
    mask: Mask,
}

impl Provider {
    /// Reads the issuer, now; `keys` are those of the request.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved, or is no URL.
    pub(crate) fn resolve(issuer: &Value, keys: HttpKeys, env: &dyn Env) -> Result<Self, Fault> {
        let text = issuer.resolve(env)?;
        let text = text.expose().trim();
        let issuer = text.strip_suffix(WELL_KNOWN).unwrap_or(text).to_owned();
        let document = format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'));
        let keys = Arc::new(request(keys, &document));
        let exchange = http::exchange_of(&keys, env)?;
        Ok(Self { issuer, keys, exchange })
    }

    /// Asks for the document. Its issuer is the one that was meant.
    ///
    /// # Errors
    /// Those of `http`; `json_mismatch`.
    pub(crate) async fn ask(&self, attempt: &mut Attempt) -> Result<Document, Fault> {
        attempt.for_host(Some(self.exchange.host()));
        let (request, answer) = self.exchange.ask(attempt, BodyUse::Expected).await?;
        self.exchange.wanted.status(&request, &answer)?;
        let _turn = attempt.world().turns.take_for(answer.body.len()).await;
        let json = jwk::document(&answer.body).filter(Json::is_object);
        let json = json.ok_or_else(|| {
            let text = format!("{} is no discovery document", body_in_words(&answer));
            fault(code::NO_DOCUMENT, &request, text).stating("the answer is no discovery document")
        })?;
        let issuer = json["issuer"].as_str().unwrap_or_default();
        // A document by its own URL does not say whether its issuer ends with a slash.
        if issuer != self.issuer && issuer.trim_end_matches('/') != self.issuer {
            let text = format!("the provider names the issuer {}, not {}", shown(issuer), shown(&self.issuer));
            return Err(fault(code::ISSUER, &request, text).stating("the provider names another issuer"));
        }
        Ok(Document { json, mask: request.mask })
    }

    /// The request for the URL in this member of the document, with a query and with what may go to its host.
    ///
    /// # Errors
    /// `json_mismatch` where there is no such URL.
    pub(crate) fn exchange(
        &self,
        attempt: &Attempt,
        document: &Document,
        member: &str,
        query: &str,
    ) -> Result<Exchange, Fault> {
        let missing = || {
            let text = format!("the discovery document has no URL as {member}");
            let fault = Fault::new(Phase::Assert, Cause::JsonMismatch, &text).stating(text);
            document.mask.strike_fault(fault.with(Detail::Protocol { code: code::MEMBER, product: None }))
        };
        let text = document.json[member].as_str().ok_or_else(missing)?;
        let origin = |text: &str| Url::parse(text).ok().and_then(|url| Origin::of(&url).ok());
        let to = origin(text).ok_or_else(missing)?;
        let join = if query.is_empty() {
            ""
        } else if text.contains('?') {
            "&"
        } else {
            "?"
        };
        let mut keys = request((*self.keys).clone(), &format!("{text}{join}{query}"));
        if Some(to) != origin(&self.issuer) {
            keys.headers = http::rules::Headers::default();
            (keys.tls.cert, keys.tls.key, keys.tls.server_name) = (None, None, None);
        }
        http::exchange_of(&Arc::new(keys), attempt.env())
    }
}

fn request(keys: HttpKeys, url: &str) -> HttpKeys {
    HttpKeys { url: HttpUrl(Value::literal(url)), max_response: Some(Size(LONGEST)), ..keys }
}

/// A URL of the peer's as it may be shown.
pub(crate) fn shown(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "no URL".to_owned(), |url| url.redacted())
}

fn fault(code: &'static str, request: &Request, text: impl AsRef<str>) -> Fault {
    let fault = Fault::new(Phase::Assert, Cause::JsonMismatch, text);
    request.mask.strike_fault(fault.with(Detail::Protocol { code, product: None }))
}

/// What to do where a document of an issuer cannot be asked for.
pub(crate) fn of_document(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let status = evidence.facts.status_code.filter(|_| fault.cause == Cause::HttpStatus && fault.detail.is_none());
    let text = match status {
        Some(401 | 403) => http::hint::PUBLIC,
        Some(404) => {
            "Compare the URL with the documents of the issuer (Better Auth: `/api/auth/jwks`; Keycloak: `/realms/NAME` is the \
             issuer), and the Host with the rules of its ingress."
        }
        _ => return http::hint::of_endpoint(fault, evidence, context),
    };
    Some(text.to_owned())
}

/// What to do about a provider whose document is not as expected.
pub(crate) fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        code::NO_DOCUMENT => {
            "Use the issuer as the provider states it (Keycloak: `https://HOST/realms/NAME`): a page or another service answers \
             at its `/.well-known/openid-configuration`."
        }
        code::ISSUER => {
            "Write the issuer exactly as the provider names it, also its final slash, here and in the app. If it names an \
             internal URL, set its public one (Keycloak: `hostname`)."
        }
        code::MEMBER => {
            "Compare the issuer with the provider's: its discovery document lacks what OpenID Connect demands."
        }
        _ => return None,
    })
}
