"""Asks once through each client, and prints its answer: `NAME: BODY`."""

import asyncio
import sys
import urllib.request

import aiohttp
import httpx
import requests

URL = sys.argv[1]


async def by_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(URL) as answer:
        return await answer.text()


for name, ask in (
    ("requests", lambda: requests.get(URL, timeout=10).text),
    ("urllib", lambda: urllib.request.urlopen(URL, timeout=10).read().decode()),
    ("httpx", lambda: httpx.get(URL, timeout=10).text),
    ("aiohttp", lambda: asyncio.run(by_aiohttp())),
):
    try:
        print(f"{name}: {ask()}")
    except Exception as error:
        print(f"{name}: {error!r}")
