// A service whose jobs take a day and end with a call to Cinder for the user who began them: node day-long-job.ts service.conf
//
// The user's token has expired by then. Cinder takes it all the same, because [service_user] sends this service's own token
// beside it.
import {
  loadAdapterFromConfOptions,
  loadServiceUser,
  loadSessionFromConfOptions,
  registerAdapterConfOptions,
  serviceUserAuth,
  type Adapter,
} from '@longhaul/keystoneauth'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import { Config } from '@longhaul/oslo-config'
import fastify from 'fastify'

interface Job {
  volume_id: string
  /** What is read to its end before the volume is snapshotted. */
  source: string
}

const conf = Config.read(process.argv.slice(2))
registerAdapterConfOptions(conf, 'cinder')
const app = fastify({ logger: true })
const authToken = authTokenFromConfig(conf, { logger: app.log })
const serviceUser = loadServiceUser(conf)
const session = loadSessionFromConfOptions(conf, 'cinder')
fastifyAuthToken(app, authToken)

app.post<{ Body: Job }>('/jobs', async ({ keystone, body, id }, reply) => {
  const auth = serviceUserAuth(serviceUser, keystone.auth!)
  const options = { session, auth, serviceType: 'volumev3', globalRequestId: `req-${crypto.randomUUID()}` }
  const cinder = loadAdapterFromConfOptions(conf, 'cinder', options)
  work(cinder, body).then(
    (snapshot) => app.log.info({ job: id, snapshot }, 'job done'),
    (error: unknown) => app.log.error({ job: id, err: error }, 'job failed'),
  )
  return reply.code(202).send({ job: id })
})

async function work(cinder: Adapter, { source, volume_id }: Job): Promise<string> {
  const answer = await fetch(source)
  await answer.body?.pipeTo(new WritableStream())
  const made = await cinder.post('/snapshots', { json: { snapshot: { volume_id, force: true } } })
  return (await made.json<{ snapshot: { id: string } }>()).snapshot.id
}

app.addHook('onClose', async () => {
  await Promise.all([authToken.close(), session.close()])
})
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 8080) })
process.once('SIGTERM', () => void app.close())
