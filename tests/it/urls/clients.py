"""How the clients of Python read URLs: a JSON list on stdin; for each client and URL [user, password, host, port, database],
or null where it refuses the URL. Only their readers are called; nothing is dialled."""

import json
import re
import sys

import asyncpg.connect_utils
import dj_database_url
import psycopg.conninfo
import psycopg2
import psycopg2.extensions
import redis.connection
import sqlalchemy.engine


def of_libpq(parts):
    port = parts.get("port")
    return [parts.get("user"), parts.get("password"), parts.get("host"), port and int(port), parts.get("dbname")]


def libpq(url):
    parts = psycopg2.extensions.parse_dsn(url)
    if not re.fullmatch(r"\d*", parts.get("port") or ""):
        # libpq itself says so before it resolves or dials anything.
        try:
            psycopg2.connect(url)
        except psycopg2.OperationalError as error:
            assert "invalid integer value" in str(error), "another error"
            raise ValueError from None
    return of_libpq(parts)


def psycopg3(url):
    parts = psycopg.conninfo.conninfo_to_dict(url)
    # It resolves the host with getaddrinfo first, and hands the port to it as it is.
    if not re.fullmatch(r"\d*", str(parts.get("port") or "")):
        parts["port"] = None
    return of_libpq(parts)


def asyncpg_(url):
    names = "host port user password passfile database ssl service servicefile direct_tls server_settings"
    names += " target_session_attrs krbsrvname gsslib"
    arguments = dict.fromkeys(names.split()) | {"dsn": url, "ssl": False}
    hosts, parameters = asyncpg.connect_utils._parse_connect_dsn_and_args(**arguments)[:2]
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


POSTGRES = {"libpq": libpq, "psycopg3": psycopg3, "asyncpg": asyncpg_, "sqlalchemy": sqlalchemy_, "dj-database-url": dj}
REDIS = {"redis-py": redis_py}


def read(reader, url):
    try:
        return reader(url)
    except Exception:
        return None


urls = json.load(sys.stdin)
answers = {name: [read(reader, url) for url in urls["postgres"]] for name, reader in POSTGRES.items()}
answers |= {name: [read(reader, url) for url in urls["redis"]] for name, reader in REDIS.items()}
json.dump(answers, sys.stdout)
