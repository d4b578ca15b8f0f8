//! The plan as it is understood, as YAML: every default filled in, secrets masked, and where each value comes from.
//!
//! What may be shown is listed by each kind; everything else that was written is masked.

use crate::cause::Cause;
use crate::check::{SCHEMES, ShownKeys, kind};
use crate::config::fault::Refused;
use crate::config::node::{Node, Raw};
use crate::config::plan::{Plan, Planned};
use crate::config::source::{self, Request};
use crate::duration;
use crate::env::Env;
use crate::net::dial::Require;
use crate::outcome::{is_control, is_invisible};
use crate::slices::{Slices, at_once};
use crate::url::Url;
use crate::value::{Part, Value};

/// The plan that is asked for, as text.
///
/// # Errors
/// Every fault.
pub fn show(request: Request<'_>, env: &dyn Env) -> Result<String, Refused> {
    let origin = source::choose(request, env)?;
    let (plan, document) = match origin.file() {
        Some(path) => at_once(source::read(path, &origin, env, &mut Slices::unlimited()))
            .map(|(plan, node)| (plan, Some(node)))?,
        None => (source::load(request, env)?, None),
    };
    let mut out = Page { text: String::new(), env };
    out.line(0, &format!("# from {}", plan.origin));
    out.line(0, &format!("listen: {}", quoted(&plan.listen.to_string())));
    out.serve(&plan, document.as_ref().and_then(|document| document.get("serve")));
    out.line(0, "checks:");
    let written = document.as_ref().and_then(|document| document.get("checks")).map(|checks| &checks.raw);
    for (index, check) in plan.checks.iter().enumerate() {
        let node = match written {
            Some(Raw::Sequence(nodes)) => nodes.get(index),
            Some(Raw::Scalar { .. } | Raw::Mapping(_) | Raw::Faulty) | None => None,
        };
        out.check(check, node.and_then(|node| node.get(check.kind)));
    }
    for listed in &plan.listed {
        out.line(0, &format!("# not probed: {} ({}): {}", listed.variable, listed.target, listed.why));
    }
    for warning in &plan.warnings {
        out.line(0, &format!("# warning: {warning}"));
    }
    Ok(out.text)
}

/// Every value of a plan that cannot be resolved now, as lines for people.
#[must_use]
pub fn unresolved(plan: &Plan, env: &dyn Env) -> Vec<String> {
    let of_check = |check: &Planned| {
        let faults = check.check.values().into_iter().filter_map(|value| value.resolve(env).err());
        faults.map(|fault| format!("{}: {}", check.name, fault.message)).collect::<Vec<_>>()
    };
    let token = plan.serve.bearer_token.iter().filter_map(|token| token.resolve(env).err());
    let token = token.map(|fault| format!("serve.bearer_token: {}", fault.message));
    plan.checks.iter().flat_map(of_check).chain(token).collect()
}

struct Page<'a> {
    text: String,
    env: &'a dyn Env,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn serve(&mut self, plan: &Plan, written: Option<&Node>) {
        let serve = &plan.serve;
        self.line(0, "serve:");
        if serve.full_detail {
            self.line(2, "detail: full");
        }
        if let Some(tls) = &serve.tls {
            let (cert, key) = (tls.cert.to_string_lossy(), tls.key.to_string_lossy());
            self.line(2, &format!("tls: {{cert: {}, key: {}}}", quoted(&cert), quoted(&key)));
        }
        if let Some(token) = written.and_then(|node| node.get("bearer_token")) {
            self.node(2, "bearer_token", token, ShownKeys::NONE);
        }
        if let Some(listen) = serve.probe_listen {
            self.line(2, &format!("probe_listen: {}", quoted(&listen.to_string())));
        }
        self.line(2, &format!("drain: {}", duration::show(serve.drain)));
        self.line(2, &format!("fail_ready_on_sigterm: {}", serve.fail_ready_on_sigterm));
    }

    fn check(&mut self, check: &Planned, written: Option<&Node>) {
        self.line(2, &format!("- name: {}", quoted(&check.name)));
        match written {
            Some(node) => self.node(4, check.kind, node, kind(check.kind).map_or(ShownKeys::NONE, |kind| kind.shown)),
            None => self.line(4, &format!("# {}: {}", check.kind, check.check.prepare(self.env).target)),
        }
        self.line(4, &format!("interval: {}", duration::show(check.interval)));
        if check.calm_interval != check.interval {
            self.line(4, &format!("# while it is up: {}", duration::show(check.calm_interval)));
        }
        self.line(4, &format!("timeout: {}", duration::show(check.timeout)));
        self.line(4, &format!("failure_threshold: {}", check.failure_threshold));
        self.line(4, &format!("success_threshold: {}", check.success_threshold));
        let remark = if check.withheld { "   # not gating: loopback" } else { "" };
        self.line(4, &format!("gates: [{}]{remark}", check.gates));
        self.line(4, &format!("addresses: {}", check.rules.addresses.as_str()));
        if let Some(limit) = check.rules.connect_timeout {
            self.line(4, &format!("connect_timeout: {}", duration::show(limit)));
        }
        self.line(4, &format!("require: {}", check.rules.require.as_str()));
        if check.rules.require == Require::Each {
            self.line(4, &format!("min_passing: {}", check.min_passing));
        }
        if !check.ready_ignores.is_empty() {
            let slugs: Vec<&str> = check.ready_ignores.iter().copied().map(Cause::slug).collect();
            self.line(4, &format!("ready_ignores: [{}]", slugs.join(", ")));
        }
        for (key, words) in [("clients", &check.clients), ("fail_on", &check.fail_on)] {
            if !words.is_empty() {
                self.line(4, &format!("{key}: [{}]", words.join(", ")));
            }
        }
        if !check.labels.is_empty() {
            let labels: Vec<String> =
                check.labels.iter().map(|(name, value)| format!("{name}: {}", quoted(value))).collect();
            self.line(4, &format!("labels: {{{}}}", labels.join(", ")));
        }
    }

    /// A key and what was written there, masked but for what is `shown`.
    fn node(&mut self, indent: usize, key: &str, node: &Node, shown: ShownKeys) {
        let name = quoted(key);
        let free = shown.free.contains(&key);
        if let Some(value) = reference(node).filter(|_| !free) {
            let state = match value.resolve(self.env) {
                Ok(_) => "it can be read now".to_owned(),
                Err(fault) => fault.message,
            };
            let text = match &value {
                Value::Env(variable) => format!("{{env: {}}}", quoted(variable)),
                Value::File(path) => format!("{{file: {}}}", quoted(&path.to_string_lossy())),
                Value::Literal(_) | Value::Template(_) => template(&value),
            };
            return self.line(indent, &format!("{name}: {text}  # {state}"));
        }
        match &node.raw {
            Raw::Scalar { text, .. } if node.is_null() && text.expose().is_empty() => {
                self.line(indent, &format!("{name}:"));
            }
            Raw::Scalar { text, plain } => {
                self.line(indent, &format!("{name}: {}", scalar(key, text.expose(), *plain, shown)));
            }
            Raw::Sequence(nodes) => {
                let items: Vec<String> = nodes.iter().map(|item| self.item(key, item, shown)).collect();
                self.line(indent, &format!("{name}: [{}]", items.join(", ")));
            }
            Raw::Mapping(entries) => {
                self.line(indent, &format!("{name}:"));
                // Below keys of the user's own nothing is known to be harmless.
                let shown = if free { ShownKeys::NONE } else { shown };
                for (inner, value) in entries {
                    self.node(indent + 2, inner.text().unwrap_or_default(), value, shown);
                }
            }
            Raw::Faulty => {}
        }
    }

    fn item(&self, key: &str, node: &Node, shown: ShownKeys) -> String {
        match reference(node) {
            Some(Value::Env(variable)) => format!("{{env: {}}}", quoted(&variable)),
            Some(Value::File(path)) => format!("{{file: {}}}", quoted(&path.to_string_lossy())),
            Some(Value::Literal(_) | Value::Template(_)) | None => {
                let plain = matches!(node.raw, Raw::Scalar { plain: true, .. });
                node.text().map_or_else(|| "\"***\"".to_owned(), |text| scalar(key, text, plain, shown))
            }
        }
    }
}

/// A value that is taken from elsewhere.
fn reference(node: &Node) -> Option<Value> {
    match &node.raw {
        Raw::Scalar { text, .. } => {
            Value::parse(text.expose()).ok().filter(|value| matches!(value, Value::Template(_)))
        }
        Raw::Mapping(entries) if entries.len() == 1 => {
            let (key, value) = (entries[0].0.text()?, entries[0].1.text()?);
            match key {
                "env" => Some(Value::Env(value.to_owned())),
                "file" => Some(Value::File(value.into())),
                _ => None,
            }
        }
        Raw::Mapping(_) | Raw::Sequence(_) | Raw::Faulty => None,
    }
}

/// A literal as it may be shown under its key; what was written without quotes, such as a number, stays so.
fn scalar(key: &str, text: &str, plain: bool, shown: ShownKeys) -> String {
    let fit = match key {
        key if shown.urls.contains(&key) => Url::parse(text).ok().map(shown_url),
        key if shown.paths.contains(&key) => Some(text.to_owned()).filter(|text| !text.contains(['\n', ' '])),
        key if shown.plain.contains(&key) => Some(text.to_owned()),
        _ => None,
    };
    match fit {
        Some(fit) if plain && fit == text && is_simple(text) => fit,
        Some(fit) => quoted(&fit),
        None => quoted("***"),
    }
}

/// A URL without what may be a secret.
fn shown_url(mut url: Url) -> String {
    let scheme = SCHEMES.get(&url.scheme);
    url.user = url.user.filter(|user| scheme.is_none_or(|scheme| scheme.shows_user(user)));
    url.redacted()
}

/// A template: its variables, and nothing of the text around them that is no part of a URL that may be shown.
fn template(value: &Value) -> String {
    let Value::Template(parts) = value else { return "\"***\"".to_owned() };
    let piece = |part: &Part| match part {
        Part::Text(_) => "***".to_owned(),
        Part::Var(name) => format!("${{{name}}}"),
    };
    quoted(&parts.iter().map(piece).collect::<String>())
}

/// Words that are no text for a YAML reader, of whichever version.
const NO_TEXT: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// Whether a text needs no quotes for what its characters mean.
fn is_simple(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

/// A text as every YAML reader reads it back: as a text, and not as a number, a date or a truth.
fn quoted(text: &str) -> String {
    let begins_as_a_number = text.starts_with(|c: char| c.is_ascii_digit());
    let is_word = NO_TEXT.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_simple(text) && !begins_as_a_number && !is_word {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_control(c) || is_invisible(c) => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
