//! Several servers of one check: what each came to, in one fault.

use crate::outcome::Fault;
use crate::url::Endpoint;

/// Each server with what is wrong with it.
#[must_use]
pub fn in_words(faults: &[(&Endpoint, Fault)]) -> Vec<String> {
    faults.iter().map(|(endpoint, fault)| format!("{endpoint}: {}", fault.message)).collect()
}

/// Of several servers' faults, of which there is at least one, the one that got furthest; its message names all.
#[must_use]
pub fn furthest(faults: Vec<(&Endpoint, Fault)>) -> Fault {
    let all = in_words(&faults);
    let several = faults.len() > 1;
    let best = faults
        .into_iter()
        .map(|(_, fault)| fault)
        .reduce(|best, next| if next.phase > best.phase { next } else { best });
    let best = best.expect("there is at least one server");
    if several { best.with_message(all.join("; ")) } else { best }
}
