//! `env`: the variables that an app needs are there and as they must be. It reads, and dials nothing.
//!
//! A message names the rule that is broken. It contains neither the value or its length nor the text of the rule.

mod bundle;
mod rules;
mod source;
mod url;

use std::sync::Arc;
use std::time::Duration;

use self::bundle::Page;
use self::rules::{Broken, Judged, Rules};
use self::source::{Found, Source};
use crate::check::http::settings::HttpUrl;
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, no_hint};
use crate::config::node::{self, Keys, Node, Problem};
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::net::attempt::Attempt;
use crate::outcome::{BrokenVariable, Detail, Fault, Phase, ValueDetail};
use crate::secret::Secret;
use crate::value::Value;

/// The kind.
pub const KIND: Kind = Kind {
    name: "env",
    summary: "the variables that the app needs are set and follow their rules; connection URLs are read like clients \
              do",
    example: "{variables: [{name: DATABASE_URL, url: postgres}, {name: BETTER_AUTH_SECRET, min_length: 32}, \
              {name: PORT, required: false, pattern: '^[0-9]+$'}]}",
    url_form: "",
    schemes: &[],
    subject: Subject::Values,
    shown: ShownKeys { urls: &["bundle"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |_| None,
    parse,
    from_url,
    facts: &[],
    hint: no_hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<EnvKeys>(),
};

/// From run to run with a page, whose scripts change with an image alone.
const BUNDLE_INTERVAL: Duration = Duration::from_mins(5);
/// How many variables a message names.
const NAMED: usize = 8;
/// How many variables a check may name: it reads all of them at once.
const MOST: usize = 512;

/// Variables and the rules for them.
#[derive(Debug, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "env"))]
#[serde(deny_unknown_fields)]
struct EnvKeys {
    /// The variables, each with its rules; at least one, at most 512.
    variables: Vec<Rules>,
    /// The source of the variables: `pod` (the default) for the environment of this container, or a path: a file of
    /// `NAME=value` lines (a .env file), `/proc/PID/environ` of the app if the pod shares its process namespace, or,
    /// with a final `/`, the folder of a mounted Secret or ConfigMap, with one file for each variable.
    #[serde(default)]
    from: Source,
    /// The URL of a page of the app (Next.js) as browsers get it. The scripts of `/_next/static/` that it names, at most 32 of the
    /// same origin, are searched for the values of these variables: another URL than that of a `NEXT_PUBLIC_` variable, and
    /// secrets. What they show is a finding. With this key, the check runs every 5m while it is up, unless it sets `interval`.
    bundle: Option<HttpUrl>,
}

#[derive(Debug)]
struct Variables {
    keys: EnvKeys,
    /// What is read from elsewhere: the files that a change of which ends a back-off, and what `equals` names.
    values: Vec<Value>,
}

fn parse(node: &Node) -> Parsed {
    let keys: EnvKeys = node::read(node)?;
    if keys.variables.is_empty() {
        let place = node.get("variables").unwrap_or(node);
        return Err(vec![Problem::new(place.span, "variables", "name at least one variable")]);
    }
    if keys.variables.len() > MOST {
        let place = node.get("variables").unwrap_or(node);
        let message = format!("name at most {MOST} variables in one check; give the others a check of their own");
        return Err(vec![Problem::new(place.span, "variables", message)]);
    }
    Ok(Arc::new(Variables::new(keys)))
}

/// It has no scheme: a variable by itself is one that must be there.
fn from_url(value: Value) -> Arc<dyn Check> {
    let name = match value {
        Value::Env(name) => Some(name),
        Value::Literal(_) | Value::File(_) | Value::Template(_) => None,
    };
    Arc::new(Variables::new(EnvKeys {
        variables: name.map(Rules::required).into_iter().collect(),
        from: Source::Pod,
        bundle: None,
    }))
}

impl Variables {
    fn new(keys: EnvKeys) -> Self {
        let required = keys.variables.iter().filter(|rules| rules.required).map(|rules| rules.name.0.as_str());
        let mut values = keys.from.values(required);
        values.extend(keys.variables.iter().flat_map(Rules::values).cloned());
        values.extend(keys.bundle.iter().map(|HttpUrl(url)| url.clone()));
        Self { keys, values }
    }

    /// Each variable against its rules, in their order.
    fn judge(&self, found: &Found, env: &dyn Env) -> Result<Verdict, Fault> {
        let judge = |rules: &Rules| {
            let value = found.get(&rules.name.0)?;
            rules.judge(value, &self.keys.from, env)
        };
        let judged = self.keys.variables.iter().map(judge).collect::<Result<_, _>>()?;
        let page = self.keys.bundle.as_ref().map(|HttpUrl(url)| Page::new(url, &self.named(found), env));
        Ok(Verdict { judged, page })
    }
}

/// Every variable against its rules, in their order.
struct Verdict {
    judged: Vec<Judged>,
    page: Option<Page>,
}

impl Variables {
    fn target(&self) -> String {
        let names: Vec<&str> = self.keys.variables.iter().take(3).map(|rules| rules.name.0.as_str()).collect();
        let more = self.keys.variables.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{}{more} of {}", names.join(", "), self.keys.from)
    }

    /// Those that are set.
    fn named(&self, found: &Found) -> Vec<(String, Secret)> {
        let names = self.keys.variables.iter().map(|rules| &rules.name.0);
        names.filter_map(|name| Some((name.clone(), found.get(name).ok()??.clone()))).collect()
    }

    fn readings(&self, found: &Found) -> Vec<Reading> {
        let read = |rules: &Rules| {
            let name = &rules.name.0;
            let text = found.get(name).ok().flatten().filter(|text| Reading::takes(text))?;
            Some(Reading {
                key: Reading::VARIABLE,
                variable: Some(name.clone()),
                is_template: false,
                origin: format!("the variable {name}"),
                text: text.clone(),
            })
        };
        self.keys.variables.iter().filter_map(read).collect()
    }
}

impl Verdict {
    /// What is wrong: each as `NAME: what is wrong`, with the cause of the first.
    async fn result(&self) -> Result<(), Fault> {
        let mut faults: Vec<(&str, &Broken)> = Vec::new();
        for judged in &self.judged {
            let result =
                judged.result().await.map_err(|costly| costly.fault(&format!("the variable {}", judged.name)))?;
            faults.extend(result.err().map(|broken| (judged.name.as_str(), broken)));
        }
        let Some((_, first)) = faults.first() else { return Ok(()) };
        let mut lines: Vec<String> =
            faults.iter().take(NAMED).map(|(name, broken)| format!("{name}: {}", broken.message)).collect();
        if faults.len() > NAMED {
            lines.push(format!("and {} more", faults.len() - NAMED));
        }
        let fault = Fault::new(Phase::Assert, first.cause, lines.join("; "));
        let broken =
            |(name, broken): &(&str, &Broken)| BrokenVariable { name: (*name).to_owned(), flaw: broken.flaw.clone() };
        let variables = faults.iter().map(broken).collect();
        Err(fault.with(Detail::Value(ValueDetail::Variables(variables))))
    }
}

impl Check for Variables {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        match self.keys.from.read(self.keys.variables.iter().map(|rules| rules.name.0.as_str()), env) {
            Ok(found) => {
                let readings = self.readings(&found);
                Prepared::new(self.target(), Vec::new(), readings, self.judge(&found, env))
            }
            Err(fault) => Prepared::new(self.target(), Vec::new(), Vec::new(), Err::<Verdict, _>(fault)),
        }
    }

    fn calm_interval(&self) -> Duration {
        if self.keys.bundle.is_some() { BUNDLE_INTERVAL } else { Duration::ZERO }
    }

    fn values(&self) -> Vec<&Value> {
        self.values.iter().collect()
    }
}

impl Runnable for Verdict {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        attempt.enter(Phase::Assert);
        Box::pin(async move {
            self.result().await?;
            if let Some(page) = &self.page {
                Box::pin(page.read(attempt)).await;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;
