// Same as clients.py, for the clients of Node. The first argument is their folder.
const { createRequire } = require('node:module')
const need = createRequire(process.argv[2] + '/')
const pg = need('pg')
const connectionString = need('pg-connection-string')
const { PrismaPg } = need('@prisma/adapter-pg')
const postgres = need('postgres')
const Redis = need('ioredis')
const { createClient } = need('redis')

// Prisma 7 passes the URL to node-postgres.
const prisma = async (url) => new pg.Client((await new PrismaPg({ connectionString: url }).connect()).underlyingDriver().options)
const ofPg = ({ user, password, host, port, database }) => [user, password, host, port, database]

const lastName = (url) => url.split(/[?&]/).pop().split('=')[0]
const asked = (name, settings) => (name in settings ? 'F' : '.')

// How certificates are verified: not at all, or like verify-full.
const verifies = (ssl) => (ssl && ssl.rejectUnauthorized !== false && !ssl.checkServerIdentity ? 'full' : 'other')

const clients = {
  postgres: {
    'node-postgres': (url) => {
      const { user, password, host, port, database } = connectionString.parseIntoClientConfig(url)
      return [user, password, host, port || null, database]
    },
    'prisma-7': async (url) => ofPg(await prisma(url)),
    'postgres.js': (url) => {
      const { user, pass, host, port, database } = postgres(url).options
      return [user, pass, host[0], port[0], database]
    },
  },
  parameters: {
    'node-postgres': (url) => asked(lastName(url), new pg.Client({ connectionString: url }).getStartupConf()),
    'prisma-7': async (url) => asked(lastName(url), (await prisma(url)).getStartupConf()),
    'postgres.js': (url) => asked(lastName(url), postgres(url).options.connection),
  },
  sslmodes: {
    'node-postgres': (url) => verifies(connectionString.parse(url).ssl),
    'prisma-7': async (url) => verifies((await prisma(url)).ssl),
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

const read = async (family, reader, url) => {
  try {
    return await reader(url)
  } catch {
    return family === 'parameters' ? 'R' : null
  }
}
const main = async () => {
  const families = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
  const answers = {}
  for (const [family, urls] of Object.entries(families)) {
    for (const [name, reader] of Object.entries(clients[family])) {
      answers[name] = []
      for (const url of urls) answers[name].push(await read(family, reader, url))
    }
  }
  console.log(JSON.stringify(answers))
}
main()
