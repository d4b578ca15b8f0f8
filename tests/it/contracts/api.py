"""FastAPI with Starlette's middlewares, in the states that the tests need; FOLDER gets the port."""

import os
import socket

import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware


def app(**options):
    one = FastAPI()
    one.add_middleware(CORSMiddleware, **options)

    @one.get("/crash")
    def crash():
        raise RuntimeError("on purpose")

    @one.get("/ok")
    def ok():
        return {"ok": True}

    return one


origins = ["https://app.example.com"]
root = FastAPI()
root.mount("/good", app(allow_origins=origins, allow_credentials=True, allow_methods=["GET", "PUT"], allow_headers=["X-Id"]))
root.mount("/slash", app(allow_origins=["https://app.example.com/"]))
root.mount("/empty", app(allow_origins=[""]))
root.mount("/any", app(allow_origins=["*"], allow_credentials=True))
root.mount("/star", app(allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]))
hosts = app(allow_origins=origins)
hosts.add_middleware(TrustedHostMiddleware, allowed_hosts=["api.example.com"])
root.mount("/hosts", hosts)


@root.get("/none")
def none():
    return {"ok": True}


listener = socket.create_server(("127.0.0.1", 0))
with open(os.environ["FOLDER"] + "/port", "w") as file:
    file.write(str(listener.getsockname()[1]))
uvicorn.Server(uvicorn.Config(root, log_level="critical")).run(sockets=[listener])
