//! Health answers that follow no general form: each is known by its keys, all of them together, as its source writes them.

use crate::check::peer::document::{Doc, Entry};
use crate::check::peer::health::Health;
use crate::check::words::Tone;

/// A part: its name, its word and what that says.
type Part = (String, &'static str, Tone);

/// What a document of a known product says; `None` for any other.
pub(super) fn judge(doc: &Doc) -> Option<Health> {
    match doc {
        Doc::Map(entries) => vault(entries)
            .or_else(|| sonarqube(entries))
            .or_else(|| of_parts(kibana(entries)?))
            .or_else(|| of_parts(django_health_check(entries)?))
            .or_else(|| of_parts(watchman(entries)?))
            .or_else(|| of_parts(heptio(entries)?))
            .or_else(|| of_parts(consul(entries)?)),
        Doc::List(items) => {
            let all: Option<Vec<_>> = items.iter().map(|item| consul(map(item)?)).collect();
            of_parts(all.filter(|all| !all.is_empty())?.into_iter().flatten().collect())
        }
        Doc::Text(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Other => None,
    }
}

fn of_parts(parts: Vec<Part>) -> Option<Health> {
    Health::of_parts(parts.iter().map(|(name, word, tone)| (name.as_str(), *word, *tone)))
}

fn map(doc: &Doc) -> Option<&[Entry]> {
    match doc {
        Doc::Map(entries) => Some(entries),
        Doc::Text(_) | Doc::Bool(_) | Doc::Number(_) | Doc::List(_) | Doc::Other => None,
    }
}

fn list(doc: &Doc) -> Option<&[Doc]> {
    match doc {
        Doc::List(items) => Some(items),
        Doc::Text(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Map(_) | Doc::Other => None,
    }
}

fn text(doc: &Doc) -> Option<&str> {
    match doc {
        Doc::Text(text) => Some(text),
        Doc::Map(_) | Doc::Bool(_) | Doc::Number(_) | Doc::List(_) | Doc::Other => None,
    }
}

fn get<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Doc> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn is_true(entries: &[Entry], key: &str) -> Option<bool> {
    match get(entries, key)? {
        Doc::Bool(value) => Some(*value),
        Doc::Text(_) | Doc::Map(_) | Doc::Number(_) | Doc::List(_) | Doc::Other => None,
    }
}

/// One of these words, with what it says.
fn word(text: &str, words: &[(&'static str, Tone)]) -> Option<(&'static str, Tone)> {
    words.iter().copied().find(|(word, _)| *word == text)
}

/// `/v1/sys/health`: a sealed server may answer 200 where it was asked to (`sealedcode`).
fn vault(entries: &[Entry]) -> Option<Health> {
    is_true(entries, "standby")?;
    Some(match (is_true(entries, "initialized")?, is_true(entries, "sealed")?) {
        (false, _) => Health::of_word(Tone::Bad, "not initialized"),
        (true, true) => Health::of_word(Tone::Bad, "sealed"),
        (true, false) => Health::of_word(Tone::Good, "unsealed"),
    })
}

/// `/api/system/status`.
fn sonarqube(entries: &[Entry]) -> Option<Health> {
    const WORDS: [(&str, Tone); 6] = [
        ("UP", Tone::Good),
        ("DOWN", Tone::Bad),
        ("STARTING", Tone::Bad),
        ("RESTARTING", Tone::Bad),
        ("DB_MIGRATION_NEEDED", Tone::Bad),
        ("DB_MIGRATION_RUNNING", Tone::Bad),
    ];
    (entries.len() == 3).then_some(())?;
    text(get(entries, "id")?)?;
    text(get(entries, "version")?)?;
    let (word, tone) = word(text(get(entries, "status")?)?, &WORDS)?;
    Some(Health::of_word(tone, word))
}

/// `/api/status`, of version 8 (`level`) and of those before (`state`).
fn kibana(entries: &[Entry]) -> Option<Vec<Part>> {
    const WORDS: [(&str, Tone); 7] = [
        ("available", Tone::Good),
        ("degraded", Tone::Warn),
        ("unavailable", Tone::Bad),
        ("critical", Tone::Bad),
        ("green", Tone::Good),
        ("yellow", Tone::Warn),
        ("red", Tone::Bad),
    ];
    let status = map(get(entries, "status")?)?;
    let said = |part: &Doc| {
        let part = map(part)?;
        word(text(get(part, "level").or_else(|| get(part, "state"))?)?, &WORDS)
    };
    let (overall, tone) = said(get(status, "overall")?)?;
    let groups = ["core", "plugins"].into_iter().filter_map(|group| map(get(status, group)?)).flatten();
    let mut parts: Vec<Part> =
        groups.filter_map(|part| said(&part.value).map(|(word, tone)| (part.key.clone(), word, tone))).collect();
    for item in get(status, "statuses").and_then(list).unwrap_or_default() {
        // `plugin:elasticsearch@7.9.0`
        let name = map(item).and_then(|item| text(get(item, "id")?)?.split('@').next());
        parts.extend(said(item).zip(name).map(|((word, tone), name)| (name.to_owned(), word, tone)));
    }
    // It sums up the others.
    parts.retain(|(_, _, own)| *own <= tone);
    if !parts.iter().any(|(_, _, own)| *own == tone) {
        parts.push(("overall".to_owned(), overall, tone));
    }
    Some(parts)
}

/// A health check of a service, or of what it runs on: each entry of `/v1/health/service/NAME` and of its like.
fn consul(entries: &[Entry]) -> Option<Vec<Part>> {
    const WORDS: [(&str, Tone); 4] =
        [("passing", Tone::Good), ("warning", Tone::Warn), ("critical", Tone::Bad), ("maintenance", Tone::Bad)];
    get(entries, "Service")?;
    let checks = list(get(entries, "Checks")?)?;
    let part = |check: &Doc| {
        let check = map(check)?;
        let (word, tone) = word(text(get(check, "Status")?)?, &WORDS)?;
        let name = text(get(check, "Name").or_else(|| get(check, "CheckID"))?)?;
        Some((name.to_owned(), word, tone))
    };
    checks.iter().map(part).collect()
}

/// django-health-check: `{"DatabaseBackend": "working", "RedisHealthCheck": "unavailable: Connection refused"}`.
fn django_health_check(entries: &[Entry]) -> Option<Vec<Part>> {
    const WORDS: [(&str, Tone); 5] = [
        ("working", Tone::Good),
        ("warning", Tone::Warn),
        ("unavailable", Tone::Bad),
        ("unexpected result", Tone::Bad),
        ("unknown error", Tone::Bad),
    ];
    let part = |entry: &Entry| {
        let text = text(&entry.value)?;
        let (word, tone) = word(text.split(':').next()?, &WORDS)?;
        Some((entry.key.clone(), word, tone))
    };
    entries.iter().map(part).collect()
}

/// django-watchman: `{"databases": [{"default": {"ok": true}}], "storage": {"ok": true}}`.
fn watchman(entries: &[Entry]) -> Option<Vec<Part>> {
    let part = |name: String, part: &Doc| {
        let (word, tone) = if is_true(map(part)?, "ok")? { ("ok", Tone::Good) } else { ("not ok", Tone::Bad) };
        Some((name, word, tone))
    };
    // One object with `ok` may be anything.
    entries.iter().find(|entry| list(&entry.value).is_some_and(|items| !items.is_empty()))?;
    let mut parts = Vec::new();
    for Entry { key, value, .. } in entries {
        match value {
            Doc::List(items) => {
                for one in items.iter().map(map).collect::<Option<Vec<_>>>()?.into_iter().flatten() {
                    parts.push(part(format!("{key}.{}", one.key), &one.value)?);
                }
            }
            Doc::Map(_) => parts.push(part(key.clone(), value)?),
            Doc::Text(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Other => return None,
        }
    }
    Some(parts)
}

/// heptiolabs/healthcheck with `?full=1`: `{"database": "OK", "upstream": "dial tcp 10.0.0.1:5432: connection refused"}`.
fn heptio(entries: &[Entry]) -> Option<Vec<Part>> {
    // As Go's packages word what goes wrong with a connection.
    const ERRORS: [&str; 8] = [
        "dial tcp ",
        "dial unix ",
        "lookup ",
        "connection refused",
        "context deadline exceeded",
        "i/o timeout",
        "no such host",
        "timeout",
    ];
    let part = |entry: &Entry| {
        let text = text(&entry.value)?;
        let is_part = !(entry.name.is_status() || entry.name.is_aside() || entry.name.is_rank());
        let (word, tone) = match text {
            "OK" => ("OK", Tone::Good),
            _ => ERRORS.iter().find(|error| text.contains(*error)).map(|_| ("failed", Tone::Bad))?,
        };
        is_part.then(|| (entry.key.clone(), word, tone))
    };
    entries.iter().map(part).collect()
}
