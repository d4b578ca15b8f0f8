use super::hint;
use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Evidence, Fault, Phase};
use crate::url::Endpoint;

#[test]
fn a_server_of_its_own_is_not_that_of_the_pod() {
    let own = [Endpoint::parse("192.0.2.1:53").unwrap()];
    let of = |cause, endpoints| {
        let context = Context { endpoints, ..Context::default() };
        hint(&Fault::new(Phase::Resolve, cause, ""), &Evidence::default(), &context)
    };
    for cause in [Cause::DnsTimeout, Cause::DnsServerFailure, Cause::DnsRefused] {
        let text = of(cause, &own).unwrap();
        assert!(text.starts_with("This check queries its own `server`"), "{text}");
        assert_eq!(of(cause, &[]), None);
    }
    assert_eq!(of(Cause::DnsNotFound, &own), None, "what is missing is a matter of the name");
    assert!(of(Cause::DnsAnswerMismatch, &[]).unwrap().contains("split horizon"));
}
