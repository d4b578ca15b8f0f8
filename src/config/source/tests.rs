use super::{Extent, Request, load, only};
use crate::config::fault::Refused;
use crate::config::plan::{Origin, Plan};
use crate::env::MapEnv;

const ONE: &[u8] = b"checks: [{name: one, tcp: {address: 'h:1'}}]\n";
const TWO: &[u8] = b"checks: [{name: two, tcp: {address: 'h:1'}}, {name: three, tcp: {address: 'h:2'}}]\n";

fn with(targets: &[&str], file: Option<&str>, gates: &[&str], env: &MapEnv) -> Result<Plan, Refused> {
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (targets, gates) = (own(targets), own(gates));
    load(Request { targets: &targets, file, gates: &gates, extent: Extent::Servers }, env)
}

fn refused(result: Result<Plan, Refused>) -> String {
    result.err().map(|refused| refused.to_string()).unwrap_or_default()
}

#[test]
fn the_first_source_that_is_there_is_taken() {
    let mut env = MapEnv::with_vars(&[("PILOTFISH_CONFIG", "/two"), ("DATABASE_URL", "postgres://app@db/x")])
        .with_file("/one", ONE)
        .with_file("/two", TWO)
        .with_file("/etc/pilotfish/pilotfish.yaml", ONE);
    assert_eq!(with(&["tcp://h:1"], None, &[], &env).unwrap().origin, Origin::Targets);
    assert_eq!(with(&[], Some("/one"), &[], &env).unwrap().origin, Origin::Given("/one".into()));
    assert_eq!(with(&[], None, &[], &env).unwrap().origin, Origin::Variable("/two".into()));
    env.vars.insert("PILOTFISH_CONFIG".into(), String::new());
    let usual = Origin::Usual("/etc/pilotfish/pilotfish.yaml".into());
    assert_eq!(with(&[], None, &[], &env).unwrap().origin, usual);
    env.files.clear();
    let plan = with(&[], None, &["startup", "ready"], &env).unwrap();
    assert_eq!(plan.origin, Origin::Environment);
    assert!(plan.checks[0].gates.startup && plan.checks[0].gates.ready);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let env = MapEnv::with_vars(&[("PILOTFISH_CONFIG", "/nope"), ("DATABASE_URL", "postgres://app@db/x")])
        .with_file("/one", ONE);
    for (result, text) in [
        (with(&["tcp://h:1"], Some("/one"), &[], &env), "exclude each other"),
        (with(&[], Some("postgres://u:s3cret@h/d"), &[], &env), "-c expects a file"),
        (with(&[], Some("/missing"), &[], &env), "/missing: the file does not exist"),
        (with(&[], None, &[], &env), "/nope (named by PILOTFISH_CONFIG): the file does not exist"),
        (with(&[], Some("/one"), &["ready"], &env), "--gate applies only to checks found in the environment"),
        (with(&[], None, &["live"], &env), "--gate must be startup or ready"),
        (with(&[], None, &["s3cret"], &env), "--gate must be startup or ready"),
    ] {
        let refused = refused(result);
        assert!(refused.contains(text) && !refused.contains("s3cret"), "{refused}");
    }
}

/// A URL or the configuration itself, put there by mistake, is not repeated: it may hold a password.
#[test]
fn what_is_no_path_in_the_variable_is_not_shown() {
    for value in ["postgres://u:s3cret@h/db", "checks:\n  - postgres: {url: s3cret}\n"] {
        let text = refused(with(&[], None, &[], &MapEnv::with_vars(&[("PILOTFISH_CONFIG", value)])));
        assert!(text.starts_with("PILOTFISH_CONFIG is not a path"), "{text}");
    }
}

#[test]
fn only_the_named_checks_stay() {
    let env = MapEnv::default().with_file("/two", TWO);
    let mut plan = with(&[], Some("/two"), &[], &env).unwrap();
    let error = only(&mut plan, &["tree".to_owned()]).unwrap_err().to_string();
    assert_eq!(
        error,
        "--only: no check has this name \"tree\", did you mean three? The checks of the file /two are: two, three"
    );
    let error = only(&mut plan, &["other".to_owned()]).unwrap_err().to_string();
    assert_eq!(error, "--only: no check has this name \"other\". The checks of the file /two are: two, three");
    only(&mut plan, &[]).unwrap();
    assert_eq!(plan.checks.len(), 2);
    only(&mut plan, &["three".to_owned()]).unwrap();
    assert_eq!(plan.checks[0].name, "three");
    assert_eq!(plan.checks.len(), 1);
}
