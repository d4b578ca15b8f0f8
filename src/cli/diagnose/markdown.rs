//! The report: one Markdown page to attach to a ticket. It has the whole ladder and the pod's own facts, and neither a
//! secret nor anything that a peer sent.

use crate::cli::diagnose::page::{self, Style};
use crate::cli::diagnose::pod::{Pod, Route};
use crate::cli::diagnose::view::Diagnosed;
use crate::cli::sheet::{Paint, WIDTH};
use crate::env::Env;
use crate::timestamp::rfc3339;

/// The whole report.
pub(super) fn report(all: &[Diagnosed], pod: &Pod, env: &dyn Env) -> String {
    let names: Vec<&str> = all.iter().map(|done| done.planned.name.as_str()).collect();
    let mut text = format!("# pilotfish diagnose: {}\n\n", names.join(", "));
    if let Some(done) = all.first() {
        text.push_str(&format!("- when: {}\n", rfc3339(done.outcome.started_at)));
    }
    text.push_str(&format!("- pilotfish: {}\n", env!("CARGO_PKG_VERSION")));
    for (what, word) in [("pod", &pod.hostname), ("namespace", &pod.namespace), ("kernel", &pod.kernel)] {
        if let Some(word) = word {
            text.push_str(&format!("- {what}: `{}`\n", word.replace('`', "'")));
        }
    }
    for done in all {
        let style = Style { paint: Paint(false), width: WIDTH, report: true };
        text.push_str(&format!("\n## {}\n\n", done.planned.name));
        fenced(&mut text, &page::page(done, env, style));
    }
    text.push_str("\n## The pod\n");
    let routes: Vec<String> = pod.routes.iter().map(route).collect();
    for (title, lines) in [
        ("Addresses", &pod.addresses),
        ("Routes", &routes),
        ("Listening sockets", &pod.listening),
        ("/etc/resolv.conf", &pod.resolv_conf),
        ("/etc/hosts", &pod.hosts),
    ] {
        text.push_str(&format!("\n### {title}\n\n"));
        match lines.as_slice() {
            [] => text.push_str("(empty or not readable)"),
            lines => fenced(&mut text, &lines.join("\n")),
        }
    }
    text
}

fn route(route: &Route) -> String {
    let Route { destination, gateway, device } = route;
    if device.is_empty() {
        return destination.clone();
    }
    let via = gateway.as_ref().map(|gateway| format!(" via {gateway}")).unwrap_or_default();
    format!("{destination}{via} dev {device}")
}

/// A block of text as it is; its fence is longer than any run of backticks in it.
fn fenced(text: &mut String, block: &str) {
    let longest = block.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    text.push_str(&format!("{fence}text\n{}\n{fence}\n", block.trim_end()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_in_a_block_ends_it() {
        let mut text = String::new();
        super::fenced(&mut text, "a\n````\nb\n");
        assert_eq!(text, "`````text\na\n````\nb\n`````\n");
    }
}
