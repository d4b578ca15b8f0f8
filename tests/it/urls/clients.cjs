// As clients.py, for the clients of Node. Their folder is the first argument.
const { createRequire } = require('node:module')
const need = createRequire(process.argv[2] + '/')
const pg = need('pg-connection-string')
const postgres = need('postgres')
const Redis = need('ioredis')
const { createClient } = need('redis')

const clients = {
  postgres: {
    'node-postgres': (url) => {
      const { user, password, host, port, database } = pg.parseIntoClientConfig(url)
      return [user, password, host, port || null, database]
    },
    'postgres.js': (url) => {
      const { user, pass, host, port, database } = postgres(url).options
      return [user, pass, host[0], port[0], database]
    },
  },
  redis: {
    ioredis: (url) => {
      const { username, password, host, port, db } = new Redis(url, { lazyConnect: true }).options
      return [username, password, host, Number(port), String(db)]
    },
    'node-redis': (url) => {
      const { username, password, socket, database } = createClient({ url }).options
      return [username, password, socket.host, socket.port || null, String(database ?? '')]
    },
  },
}

const read = (reader, url) => {
  try {
    return reader(url)
  } catch {
    return null
  }
}
const urls = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const answers = {}
for (const [family, readers] of Object.entries(clients)) {
  for (const [name, reader] of Object.entries(readers)) answers[name] = urls[family].map((url) => read(reader, url))
}
console.log(JSON.stringify(answers))
