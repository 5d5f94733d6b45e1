import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { Command } from 'commander'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { readTls, runServer } from '@longhaul/oslo/api'
import { assertMigrated, openDatabase } from '@longhaul/oslo/db'
import { createLogger } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import packageFile from '../package.json' with { type: 'json' }
import { createGlance } from './app.ts'
import { readSettings, repeated } from './config.ts'
import { migrations } from './db/migrations.ts'
import type { GlanceTables } from './db/tables.ts'
import { lockDirectory } from './image-file/directory-lock.ts'

/** How often uploads that failed while the database was away are given back, in milliseconds. */
const settleIntervalMs = 5000

async function serve(files: string[]): Promise<void> {
  const conf = Config.read(files)
  const { defaults, database, store, listen, policy, middleware } = readSettings(conf)
  const logger = createLogger({
    service: 'glance-api',
    level: defaults.debug ? 'debug' : 'info',
    ...(defaults.log_file === undefined ? {} : { file: defaults.log_file }),
  })
  const authToken = authTokenFromConfig(conf, {
    overrides: { delay_auth_decision: true },
    logger,
    userAgent: 'glance-api',
    now: () => new Date(),
  })
  const tls = readTls(listen)
  const db = openDatabase<GlanceTables>(database.connection, {
    poolSize: database.max_pool_size,
    applicationName: 'glance-api',
    synchronous: 'full',
    onConnectionLost: (error) => logger.warn({ err: error }, 'lost a connection to the database'),
  })
  await assertMigrated(db, migrations, { verb: 'glance-manage db sync' })
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  await mkdir(store.filesystem_store_datadir, { recursive: true, mode: 0o750 })
  await lockDirectory(store.filesystem_store_datadir)
  const {
    app,
    uploads,
    policy: enforcer,
  } = await createGlance({
    database: db,
    authToken,
    logger,
    directory: store.filesystem_store_datadir,
    imageSizeCap: defaults.image_size_cap,
    limits: { defaultLimit: defaults.limit_param_default, maxLimit: defaults.api_limit_max },
    idleTimeoutMs: defaults.client_socket_timeout * 1000,
    policyFile: policy.policy_file,
    api: {
      version: packageFile.version,
      enableProxyHeadersParsing: middleware.enable_proxy_headers_parsing,
      ...(defaults.public_endpoint === undefined ? {} : { publicEndpoint: defaults.public_endpoint }),
      ...(tls === undefined ? {} : { tls }),
    },
    now: Date.now,
    randomUUID,
  })
  const settling = setInterval(() => void uploads.settle(), settleIntervalMs).unref()
  await runServer({
    app,
    logger,
    host: listen.host,
    port: listen.port,
    onReload: () => enforcer.reload(),
    async onStop() {
      clearInterval(settling)
      await uploads.idle()
      await authToken.close()
      await db.close()
    },
  })
}

const command = new Command('glance-api')
  .description('The Image API v2')
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
  process.stderr.write(`glance-api: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
