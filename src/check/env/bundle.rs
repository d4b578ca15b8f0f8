//! What a build wrote into the scripts that browsers get: Next.js replaces `NEXT_PUBLIC_…` by its value when it builds, so that the
//! variables of the running container change nothing there.
//!
//! The page is asked for, and the scripts of `/_next/static/` that it names, from the same origin. What cannot be read fails nothing.

use std::sync::Arc;

use tokio::time::{Duration, timeout_at};

use crate::check::http::exchange::HttpResponse;
use crate::check::http::keys::HttpKeys;
use crate::check::http::settings::Size;
use crate::check::http::{self, BodyUse, Exchange};
use crate::env::Env;
use crate::findings::{is_for_browsers, is_public_secret, names_secret};
use crate::net::attempt::Attempt;
use crate::net::turns::slices;
use crate::outcome::{Bundle, Fault};
use crate::secret::Secret;
use crate::url::{Url, redacted_path};
use crate::value::Value;

/// How many scripts are read, and how long each may be.
const SCRIPTS: usize = 32;
const LONGEST: u64 = 2 * 1024 * 1024;
/// How much is read in all.
const TOGETHER: usize = 8 * 1024 * 1024;
/// How many values are looked for, of each sort.
const VALUES: usize = 64;
/// How many marks of a text are looked at, and the longest path of a script.
const MOST: usize = 4096;
const LONGEST_PATH: usize = 512;
/// The time that is kept for the verdict.
const RESERVE: Duration = Duration::from_millis(200);
/// The shortest secret that is looked for: shorter ones may be anything.
const SHORTEST_SECRET: usize = 12;
/// How many URLs of the scripts are kept.
const URLS: usize = 256;
/// Where Next.js keeps its scripts.
const STATIC: &str = "/_next/static/";

/// The page, and the values to look for.
pub(super) struct Page {
    exchange: Result<Exchange, Fault>,
    /// The URL up to the path, with what it says of a user.
    origin: Secret,
    /// Variables for browsers whose values are URLs.
    public: Vec<(String, Secret)>,
    /// Variables whose values no browser should have.
    secrets: Vec<(String, Secret)>,
}

impl Page {
    /// With the values of one run.
    pub(super) fn new(url: &Value, variables: &[(String, Secret)], env: &dyn Env) -> Self {
        let resolved = url.resolve(env);
        let text = resolved.as_ref().map_or("", |text| text.expose());
        let start = text.find("://").map_or(0, |at| at + 3);
        let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
        let origin = Secret::new(text[..end].to_owned());
        let exchange = resolved.clone().and_then(|text| http::exchange_of(&keys(text.expose()), env));
        let pick = |is_one: &dyn Fn(&str, &str) -> bool| {
            variables.iter().filter(|(name, text)| is_one(name, text.expose())).take(VALUES).cloned().collect()
        };
        Self {
            exchange,
            origin,
            public: pick(&|name, text| is_for_browsers(name) && text.contains("://")),
            secrets: pick(&|name, text| is_secret(name, text) && text.trim().len() >= SHORTEST_SECRET),
        }
    }

    /// Reads the page and its scripts, and notes what is in them.
    pub(super) async fn read(&self, attempt: &mut Attempt) {
        let found = match self.search(attempt).await {
            Ok(found) => found,
            Err(why) => {
                attempt.evidence().degraded = true;
                Bundle { unread: Some(why), ..Bundle::default() }
            }
        };
        attempt.facts().bundle = Some(Box::new(found));
    }

    async fn search(&self, attempt: &mut Attempt) -> Result<Bundle, String> {
        let exchange = self.exchange.as_ref().map_err(|fault| fault.message.clone())?;
        let page = ask(exchange, attempt).await?;
        let scripts = scripts(&String::from_utf8_lossy(&page.body));
        if scripts.is_empty() {
            return Err(format!("the page names no script below {STATIC}"));
        }
        let mut search = Search::of(self);
        search.look(&page.body).await;
        let mut read = page.body.len();
        for path in &scripts {
            let keys = keys(&format!("{}{path}", self.origin.expose()));
            let exchange = http::exchange_of(&keys, attempt.env()).map_err(|fault| fault.message)?;
            let script = ask(&exchange, attempt).await.map_err(|why| format!("{}: {why}", redacted_path(path)))?;
            read += script.body.len();
            if read > TOGETHER {
                return Err("the scripts have more than 8 MiB together".to_owned());
            }
            let _turn = attempt.world().turns.take_for(script.body.len()).await;
            search.look(&script.body).await;
        }
        Ok(search.result())
    }
}

/// Whether no browser should have the value. Tokens and keys with a prefix for browsers are made for them.
fn is_secret(name: &str, text: &str) -> bool {
    match is_for_browsers(name) {
        true => {
            is_public_secret(name, text) && ["SECRET", "PASSWORD", "PRIVATE"].iter().any(|word| name.contains(word))
        }
        false => names_secret(name),
    }
}

/// A GET that follows no redirect.
fn keys(url: &str) -> Arc<HttpKeys> {
    Arc::new(HttpKeys { max_response: Some(Size(LONGEST)), ..HttpKeys::of_url(Value::literal(url)) })
}

/// The answer to a GET, or why there is none.
async fn ask(exchange: &Exchange, attempt: &mut Attempt) -> Result<HttpResponse, String> {
    let deadline = attempt.deadline();
    let until = deadline.checked_sub(RESERVE).unwrap_or(deadline);
    let answer = timeout_at(until, exchange.ask(attempt, BodyUse::Expected)).await;
    attempt.facts().excerpt = None;
    let (request, answer) = answer.map_err(|_| "the time was over".to_owned())?.map_err(|fault| fault.message)?;
    exchange.wanted.status(&request, &answer).map_err(|fault| fault.message)?;
    match answer.packed {
        None => Ok(answer),
        Some(_) => Err("the answer cannot be unpacked".to_owned()),
    }
}

/// The paths of the scripts that a page names, each once. Those of another origin are not asked for.
fn scripts(page: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let ends = |c: char| matches!(c, '"' | '\'' | '\\' | '<' | '>' | ',') || c.is_whitespace();
    for (at, _) in page.match_indices(STATIC).take(MOST) {
        let before = &page[page.ceil_char_boundary(at.saturating_sub(LONGEST_PATH))..at];
        let after = &page[at..page.floor_char_boundary(at + LONGEST_PATH)];
        let (Some(start), Some(end)) = (before.rfind(ends), after.find(ends)) else { continue };
        let path = &page[at - before.len() + start + 1..at + end];
        let is_script = path.split(['?', '#']).next().is_some_and(|path| path.ends_with(".js"));
        let is_own = path.starts_with('/') && !path.starts_with("//");
        if is_script && is_own && found.iter().all(|known| known != path) {
            found.push(path.to_owned());
        }
        if found.len() == SCRIPTS {
            break;
        }
    }
    found
}

/// What was found so far.
struct Search<'a> {
    page: &'a Page,
    /// Which of the public values and of the secrets is there.
    public: Vec<bool>,
    secrets: Vec<bool>,
    /// The origins and paths of the URLs in the texts.
    urls: Vec<String>,
}

impl<'a> Search<'a> {
    fn of(page: &'a Page) -> Self {
        Self {
            page,
            public: vec![false; page.public.len()],
            secrets: vec![false; page.secrets.len()],
            urls: Vec::new(),
        }
    }

    async fn look(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let mut pauses = slices(Duration::from_millis(2));
        let values =
            self.page.public.iter().zip(&mut self.public).chain(self.page.secrets.iter().zip(&mut self.secrets));
        for ((_, value), is_there) in values {
            *is_there = *is_there || text.contains(value.expose().trim().trim_end_matches('/'));
            pauses.pause().await;
        }
        for (at, _) in text.match_indices("http").take(MOST) {
            pauses.pause().await;
            let Some(url) = url_at(&text[at..]) else { continue };
            if self.urls.len() < URLS && self.urls.iter().all(|known| *known != url) {
                self.urls.push(url);
            }
        }
    }

    fn result(self) -> Bundle {
        let mut found = Bundle { urls: self.urls, ..Bundle::default() };
        for ((name, value), is_there) in self.page.public.iter().zip(self.public) {
            let url = Url::parse(value.expose().trim()).map(|url| url.redacted()).unwrap_or_default();
            let list = if is_there { &mut found.built_in } else { &mut found.absent };
            list.push((name.clone(), url));
        }
        let secrets = self.page.secrets.iter().zip(self.secrets).filter(|(_, is_there)| *is_there);
        found.exposed = secrets.map(|((name, _), _)| name.clone()).collect();
        found
    }
}

/// The URL at the start of a text, as far as it may be shown; `None` where there is none, or a part of it is filled in later.
fn url_at(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '[' | ']' | '~');
    let end = rest.find(|c| !fine(c)).unwrap_or(rest.len()).min(256);
    let url = Url::parse(&text[..text.len() - rest.len() + end]).ok()?;
    (url.user.is_none() && url.password.is_none()).then(|| url.redacted())
}

#[cfg(test)]
mod tests {
    use super::{scripts, url_at};

    #[test]
    fn the_scripts_of_a_page_are_those_of_its_origin() {
        let page = r#"<script src="/_next/static/chunks/main-1.js" async></script><link href="/_next/static/css/a.css">
            <script src='/shop/_next/static/chunks/app/page-2.js?dpl=3'></script><script>self.__next_f.push([1,"static/chunks/x.js"])
            </script><script src="https://cdn.example.com/_next/static/a.js"></script><script src="//evil/_next/static/a.js"></script>
            <script src="/_next/static/chunks/main-1.js"></script>"#;
        assert_eq!(scripts(page), ["/_next/static/chunks/main-1.js", "/shop/_next/static/chunks/app/page-2.js?dpl=3"]);
        let many: String = (0..100).map(|index| format!("\"/_next/static/{index}.js\"")).collect();
        assert_eq!(scripts(&many).len(), 32);
        assert!(scripts("/_next/static/").is_empty() && scripts("").is_empty());
        assert!(scripts(&"/_next/static/".repeat(100_000)).is_empty());
    }

    #[test]
    fn the_urls_of_a_script() {
        for (text, expected) in [
            ("http://localhost:8000\",b", Some("http://localhost:8000")),
            ("https://api.example.com/v1/`+x", Some("https://api.example.com/v1/")),
            ("https://user:pw@x/", None),
            ("http://", None),
            ("http://${a}", None),
            ("httpx://a", None),
        ] {
            assert_eq!(url_at(text).as_deref(), expected, "{text}");
        }
    }
}
