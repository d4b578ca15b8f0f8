"""How the clients of Python read URLs. Input: a JSON object of lists on stdin. For each URL in `postgres` and `redis`, every
client returns [user, password, host, port, database], or null if it rejects the URL. For each URL in `parameters`, it returns
what it does with the last parameter: "." if it accepts or ignores it, F if it sends it to the server as a setting, R if it
rejects the URL. Only the readers run; nothing connects."""

import inspect
import json
import re
import sys

import asyncpg
import asyncpg.connect_utils
import dj_database_url
import django.conf
import psycopg
import psycopg2
import psycopg2.extensions
import redis.connection
import sqlalchemy.engine
from django.db.backends.postgresql.base import DatabaseWrapper

django.conf.settings.configure()


def of_libpq(parts):
    port = parts.get("port")
    return [parts.get("user"), parts.get("password"), parts.get("host"), port and int(port), parts.get("dbname")]


def libpq(url):
    parts = psycopg2.extensions.parse_dsn(url)
    if not re.fullmatch(r"\d*", parts.get("port") or ""):
        # libpq reports this before it resolves or connects.
        try:
            psycopg2.connect(url)
        except psycopg2.OperationalError as error:
            assert "invalid integer value" in str(error), "another error"
            raise ValueError from None
    return of_libpq(parts)


def psycopg3(url):
    parts = psycopg.conninfo.conninfo_to_dict(url)
    # It resolves the host with getaddrinfo first, and passes the port unchanged.
    if not re.fullmatch(r"\d*", str(parts.get("port") or "")):
        parts["port"] = None
    return of_libpq(parts)


def read_asyncpg(url):
    names = "host port user password passfile database ssl service servicefile direct_tls server_settings"
    names += " target_session_attrs krbsrvname gsslib"
    arguments = dict.fromkeys(names.split()) | {"dsn": url}
    if "sslmode" not in url:
        arguments["ssl"] = False
    return asyncpg.connect_utils._parse_connect_dsn_and_args(**arguments)[:2]


def asyncpg_(url):
    hosts, parameters = read_asyncpg(url)
    return [parameters.user, parameters.password, hosts[0][0], hosts[0][1], parameters.database]


def sqlalchemy_(url):
    parts = sqlalchemy.engine.make_url(url)
    return [parts.username, parts.password, parts.host, parts.port, parts.database]


def dj(url):
    parts = dj_database_url.parse(url)
    return [parts["USER"], parts["PASSWORD"], parts["HOST"], parts["PORT"] or None, parts["NAME"]]


def redis_py(url):
    parts = redis.connection.parse_url(url)
    database = str(parts.get("db", ""))
    return [parts.get("username"), parts.get("password"), parts.get("host"), parts.get("port"), database]


# A socket that does not exist: libpq checks all parameters before it looks for the socket.
NOWHERE = {"host": "/nonexistent", "port": "5432"}


def connects(library, *url, **arguments):
    try:
        library.connect(*url, **arguments)
    except library.OperationalError as error:
        return "." if "No such file" in str(error) else "R"
    assert False, "it connected"


def with_sqlalchemy(driver):
    def arguments(url):
        url = sqlalchemy.engine.make_url(url.replace("postgres:", f"postgresql+{driver}:"))
        return url.get_dialect()().create_connect_args(url)[1]

    return arguments


def with_asyncpg(url):
    name = url.rpartition("?")[2].rpartition("&")[2].partition("=")[0]
    return "F" if name in (read_asyncpg(url)[1].server_settings or {}) else "."


def sqlalchemy_asyncpg(url):
    arguments = with_sqlalchemy("asyncpg")(url)
    # The dialect removes its own parameters.
    for name in ["async_fallback", "prepared_statement_cache_size", "prepared_statement_name_func"]:
        arguments.pop(name, None)
    inspect.signature(asyncpg.connect).bind(**arguments)
    return "."


def with_django(url):
    settings = dj_database_url.parse(url)
    for name in ["TIME_ZONE", "TEST", "ATOMIC_REQUESTS", "AUTOCOMMIT"]:
        settings.setdefault(name, None)
    arguments = DatabaseWrapper(settings).get_connection_params()
    for name in ["context", "cursor_factory", "prepare_threshold"]:
        arguments.pop(name, None)
    return connects(psycopg, **arguments | NOWHERE)


FAMILIES = {
    "postgres": {
        "libpq": libpq, "psycopg3": psycopg3, "asyncpg": asyncpg_, "sqlalchemy": sqlalchemy_, "dj-database-url": dj,
    },
    "redis": {"redis-py": redis_py},
    "parameters": {
        "libpq": lambda url: connects(psycopg2, url, **NOWHERE),
        "psycopg3": lambda url: connects(psycopg, url, **NOWHERE),
        "asyncpg": with_asyncpg,
        "sqlalchemy": lambda url: connects(psycopg2, **with_sqlalchemy("psycopg2")(url) | NOWHERE),
        "sqlalchemy-psycopg": lambda url: connects(psycopg, **with_sqlalchemy("psycopg")(url) | NOWHERE),
        "sqlalchemy-asyncpg": sqlalchemy_asyncpg,
        "dj-database-url": with_django,
    },
}


def read(family, reader, url):
    try:
        return reader(url)
    except AssertionError:
        raise
    except Exception:
        return "R" if family == "parameters" else None


answers = {}
for family, urls in json.load(sys.stdin).items():
    for name, reader in FAMILIES[family].items():
        answers[name] = [read(family, reader, url) for url in urls]
json.dump(answers, sys.stdout)
