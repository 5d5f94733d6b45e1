import { randomInt, randomUUID } from 'node:crypto'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { readTls, runServer } from '@longhaul/oslo/api'
import { assertMigrated, openDatabase } from '@longhaul/oslo/db'
import { levelOf, loggerFromOptions } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import packageFile from '../package.json' with { type: 'json' }
import { createNeutron } from './app.ts'
import { clientFromConfig } from './clients.ts'
import { command } from './command.ts'
import { assertBaseMac, readSettings } from './config.ts'
import { migrations } from './db/migrations.ts'
import type { NeutronTables } from './db/tables.ts'
import { deliverEvents } from './nova/client.ts'
import { Notifier } from './nova/notifier.ts'

const name = 'neutron-server'

async function serve(files: string[]): Promise<void> {
  const conf = Config.read(files)
  const { defaults, database, listen, quotas, policy } = readSettings(conf)
  assertBaseMac(defaults.base_mac)
  const logger = loggerFromOptions(name, defaults)
  const authToken = authTokenFromConfig(conf, { logger, userAgent: name, now: () => new Date() })
  const nova = clientFromConfig(conf, 'nova', name)
  const tls = readTls(listen)
  const db = openDatabase<NeutronTables>(database.connection, {
    poolSize: database.max_pool_size,
    applicationName: name,
    onConnectionLost: (error) => logger.warn({ err: error }, 'lost a connection to the database'),
  })
  await assertMigrated(db, migrations, { verb: 'neutron-db-manage upgrade heads' })
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  if (!nova) logger.warn('[nova] auth_type is not set: nova is not told of ports')
  const notifier = nova
    ? new Notifier({
        deliver: (events) => deliverEvents(nova.adapter, events),
        interval: () => defaults.send_events_interval * 1000,
        logger,
      })
    : undefined
  const neutron = createNeutron({
    database: db,
    authToken,
    logger,
    policyFile: policy.policy_file,
    quotas: () => ({
      network: quotas.quota_network,
      subnet: quotas.quota_subnet,
      port: quotas.quota_port,
    }),
    defaultMtu: defaults.global_physnet_mtu,
    baseMac: defaults.base_mac,
    agentDownTime: () => defaults.agent_down_time * 1000,
    wiringPatience: defaults.wiring_timeout * 1000,
    nova: {
      send: (event) => notifier?.send(event),
      onStatusChanges: () => defaults.notify_nova_on_port_status_changes,
      onDataChanges: () => defaults.notify_nova_on_port_data_changes,
    },
    api: {
      version: packageFile.version,
      enableProxyHeadersParsing: defaults.enable_proxy_headers_parsing,
      ...(defaults.public_endpoint === undefined ? {} : { publicEndpoint: defaults.public_endpoint }),
      ...(tls === undefined ? {} : { tls }),
    },
    now: Date.now,
    randomUUID,
    random: randomInt,
  })
  neutron.app.addHook('preClose', async () => neutron.stop())
  await runServer({
    app: neutron.app,
    logger,
    host: listen.host,
    port: listen.port,
    reusePort: listen.reuse_port,
    conf,
    level: () => levelOf(defaults),
    onReload: () => neutron.policy.reload(),
    async onStop() {
      await notifier?.stop()
      await nova?.close()
      await authToken.close()
      await db.close()
    },
  })
}

try {
  await serve(command(name, 'The Networking API v2.0').parse().opts<{ configFile: string[] }>().configFile)
} catch (error) {
  process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
