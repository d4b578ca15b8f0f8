"""Asks once through each client, and prints its answer: `NAME: BODY`."""

import asyncio
import sys
import urllib.error
import urllib.request

import aiohttp
import httpx
import requests

URL = sys.argv[1]


async def by_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(URL) as answer:
        return await answer.text()


def by_urllib():
    try:
        return urllib.request.urlopen(URL, timeout=10).read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


for name, ask in (
    ("requests", lambda: requests.get(URL, timeout=10).text),
    ("urllib", by_urllib),
    ("httpx", lambda: httpx.get(URL, timeout=10).text),
    ("aiohttp", lambda: asyncio.run(by_aiohttp())),
):
    try:
        print(f"{name}: {ask()}")
    except Exception as error:
        print(f"{name}: {error!r}")
