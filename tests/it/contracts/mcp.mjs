// MCP servers of the TypeScript SDK: `MODULES` has the packages, `FOLDER` gets the port, and a line in `log` for each session
// that is opened and ended.
import { randomUUID } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const need = createRequire(`${process.env.MODULES}/`)
const express = need('express')
const { McpServer } = need('@modelcontextprotocol/sdk/server/mcp.js')
const { StreamableHTTPServerTransport } = need('@modelcontextprotocol/sdk/server/streamableHttp.js')
const { hostHeaderValidation } = need('@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js')

const log = (line) => appendFileSync(`${process.env.FOLDER}/log`, `${line}\n`)
const server = () => new McpServer({ name: 'demo\u202e server', version: '1.2.3' })
const sessions = {}

const withSessions = (options) => async (request, answer) => {
  const known = sessions[request.get('mcp-session-id')]
  if (known) return known.handleRequest(request, answer, request.body)
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => {
      sessions[id] = transport
      log('opened')
    },
    onsessionclosed: () => log('ended'),
    ...options,
  })
  await server().connect(transport)
  await transport.handleRequest(request, answer, request.body)
}

const app = express()
app.use(express.json())
app.all('/mcp', withSessions({}))
app.all('/json', withSessions({ enableJsonResponse: true }))
app.post('/stateless', async (request, answer) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  await server().connect(transport)
  await transport.handleRequest(request, answer, request.body)
})
// Only POST is routed, as many examples do.
app.post('/kept', withSessions({}))
app.use('/guarded', hostHeaderValidation(['mcp.example.com']), (_, answer) => answer.sendStatus(500))
app.post('/login', (_, answer) => answer.set('WWW-Authenticate', 'Bearer resource_metadata="https://mcp.example.com/"').sendStatus(401))
app.post('/slash', (_, answer) => answer.redirect(307, '/slash/'))
app.post('/page', (_, answer) => answer.send('<html>hello</html>'))
const listening = app.listen(0, '127.0.0.1', () => writeFileSync(`${process.env.FOLDER}/port`, String(listening.address().port)))
