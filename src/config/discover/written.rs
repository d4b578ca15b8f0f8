//! What was found, as a configuration to keep: YAML with the names of variables, and none of their values.

use super::found::{Found, Source};
use crate::check::KeyVariable;
use crate::config::names::is_variable_name;
use crate::config::plan::Listed;
use crate::outcome::clean_text;

const HEAD: &str = "\
# Written by `pilotfish config discover` from the variables of this container. It contains their names and
# none of their values, so the container that runs pilotfish needs the same variables.
#
# gates: []                  only watches: the result is in metrics, /status and the log
# gates: [startup]           delays the start of the pod until it has passed once
# gates: [startup, ready]    also removes the pod from its Services while it fails
checks:
";

/// The document.
pub(super) fn document(found: &[Found], listed: &[Listed]) -> String {
    let mut text = HEAD.to_owned();
    // A name that `{env: …}` does not take could not be read back.
    let (named, odd): (Vec<&Found>, Vec<&Found>) = found.iter().partition(|found| is_variable_name(&found.variable));
    named.iter().for_each(|found| check(&mut text, found));
    if !listed.is_empty() || !odd.is_empty() {
        text.push_str("\n# Found, but not probed:\n");
    }
    for Listed { variable, why, .. } in listed {
        text.push_str(&format!("# {}: {why}\n", clean_text(variable, 256)));
    }
    for found in odd {
        let variable = clean_text(&found.variable, 256);
        text.push_str(&format!("# {variable}: a configuration cannot refer to this name: rename the variable\n"));
    }
    text
}

fn check(text: &mut String, found: &Found) {
    let Found { planned, source, variable } = found;
    let list =
        |pick: fn(&KeyVariable) -> &'static str, of: &[KeyVariable]| of.iter().map(pick).collect::<Vec<_>>().join(", ");
    let (from, has_url, variables) = match source {
        Source::Url => (format!("the variable {variable}"), true, &[][..]),
        Source::UrlBeside { beside, reader } => {
            let (keys, names) = (list(|(key, _)| key, beside), list(|(_, name)| name, beside));
            (
                format!("the variable {variable}, which has no {keys}, and the {reader} variables {names}"),
                true,
                &beside[..],
            )
        }
        Source::Parts(variables) => {
            (format!("the variables {}", list(|(_, name)| name, variables)), false, &variables[..])
        }
    };
    text.push_str(&format!("  # from {from}\n  - name: {}\n    {}:\n", planned.name, planned.kind));
    if has_url {
        text.push_str(&format!("      url: {{env: {variable}}}\n"));
    }
    for (key, name) in variables {
        text.push_str(&format!("      {key}: {{env: {name}}}\n"));
    }
    text.push_str(&format!("    gates: [{}]\n", planned.gates));
}
