// Better Auth without a database: `MODULES` has the package, `FOLDER` gets the port.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const need = createRequire(`${process.env.MODULES}/`)
const { betterAuth } = await import(need.resolve('better-auth'))
const { toNodeHandler } = await import(need.resolve('better-auth/node'))

const auth = betterAuth({
  secret: 'k9fJ2mQx7Lw4Rz8Tn3Vb6Yc1Hd5Gs0Pa',
  baseURL: 'https://auth.example.com',
  trustedOrigins: ['https://app.example.com'],
  telemetry: { enabled: false },
})
const server = createServer(toNodeHandler(auth)).listen(0, '127.0.0.1', () => writeFileSync(`${process.env.FOLDER}/port`, String(server.address().port)))
