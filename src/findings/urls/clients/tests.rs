//! The table of how raw characters of a password fare with each client; the real clients are asked in tests/it/urls.

use super::super::intent::Intent;
use super::{Family, Fate};

/// The table that the real clients are asked of, too: see its head.
const RAW: &str = include_str!("raw.txt");

fn letter(fate: Fate) -> char {
    match fate {
        Fate::Right => '.',
        Fate::Refuses => 'P',
        Fate::HostIsUser => 'U',
        Fate::OtherHost => 'H',
        Fate::OtherLogin => 'A',
        Fate::OtherDatabase => 'D',
    }
}

#[test]
fn each_client_reads_as_the_table_says() {
    let (mut section, mut rows) = ("", 0);
    for line in RAW.lines().filter(|line| !line.starts_with('#')) {
        let Some((expected, password)) = line.split_once('\t') else {
            section = line.split(' ').next().unwrap();
            continue;
        };
        let of = |scheme: &str, password: &str| format!("{scheme}://app:{password}@127.0.0.1:5432/shop");
        // What the client gets, what was meant, and the password.
        let (text, meant, password) = match section {
            "postgres" | "ecto" | "postgis" | "cockroachdb" => (of(section, password), of(section, password), password),
            "redis" => {
                let text = format!("redis://default:{password}@127.0.0.1:6379/0");
                (text.clone(), text, password)
            }
            _ => (password.replace("\\n", "\n").replace("\\r", "\r").replace("\\s", " "), of("postgres", "pw"), "pw"),
        };
        let intent = Intent::of(&meant).expect(password);
        let clients = Family::of(&meant, crate::check::SCHEMES).unwrap().clients(intent.scheme);
        let found: String = clients.iter().map(|client| letter(client.fate(&text, &intent, Some(password)))).collect();
        assert_eq!(found, expected, "{text:?}");
        rows += 1;
    }
    assert!(rows > 25, "{rows}");
}

/// Whatever a password is: encoded, every client reads it as it is meant.
#[test]
fn an_encoded_password_is_read_by_all() {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 40).unwrap()
    };
    for _ in 0..2000 {
        let length = 1 + next() % 24;
        let password: String = (0..length)
            .map(|_| char::from_u32(if next() % 8 == 0 { 0xa1 + next() % 400 } else { 0x20 + next() % 95 }).unwrap())
            .collect();
        let plain = super::percent::encode(password.as_bytes());
        // As encodeURIComponent has it: some marks stay.
        let component = ["%21", "%27", "%28", "%29", "%2A"]
            .iter()
            .zip(["!", "'", "(", ")", "*"])
            .fold(plain.to_string(), |text, (code, mark)| text.replace(code, mark));
        for encoded in [plain.as_str(), &component] {
            for (family, text) in [
                (Family::Postgres, format!("postgresql://app:{encoded}@db.example:5432/shop?sslmode=require")),
                (Family::Redis, format!("redis://default:{encoded}@cache:6379/0")),
            ] {
                let intent = Intent::of(&text).expect("it can be cut");
                for client in family.clients(intent.scheme) {
                    let fate = client.fate(&text, &intent, Some(&password));
                    assert_eq!(fate, Fate::Right, "{client:?} {password:?} {text}");
                }
            }
        }
    }
}
