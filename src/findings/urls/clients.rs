//! The clients whose reading of a connection URL is emulated, and how each fares with one.
//!
//! One small reader per family, written after its source; what they give is compared at once and then wiped.

mod elixir;
mod go;
mod libpq;
mod node;
mod python;
mod reading;
mod rust;
mod whatwg;

use super::intent::Intent;
use super::percent;
use crate::scheme::Schemes;
use crate::url::Host;

use reading::Reading;

/// A client library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// libpq and what hands it the URL: psql, psycopg2; up to version 17.
    Libpq,
    /// psycopg 3, which resolves names itself, with the libpq 18 of its wheels.
    Psycopg3,
    Asyncpg,
    SqlAlchemy,
    DjDatabaseUrl,
    NodePostgres,
    PostgresJs,
    TokioPostgres,
    Sqlx,
    /// The engines of Prisma up to 6, and those of its migrations; Prisma 7 hands the URL to node-postgres.
    Prisma,
    /// With Go's net/url, as pgx before 5.11.
    LibPq,
    /// As libpq 18, from 5.11 on.
    Pgx,
    Ecto,
    RedisPy,
    Ioredis,
    NodeRedis,
    RedisRs,
}

/// Which servers' URLs it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `postgres://`, `postgresql://`, and the forms of drivers.
    Postgres,
    /// `redis://`, `rediss://`.
    Redis,
}

/// What a client makes of a URL, against what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// As meant.
    Right,
    /// An error before anything is dialled.
    Refuses,
    /// Another host or port: the user's name for the host.
    HostIsUser,
    /// Another host or port.
    OtherHost,
    /// Another user or password: the server rejects it.
    OtherLogin,
    /// Another database.
    OtherDatabase,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::Redis];

    /// The name, as a row of the schemes has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }

    /// The family of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// The client of the JVM, whose URLs have a form of their own.
    pub(super) const fn of_jvm(self) -> Option<&'static str> {
        match self {
            Self::Postgres => Some("JDBC"),
            Self::Redis => None,
        }
    }

    /// Those of them that are to be judged for. Who alone reads a URL is asked whatever is named: it is the app's.
    pub(super) fn judged<'a>(
        self,
        scheme: &'a str,
        asked: JudgedClients<'a>,
    ) -> impl Iterator<Item = Client> + use<'a> {
        let is_of_one = self.is_of_one(scheme);
        self.clients(scheme).iter().copied().filter(move |client| is_of_one || asked.wants(*client))
    }

    /// The family of a URL, by its scheme; with a driver's form (`postgresql+asyncpg`, `jdbc:postgresql`), too.
    pub(super) fn of(text: &str, schemes: Schemes) -> Option<Self> {
        let (scheme, _) = text.split_once("://")?;
        Self::named(schemes.stem(scheme)?.family?)
    }

    /// Its schemes, for people: `redis:// or rediss://`. Those that one client alone reads are not among them.
    pub(super) fn schemes(self, schemes: Schemes) -> String {
        let own = schemes.iter().filter(|scheme| scheme.family == Some(self.name()) && !self.is_of_one(scheme.name));
        own.map(|scheme| format!("{}://", scheme.name)).collect::<Vec<_>>().join(" or ")
    }

    /// Whether one client alone reads URLs of this scheme (`ecto`, `postgresql+asyncpg`): then it is the app's.
    pub(super) fn is_of_one(self, scheme: &str) -> bool {
        self.clients(scheme).len() == 1
    }

    /// Its clients; of a scheme or driver's form that one of them invented only that one. JDBC has a form of its own: see
    /// `jdbc`.
    pub(super) fn clients(self, scheme: &str) -> &'static [Client] {
        use Client::{
            Asyncpg, DjDatabaseUrl, Ecto, Ioredis, LibPq, Libpq, NodePostgres, NodeRedis, Pgx, PostgresJs, Prisma,
            Psycopg3, RedisPy, RedisRs, SqlAlchemy, Sqlx, TokioPostgres,
        };
        match self {
            Self::Postgres if scheme.contains('+') || scheme.eq_ignore_ascii_case("cockroachdb") => &[SqlAlchemy],
            Self::Postgres if scheme.eq_ignore_ascii_case("ecto") => &[Ecto],
            Self::Postgres if scheme.eq_ignore_ascii_case("postgis") => &[DjDatabaseUrl],
            Self::Postgres => &[
                Libpq,
                Psycopg3,
                Asyncpg,
                SqlAlchemy,
                DjDatabaseUrl,
                NodePostgres,
                PostgresJs,
                TokioPostgres,
                Sqlx,
                Prisma,
                LibPq,
                Pgx,
            ],
            Self::Redis => &[RedisPy, Ioredis, NodeRedis, RedisRs],
        }
    }
}

impl Client {
    /// As people call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Libpq => "libpq (psql, psycopg2)",
            Self::Psycopg3 => "psycopg 3",
            Self::Asyncpg => "asyncpg",
            Self::SqlAlchemy => "SQLAlchemy",
            Self::DjDatabaseUrl => "dj-database-url",
            Self::NodePostgres => "node-postgres (Prisma 7)",
            Self::PostgresJs => "postgres.js",
            Self::TokioPostgres => "tokio-postgres",
            Self::Sqlx => "sqlx",
            Self::Prisma => "Prisma's engine",
            Self::LibPq => "lib/pq (pgx before 5.11)",
            Self::Pgx => "pgx",
            Self::Ecto => "Ecto",
            Self::RedisPy => "redis-py",
            Self::Ioredis => "ioredis",
            Self::NodeRedis => "node-redis",
            Self::RedisRs => "redis-rs",
        }
    }

    /// Whether an app of this runtime may use it; the runtime as `clients` names it.
    pub(super) fn runs_on(self, runtime: &str) -> bool {
        let runtime = runtime.split('@').next().unwrap_or_default();
        match self {
            Self::Libpq => matches!(runtime, "libpq" | "python"),
            Self::Psycopg3 => matches!(runtime, "psycopg3" | "python" | "python-asyncio"),
            Self::Asyncpg => matches!(runtime, "python-asyncio" | "python-anyio"),
            Self::SqlAlchemy | Self::RedisPy => matches!(runtime, "python" | "python-asyncio" | "python-anyio"),
            Self::DjDatabaseUrl => runtime == "python",
            Self::NodePostgres | Self::PostgresJs | Self::Prisma | Self::Ioredis | Self::NodeRedis => runtime == "node",
            Self::TokioPostgres | Self::Sqlx | Self::RedisRs => runtime == "tokio",
            Self::LibPq | Self::Pgx => runtime == "go",
            // Only its own URLs are judged for it.
            Self::Ecto => false,
        }
    }

    /// Whether it reads `host=db user=app`, too, as libpq does.
    pub(super) const fn reads_keywords(self) -> bool {
        matches!(self, Self::Libpq | Self::Psycopg3 | Self::TokioPostgres | Self::LibPq | Self::Pgx)
    }

    /// How it reads the text, against what was meant.
    pub(super) fn fate(self, text: &str, intent: &Intent<'_>, known: Option<&str>) -> Fate {
        let Ok(read) = self.read(text) else { return Fate::Refuses };
        let Some((host, port)) = intent.host() else { return Fate::Right };
        let bare = |host: &[u8]| String::from_utf8_lossy(host).trim_matches(['[', ']']).to_ascii_lowercase();
        let default = self.default_port();
        let same_host = match &host {
            Host::Name(name) => bare(&read.host) == *name,
            Host::Ip(ip) => bare(&read.host).parse() == Ok(*ip),
        };
        if !same_host || read.port.unwrap_or(default) != port.unwrap_or(default) {
            let user = intent.meant_user();
            let is_user = !user.is_empty() && bare(&read.host) == String::from_utf8_lossy(&user).to_ascii_lowercase();
            return if is_user { Fate::HostIsUser } else { Fate::OtherHost };
        }
        if *read.user != *intent.meant_user() || *read.password != *intent.meant(known) {
            return Fate::OtherLogin;
        }
        if *read.database != *percent::lenient(intent.database()) {
            return Fate::OtherDatabase;
        }
        Fate::Right
    }

    pub(super) const fn default_port(self) -> u16 {
        match self {
            Self::RedisPy | Self::Ioredis | Self::NodeRedis | Self::RedisRs => 6379,
            Self::Libpq
            | Self::Psycopg3
            | Self::Asyncpg
            | Self::SqlAlchemy
            | Self::DjDatabaseUrl
            | Self::NodePostgres
            | Self::PostgresJs
            | Self::TokioPostgres
            | Self::Sqlx
            | Self::Prisma
            | Self::LibPq
            | Self::Pgx
            | Self::Ecto => 5432,
        }
    }

    fn read(self, text: &str) -> Reading {
        match self {
            Self::Libpq => libpq::libpq(text),
            Self::Psycopg3 => libpq::psycopg3(text),
            Self::Asyncpg => python::asyncpg(text),
            Self::SqlAlchemy => python::sqlalchemy(text),
            Self::DjDatabaseUrl => python::dj_database_url(text),
            Self::NodePostgres => node::node_postgres(text),
            Self::PostgresJs => node::postgres_js(text),
            Self::TokioPostgres => rust::tokio_postgres(text),
            Self::Sqlx => rust::sqlx(text),
            Self::Prisma => rust::prisma(text),
            Self::LibPq => go::lib_pq(text),
            Self::Pgx => libpq::pgx(text),
            Self::Ecto => elixir::ecto(text),
            Self::RedisPy => python::redis_py(text),
            Self::Ioredis => node::ioredis(text),
            Self::NodeRedis => node::node_redis(text),
            Self::RedisRs => rust::redis_rs(text),
        }
    }
}

/// Which clients are to be judged for.
#[derive(Clone, Copy)]
pub(super) struct JudgedClients<'a>(pub(super) &'a [&'static str]);

impl JudgedClients<'_> {
    /// Whether somebody named them: then what is told is said of the app itself.
    pub(super) const fn named(self) -> bool {
        !self.0.is_empty()
    }

    /// Whether this client is one of them.
    pub(super) fn wants(self, client: Client) -> bool {
        self.0.is_empty() || self.0.iter().any(|runtime| client.runs_on(runtime))
    }
}

#[cfg(test)]
mod tests;
