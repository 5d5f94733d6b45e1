import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { Command } from 'commander'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { readTls, runServer } from '@longhaul/oslo/api'
import { assertMigrated, openDatabase } from '@longhaul/oslo/db'
import { levelOf, loggerFromOptions } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import packageFile from '../package.json' with { type: 'json' }
import { createGlance } from './app.ts'
import { importMethodNames, readSettings, repeated, stagingDirectory, storageQuota } from './config.ts'
import { migrations } from './db/migrations.ts'
import type { GlanceTables } from './db/tables.ts'
import { lockWorkerName } from './image-data/worker-lock.ts'
import { importMethods } from './import-methods.ts'

/** How often this process says that it lives, and repairs what others left, in milliseconds. */
const sweepIntervalMs = 5000

async function serve(files: string[]): Promise<void> {
  const conf = Config.read(files)
  const { defaults, database, store, imageFormat, task, listen, policy } = readSettings(conf)
  const logger = loggerFromOptions('glance-api', defaults)
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
  const wanted = importMethodNames(defaults.enabled_import_methods)
  const enabled = importMethods.filter((method) => wanted.includes(method))
  const unknown = wanted.filter((name) => name !== '' && !importMethods.includes(name))
  if (unknown.length > 0) logger.warn({ methods: unknown }, 'import methods that are not offered')
  const worker = defaults.worker_self_reference_url ?? `http://${hostname()}:${listen.port}`
  await lockWorkerName(worker)
  const glance = await createGlance({
    database: db,
    authToken,
    logger,
    directory: store.filesystem_store_datadir,
    stagingDirectory: stagingDirectory(defaults.node_staging_uri, store.filesystem_store_datadir),
    worker,
    data: {
      sizeCap: defaults.image_size_cap,
      storageQuota: storageQuota(defaults.user_storage_quota),
      requireFormatMatch: imageFormat.require_image_format_match,
    },
    formats: { diskFormats: imageFormat.disk_formats, containerFormats: imageFormat.container_formats },
    quotas: {
      properties: defaults.image_property_quota,
      tags: defaults.image_tag_quota,
      members: defaults.image_member_quota,
    },
    importMethods: enabled,
    taskLifeMs: task.task_time_to_live * 3_600_000,
    limits: { defaultLimit: defaults.limit_param_default, maxLimit: defaults.api_limit_max },
    idleTimeoutMs: defaults.client_socket_timeout * 1000,
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
    glance.recovery.sweep().catch((error: unknown) => logger.warn({ err: error }, 'no sweep'))
  }, sweepIntervalMs).unref()
  await runServer({
    app: glance.app,
    logger,
    host: listen.host,
    port: listen.port,
    conf,
    level: () => levelOf(defaults),
    onReload: () => glance.policy.reload(),
    async onStop() {
      clearInterval(sweeping)
      glance.imports.stop()
      await glance.running.idle()
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
