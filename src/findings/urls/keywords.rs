//! A connection string of keywords (`host=db user=app`), which only some clients of a family read.

use super::clients::Family;
use super::intent::Intent;
use super::rows::KEYWORDS;
use crate::finding::Finding;
use crate::findings::context::{Context, Reading};
use crate::findings::wording::join_names;

/// Whose runtimes read no such string, of those that `clients` names.
pub(super) fn judge(reading: &Reading, context: Context<'_>) -> Option<Finding> {
    let is_string = reading.key == "url" && is_one(reading.text.expose());
    // What the check does not read is no string of the family.
    let family = Family::named(context.family?).filter(|_| is_string && !context.endpoints.is_empty())?;
    let mut names: Vec<&str> = Vec::new();
    for runtime in context.clients.iter().copied() {
        let clients = family.clients("").iter().copied().filter(|client| client.runs_on(runtime));
        let (readers, others): (Vec<_>, Vec<_>) = clients.partition(|client| client.reads_keywords());
        if readers.is_empty() {
            let others = others.iter().map(|client| client.name());
            let others = others.chain(family.of_jvm().filter(|_| runtime == "jvm"));
            let unnamed: Vec<&str> = others.filter(|name| !names.contains(name)).collect();
            names.extend(unnamed);
        }
    }
    (!names.is_empty()).then(|| {
        KEYWORDS.found(
            format!(
                "{} is a string of keywords (host=… user=…), which is not read by {}",
                reading.origin,
                join_names(&names)
            ),
            KEYWORDS.remedy,
        )
    })
}

/// Keywords have spaces between them; with semicolons it is a form of another client.
fn is_one(text: &str) -> bool {
    Intent::of(text).is_none() && !text.contains(';')
}
