"""An MCP server of the Python SDK, with its settings for a laptop; FOLDER gets the port."""

import os
import socket

import uvicorn
from mcp.server.mcpserver import MCPServer

server = MCPServer("demo", version="4.5.6")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


listener = socket.create_server(("127.0.0.1", 0))
with open(os.environ["FOLDER"] + "/port", "w") as file:
    file.write(str(listener.getsockname()[1]))
uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="critical")).run(sockets=[listener])
