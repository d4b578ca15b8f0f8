"""An MCP server of the Python SDK, with its settings for a laptop or for the hosts of ALLOWED; FOLDER gets the port."""

import os
import socket

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

server = MCPServer("demo", version="4.5.6")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


allowed = os.environ.get("ALLOWED")
security = TransportSecuritySettings(allowed_hosts=[allowed]) if allowed else None
app = server.streamable_http_app(transport_security=security)
listener = socket.create_server(("127.0.0.1", 0))
with open(os.environ["FOLDER"] + "/port", "w") as file:
    file.write(str(listener.getsockname()[1]))
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
