//! The corpora of fuzzing as ordinary tests, and that nothing about a target is forgotten.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use super::peers::{CHECKS, file};
use super::run;
use crate::env::MapEnv;

/// The most files of a corpus, and bytes of one.
const FILES: usize = 40;
const BYTES: usize = 4096;

type Target = (&'static str, fn(&[u8]));

/// Each with its name in `fuzz/`.
macro_rules! targets {
    ($($name:ident)*) => { [$((stringify!($name), super::$name as fn(&[u8]))),*] };
}

fn targets() -> Vec<Target> {
    targets![
        yaml urls masking durations texts resolv_conf hosts dns certificate chain server_hello pem postgres postgres_url
        postgres_error redis mysql amqp mongodb smtp nats grpc websocket kafka ldap mqtt memcached http_answer pointer health payload expression env_file frames proc netlink dapr parity same_secret mcp jwks token peers
    ]
    .to_vec()
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(fuzz().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(fuzz().join("corpus").join(target)).unwrap();
    entries.map(|entry| entry.unwrap().path()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn every_input_that_is_kept_holds() {
    let mut broken = Vec::new();
    for (name, target) in targets() {
        for (path, bytes) in corpus(name).into_iter().chain([("nothing".into(), Vec::new())]) {
            if catch_unwind(|| target(&bytes)).is_err() {
                broken.push(format!("{name}: {}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_target_has_its_program_and_a_small_corpus() {
    let wanted: BTreeSet<String> = targets().iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let programs = manifest.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let programs: BTreeSet<String> = programs.filter(|name| *name != "pilotfish-fuzz").map(str::to_owned).collect();
    assert_eq!((&programs, names("targets"), names("corpus")), (&wanted, wanted.clone(), wanted.clone()));
    for name in &wanted {
        let program = std::fs::read_to_string(fuzz().join(format!("targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("pilotfish::fuzz::{name}(bytes)")), "{program}");
        let corpus = corpus(name);
        assert!((1..=FILES).contains(&corpus.len()), "{name} has {} files", corpus.len());
        let large = corpus.iter().find(|(_, bytes)| bytes.len() > BYTES);
        assert!(large.is_none(), "{:?} is over {BYTES} bytes", large.map(|(path, _)| path));
    }
}

#[test]
fn every_check_of_a_protocol_is_read() {
    for check in CHECKS {
        let file = file(check, ([127, 0, 0, 1], 1).into());
        let env = MapEnv::default().with_file("/etc/pilotfish.yaml", file.as_bytes());
        assert_eq!(run::plan(&env).err(), None, "{file}");
    }
}
