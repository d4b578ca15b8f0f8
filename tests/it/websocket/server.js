// A WebSocket server on Node's `ws`: `node server.js FOLDER`. Its port is in FOLDER/port, a line for each session in FOLDER/log.
//
// The path says what it does: /echo, /hello (sends a message first), /binary, /pings (a ping before its message), /parts (in
// fragments), /chat (subprotocol), /origin (checks the Origin), /login (wants a token), /refuses (closes with 1008), /own
// (closes with 4401), /silent.
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { WebSocketServer } = require(process.argv[3])

const folder = process.argv[2]
const log = (line) => fs.appendFileSync(path.join(folder, 'log'), `${line}\n`)
const server = http.createServer((request, response) => {
  response.writeHead(426, { 'Content-Type': 'text/plain' })
  response.end('Upgrade Required')
})
const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered, request) => (request.url === '/chat' && offered.has('chat') ? 'chat' : false),
})
server.on('upgrade', (request, socket, head) => {
  const refuse = (status) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  if (request.url === '/missing') return refuse('404 Not Found')
  if (request.url === '/origin' && request.headers.origin !== 'https://app.example.com') return refuse('403 Forbidden')
  if (request.url === '/login' && request.headers.authorization !== 'Bearer s3same-open') return refuse('401 Unauthorized')
  if (request.url === '/page') return refuse('302 Found\r\nLocation: /login?next=/page')
  sockets.handleUpgrade(request, socket, head, (session) => {
    log(`open ${request.url} ${request.headers['user-agent']}`)
    session.on('close', (code) => log(`close ${request.url} ${code}`))
    session.on('pong', () => log(`pong ${request.url}`))
    switch (request.url) {
      case '/hello': return session.send('{"type":"hello","token":"t0ken-of-the-server"}')
      case '/binary': return session.send(Buffer.from([0, 255, 1]))
      case '/pings': session.ping('?'); return session.once('pong', () => session.send('after a pong'))
      case '/parts': session.send('in ', { fin: false }); session.ping(); return session.send('parts', { fin: true })
      case '/refuses': return session.close(1008, `no login in ${request.headers['x-key'] ?? 'the headers'}`)
      case '/own': return session.close(4401, 'unauthorized')
      case '/large': return session.send('a'.repeat(100_000))
      default:
    }
  })
})
server.listen(0, '127.0.0.1', () => {
  fs.writeFileSync(path.join(folder, 'port.new'), String(server.address().port))
  fs.renameSync(path.join(folder, 'port.new'), path.join(folder, 'port'))
})
