//! The table of how raw characters of a password fare with each client; the real clients are asked in tests/it/urls.

use super::super::intent::Intent;
use super::{Client, Family, Fate};

/// In the order of the columns below.
const COLUMNS: [Client; 10] = [
    Client::Libpq,
    Client::Psycopg3,
    Client::Asyncpg,
    Client::SqlAlchemy,
    Client::NodePostgres,
    Client::PostgresJs,
    Client::TokioPostgres,
    Client::Sqlx,
    Client::Go,
    Client::DjDatabaseUrl,
];

/// One letter a client: `.` right, `P` refuses, `U` the user for the host, `H` another host, `A` another password,
/// `-` not judged.
const POSTGRES: [(&str, &str); 22] = [
    //            libpq pg3 asyncpg SQLA pg p.js tokio sqlx Go dj
    ("a/b", "PUP.PP.PPP"),
    ("a#b", "..P.PP.PPP"),
    ("a?b", "..P.PP.PPP"),
    ("a@b", "HHHH..H..."),
    ("a%zzb", "PP...P..P."),
    ("a%", "PP...P..P."),
    ("a%41b", "AAAAAAAAAA"),
    ("a b", ".P......P."),
    ("a[b", "..P.....PP"),
    ("a]b", "..P.....PP"),
    ("a\\b", "........P."),
    ("a^b", "........P."),
    ("a|b", "........P."),
    ("aäb", "........P."),
    ("a+b=c", ".........."),
    ("a:b", ".........."),
    ("a&$!',;", ".........."),
    ("xK+3/abc=", "PUP.PP.PPP"),
    // Digits, or nothing, before the first of them: most take the user for the host and the digits for the port.
    ("12/x", "UUU.UU.UUU"),
    ("/x", "UUU.UU.UUU"),
    ("12#x", "..U.UU.UUU"),
    ("12?x", "..P.UU.UUU"),
];

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
fn raw_characters_in_a_password() {
    for (password, expected) in POSTGRES {
        let text = format!("postgres://app:{password}@127.0.0.1:5432/shop");
        let intent = Intent::of(&text).expect(password);
        let found: String = COLUMNS.iter().map(|client| letter(client.fate(&text, &intent, Some(password)))).collect();
        assert_eq!(found, expected, "{password}");
    }
}

#[test]
fn raw_characters_in_a_password_for_redis() {
    let columns = [Client::RedisPy, Client::Ioredis, Client::NodeRedis, Client::RedisRs];
    for (password, expected) in [
        ("a/b", "PPPP"),
        ("a#b", "PPPP"),
        ("a?b", "PPPP"),
        ("a@b", "...."),
        ("a%w1", ".PP."),
        ("a+b=c:d", "...."),
        ("a%41", "AAAA"),
    ] {
        let text = format!("redis://:{password}@cache:6379/0");
        let intent = Intent::of(&text).expect(password);
        let found: String = columns.iter().map(|client| letter(client.fate(&text, &intent, Some(password)))).collect();
        assert_eq!(found, expected, "{password}");
    }
}

/// What surrounds a URL: which clients refuse it, and which ask for another database.
#[test]
fn damage_to_the_whole() {
    let whole = "postgres://app:pw@127.0.0.1:5432/shop";
    let intent = Intent::of(whole).unwrap();
    for (text, expected) in [
        (format!("{whole}\n"), "DD.D..D.P."),
        (format!("{whole} "), "D.DDD.D.DD"),
        (format!("\"{whole}\""), "PPPPHPPPPP"),
        (format!(" {whole}"), "PP.PH.P.P."),
        ("cG9zdGdyZXM6Ly9hcHA6cHdAZGIvc2hvcA==".to_owned(), "PPPPHPPPPP"),
    ] {
        let found: String = COLUMNS.iter().map(|client| letter(client.fate(&text, &intent, None))).collect();
        assert_eq!(found, expected, "{text:?}");
    }
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
