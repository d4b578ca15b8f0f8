//! Hints where the name led to a machine that nobody meant: whatever that machine answers is not what is wrong.

use crate::cause::Cause;
use crate::findings::caught::{Caught, Whole, caught};
use crate::findings::context::Context;
use crate::findings::host_class::{HostClass, by_shape, flag, written};
use crate::findings::placeholder::placeholder;
use crate::findings::private_endpoint::{PublicAnswer, public_answer, turns_away};
use crate::outcome::{Evidence, Fault, Phase, with_capital};
use crate::url::Host;

/// The hint of a failure at a machine that the name only led to by mistake.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<String> {
    let of_the_machine = fault.phase != Phase::Resolve
        && !matches!(fault.cause, Cause::LocalLimit | Cause::ConnectNotPermitted | Cause::ProbeLimit | Cause::Internal);
    if !of_the_machine {
        return None;
    }
    let name = match context.endpoint(evidence, Some(fault)).map(|endpoint| endpoint.host) {
        Some(Host::Name(name)) => name,
        Some(Host::Ip(_)) => return None,
        // A check that dials nothing asks for a name alone.
        None => written(evidence.queries.last()?).to_owned(),
    };
    if let Some(caught) = caught(&name, evidence) {
        return Some(by_suffix(&caught));
    }
    if turns_away(fault, evidence)
        && let Some(PublicAnswer { name, zone, address }) = public_answer(&name, evidence)
    {
        return Some(format!(
            "{name} has a private endpoint, but resolves to the public address {address}, which may refuse this pod. Link the \
             private DNS zone {} to the {} of this cluster, and let CoreDNS ask that network's name server.",
            zone.zone, zone.network
        ));
    }
    let empty = placeholder(&name, evidence)?;
    let at_once = fault.phase == Phase::Connect || empty.is_certain();
    at_once.then(|| {
        format!(
            "The name server answers {} for {}: {}. {} (nslookup {}).",
            empty.address,
            empty.name,
            empty.reason(),
            with_capital(empty.remedy()),
            empty.name
        )
    })
}

fn by_suffix(caught: &Caught<'_>) -> String {
    let Caught { name, suffix, full: _, whole } = caught;
    match whole {
        Whole::Public => format!(
            "The search domain {suffix} answered for {name}, so this is not the host of that name. Write {name}. with a \
             final dot, or remove the wildcard record from {suffix}."
        ),
        Whole::OfCluster { missing } => {
            let get = match by_shape(name) {
                HostClass::Service { service, namespace } => {
                    format!("kubectl {}get svc {service}", flag(namespace.as_deref()))
                }
                _ => "kubectl get svc -A".to_owned(),
            };
            if *missing {
                return format!(
                    "{name} does not exist, and the search domain {suffix} answered in its place. Create the Service \
                     or correct the name ({get})."
                );
            }
            format!(
                "The search domain {suffix} answered for {name}, so this is not the Service. Write it with a final \
                 dot, and compare it with {get}."
            )
        }
    }
}
