"""Connects once with the named client, and prints the result: `connected MS`, or `failed MS ERROR`."""

import asyncio
import socket
import sys
import time

way, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])


def plain():
    socket.create_connection((host, port), timeout=5)


def streams():
    asyncio.run(asyncio.open_connection(host, port))


def with_anyio():
    import anyio

    async def connect():
        async with await anyio.connect_tcp(host, port):
            pass

    anyio.run(connect)


def with_psycopg():
    psycopg.connect(host=host, port=port, user="app", dbname="app", sslmode="disable")


def text(error):
    return f"{type(error).__name__}: {error}".replace("\n", " ")


ways = {"socket": plain, "asyncio": streams, "anyio": with_anyio, "psycopg": with_psycopg}
if way == "anyio":
    import anyio._backends._asyncio  # import it first: this is slow, and is not part of connecting
if way == "psycopg":
    import psycopg
began = time.monotonic()
try:
    ways[way]()
    print("connected", round((time.monotonic() - began) * 1000))
except Exception as error:
    print("failed", round((time.monotonic() - began) * 1000), text(error))
