// A fastify application; once more with auth_token in front when LONGHAUL_CONFIG_FILE has a [keystone_authtoken].
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { authTokenFromConfig, type AuthToken } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import { Config } from '@longhaul/oslo-config'

const configFile = process.env['LONGHAUL_CONFIG_FILE']
const body = readFileSync(process.env['LONGHAUL_BODY_FILE'] ?? '', 'utf8')

async function listen(authToken?: AuthToken): Promise<number> {
  const app = Fastify()
  if (authToken) fastifyAuthToken(app, authToken)
  app.get('/', (_request, reply) => reply.type('application/json').send(body))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

const port = await listen()
const guarded = configFile ? await listen(authTokenFromConfig(Config.read([configFile]))) : null
console.log(JSON.stringify({ port, guarded }))
