// A service on fastify that knows who calls: node fastify.ts service.conf
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import { Config } from '@longhaul/oslo-config'
import fastify from 'fastify'

const app = fastify({ logger: true })
const authToken = authTokenFromConfig(Config.read(process.argv.slice(2)), { logger: app.log })
fastifyAuthToken(app, authToken, { exempt: ({ url }) => url === '/healthcheck' })
app.addHook('onClose', () => authToken.close())

app.get('/healthcheck', async () => ({ status: 'ok' }))
app.get('/whoami', async ({ keystone: { user } }) => ({
  user: user?.user.name,
  project: user?.project?.name,
  roles: user?.roles?.map(({ name }) => name),
}))

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) })
process.once('SIGTERM', () => void app.close())
