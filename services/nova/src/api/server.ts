// The Compute API's process: server.ts --config-file nova.conf
import { randomUUID } from 'node:crypto'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { listen, readTls, runServer } from '@longhaul/oslo/api'
import { readSealingKey } from '@longhaul/oslo/context'
import { assertMigrated, openDatabase } from '@longhaul/oslo/db'
import { levelOf, loggerFromOptions } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import packageJson from '../../package.json' with { type: 'json' }
import { clientsFromConfig } from '../clients.ts'
import { configFiles } from '../command.ts'
import { quietPg } from '../db/quiet-pg.ts'
import { readApiSettings, requirePostgresql } from '../config.ts'
import { migrations } from '../db/migrations.ts'
import type { NovaTables } from '../db/tables.ts'
import { openQueue } from '../operations/queue.ts'
import { createNovaApi } from './app.ts'

const name = 'nova-api'

async function main(): Promise<void> {
  const conf = Config.read(configFiles(name, 'The Compute API v2.1'))
  const settings = readApiSettings(conf)
  const { defaults, context, database, listen: open, internal: inner, policy } = settings
  const logger = loggerFromOptions(name, defaults)
  const connection = requirePostgresql(database.connection)
  const authToken = authTokenFromConfig(conf, { logger, userAgent: name })
  const clients = clientsFromConfig(conf, name, logger)
  const sealingKey = readSealingKey(context.sealing_key_file)
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  quietPg()

  const db = openDatabase<NovaTables>(connection, {
    poolSize: database.max_pool_size,
    applicationName: name,
    onConnectionLost: (error) => logger.warn({ err: error }, 'lost a connection to the database'),
  })
  await assertMigrated(db, migrations, { verb: 'nova-manage db sync' })
  const queue = await openQueue(connection)
  const [tls, internalTls] = [readTls(open), readTls(inner)]
  const api = createNovaApi({
    database: db,
    authToken,
    queue: queue.enqueue,
    images: (user) => clients.images(user),
    volumes: (user) => clients.volumes(user),
    network: (user) => clients.network(user),
    verifyProject: (user, id) => clients.verifyProject(user, id),
    agent: (url) => clients.internal(url),
    sealingKey,
    policyFile: policy.policy_file,
    quota: settings.quota,
    serviceDownTime: () => defaults.service_down_time,
    api: {
      version: packageJson.version,
      enableProxyHeadersParsing: defaults.enable_proxy_headers_parsing,
      ...(defaults.public_endpoint === undefined ? {} : { publicEndpoint: defaults.public_endpoint }),
      ...(tls ? { tls } : {}),
    },
    internalTls,
    logger,
    now: () => new Date(),
    randomUUID,
  })
  const internalUrl = await listen(api.internal, { ...inner, reusePort: inner.reuse_port })
  logger.info({ url: internalUrl }, 'internal listener')
  await runServer({
    app: api.app,
    logger,
    conf,
    level: () => levelOf(defaults),
    host: open.host,
    port: open.port,
    reusePort: open.reuse_port,
    onReload: () => api.policy.reload(),
    async onStop() {
      await api.internal.close()
      await Promise.all([queue.close(), clients.close(), authToken.close(), db.close()])
    },
  })
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
