// A service on express that knows who calls: node express.ts service.conf
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { expressAuthToken } from '@longhaul/keystonemiddleware/express'
import { Config } from '@longhaul/oslo-config'
import express from 'express'

const app = express()
const authToken = authTokenFromConfig(Config.read(process.argv.slice(2)))

app.get('/healthcheck', (_request, response) => void response.json({ status: 'ok' }))
app.use(expressAuthToken(authToken))
app.get('/whoami', ({ keystone: { user } }, response) => {
  const roles = user?.roles?.map(({ name }) => name)
  response.json({ user: user?.user.name, project: user?.project?.name, roles })
})

const server = app.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1', () => console.log('listening'))
process.once('SIGTERM', () => {
  server.close(() => void authToken.close())
})
