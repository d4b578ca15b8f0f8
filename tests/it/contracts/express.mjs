// Express with the middleware `cors`, in the states that the tests need: `MODULES` has the packages, `FOLDER` gets the port.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const need = createRequire(`${process.env.MODULES}/`)
const express = need('express')
const cors = need('cors')

const app = express()
const list = ['https://app.example.com', 'http://localhost:3000']
app.use('/list', cors({ origin: list, credentials: true, methods: ['GET', 'POST'], allowedHeaders: ['content-type', 'authorization'] }))
app.use('/slash', cors({ origin: 'https://app.example.com/' }))
app.use('/port', cors({ origin: 'https://app.example.com:8443' }))
app.use('/any', cors())
app.use('/echo', cors({ origin: true, credentials: true }))
// A proxy that adds the header once more.
app.use('/twice', cors({ origin: list }), (_, answer, next) => {
  answer.append('Access-Control-Allow-Origin', 'https://app.example.com')
  next()
})
// A login that stands before the middleware.
app.use('/late', (request, answer, next) => (request.method === 'OPTIONS' ? answer.sendStatus(401) : next()), cors({ origin: list }))
// Only the preflight goes through the middleware.
app.options('/half', cors({ origin: list, methods: ['GET'], allowedHeaders: ['x-id'] }))
// By hand, and without Vary.
app.use('/hand', (request, answer, next) => {
  if (list.includes(request.get('origin'))) answer.set('Access-Control-Allow-Origin', request.get('origin'))
  next()
})
app.use('/fixed', (_, answer, next) => {
  answer.set('Access-Control-Allow-Origin', list[0])
  next()
})
app.all('/{*any}', (_, answer) => answer.json({ ok: true }))
const server = app.listen(0, '127.0.0.1', () => writeFileSync(`${process.env.FOLDER}/port`, String(server.address().port)))
