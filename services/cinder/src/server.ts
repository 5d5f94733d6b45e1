import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { readTls, runServer } from '@longhaul/oslo/api'
import { lockDirectory } from '@longhaul/oslo/concurrency'
import { assertMigrated, openDatabase } from '@longhaul/oslo/db'
import { levelOf, loggerFromOptions } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import packageFile from '../package.json' with { type: 'json' }
import { createCinder } from './app.ts'
import { clientsFromConfig } from './clients.ts'
import { backendHost, readServiceTokenRoles, readSettings, repeated, socketDirectory } from './config.ts'
import { migrations } from './db/migrations.ts'
import type { CinderTables } from './db/tables.ts'

const name = 'cinder-api'
/** How often is begun what nobody does, in milliseconds. */
const sweepIntervalMs = 5000

async function serve(files: string[]): Promise<void> {
  const conf = Config.read(files)
  const { defaults, database, listen, policy } = readSettings(conf)
  const logger = loggerFromOptions(name, defaults)
  const authToken = authTokenFromConfig(conf, { logger, userAgent: name })
  const clients = clientsFromConfig(conf, name, logger)
  const serviceTokenRoles = readServiceTokenRoles(conf)
  const tls = readTls(listen)
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  const db = openDatabase<CinderTables>(database.connection, {
    poolSize: database.max_pool_size,
    applicationName: name,
    synchronous: 'full',
    onConnectionLost: (error) => logger.warn({ err: error }, 'lost a connection to the database'),
  })
  await assertMigrated(db, migrations, { verb: 'cinder-manage db sync' })
  await lockDirectory(defaults.volumes_dir, name)
  const cinder = await createCinder({
    database: db,
    authToken,
    clients,
    logger,
    volumesDirectory: defaults.volumes_dir,
    socketDirectory: socketDirectory(defaults),
    serviceTokenRoles,
    host: backendHost(defaults.host),
    availabilityZone: defaults.storage_availability_zone,
    defaultType: defaults.default_volume_type,
    quota: { defaults, noSnapshotSpace: defaults.no_snapshot_gb_quota },
    policyFile: policy.policy_file,
    api: {
      version: packageFile.version,
      enableProxyHeadersParsing: defaults.enable_proxy_headers_parsing,
      ...(defaults.public_endpoint === undefined ? {} : { publicEndpoint: defaults.public_endpoint }),
      ...(tls === undefined ? {} : { tls }),
    },
    now: Date.now,
    randomUUID,
  })
  const sweeping = setInterval(() => {
    cinder.recovery.sweep().catch((error: unknown) => logger.warn({ err: error }, 'no sweep'))
  }, sweepIntervalMs).unref()
  await runServer({
    app: cinder.app,
    logger,
    host: listen.host,
    port: listen.port,
    conf,
    level: () => levelOf(defaults),
    onReload: () => cinder.policy.reload(),
    async onStop() {
      clearInterval(sweeping)
      await cinder.stop()
      await Promise.all([clients.close(), authToken.close(), db.close()])
    },
  })
}

const command = new Command(name)
  .description('The Block Storage API v3')
  .requiredOption(
    '--config-file <path>',
    'configuration file, or a directory of them; may be repeated',
    repeated,
  )
  .version(packageFile.version)
  .parse()

try {
  await serve(command.opts<{ configFile: string[] }>().configFile)
} catch (error) {
  process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
