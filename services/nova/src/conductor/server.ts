// The process that runs operations: server.ts --config-file nova.conf
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { reload } from '@longhaul/oslo/api'
import { readSealingKey } from '@longhaul/oslo/context'
import { assertMigrated, isConnectionError, openDatabase } from '@longhaul/oslo/db'
import { flushLog, levelOf, loggerFromOptions, type Logger } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import packageJson from '../../package.json' with { type: 'json' }
import { clientsFromConfig } from '../clients.ts'
import { configFiles } from '../command.ts'
import { readConductorSettings, requirePostgresql } from '../config.ts'
import { migrations } from '../db/migrations.ts'
import type { NovaTables } from '../db/tables.ts'
import { engineUrl, idleInTransactionMs } from '../operations/engine-names.ts'
import { openQueue } from '../operations/queue.ts'
import { startHeartbeat } from '../services/heartbeat.ts'
import { ServiceStore } from '../services/store.ts'
import { createConductor } from './app.ts'
import { startEngine } from './engine.ts'
import { quietPg } from '../db/quiet-pg.ts'

const name = 'nova-conductor'
const databasePauseMs = 500

async function main(): Promise<void> {
  const conf = Config.read(configFiles(name, 'Runs the operations of servers'))
  const { defaults, context, database, libvirt, conductor: settings } = readConductorSettings(conf)
  const { host } = defaults
  const logger = loggerFromOptions(name, defaults)
  const connection = requirePostgresql(database.connection)
  const clients = clientsFromConfig(conf, name, logger)
  const sealingKey = readSealingKey(context.sealing_key_file)
  for (const warning of conf.warnings) logger.warn({ warning }, 'configuration')
  quietPg()
  surviveLostConnections(logger)

  const db = openDatabase<NovaTables>(connection, {
    poolSize: database.max_pool_size,
    applicationName: name,
    idleInTransactionMs,
    onConnectionLost: (error) => logger.warn({ err: error }, 'lost a connection to the database'),
  })
  await whenReachable(logger, () => assertMigrated(db, migrations, { verb: 'nova-manage db sync' }))
  const queue = await openQueue(connection)
  const { runner, maintenance, attachmentReaper } = createConductor({
    database: db,
    enqueue: queue.enqueue,
    engine: queue.control,
    conductor: host,
    clients,
    sealingKey,
    serviceDownTime: () => defaults.service_down_time,
    shutdownTimeout: () => defaults.shutdown_timeout,
    migration: {
      places: () => defaults.max_concurrent_live_migrations,
      bandwidth: () => Math.round(libvirt.live_migration_bandwidth * 2 ** 20),
      downtime: () => libvirt.live_migration_downtime,
      autoConverge: () => libvirt.live_migration_permit_auto_converge,
      postCopy: () => libvirt.live_migration_permit_post_copy,
      completionTimeout: () => libvirt.live_migration_completion_timeout,
      timeoutAction: () => libvirt.live_migration_timeout_action,
    },
    retryForMs: () => settings.operation_retry_timeout * 1000,
    reapAfterMs: () => settings.reap_after * 1000,
    now: () => new Date(),
    logger,
  })
  const services = new ServiceStore(db.kysely)
  const report = () => services.report({ host, binary: name }, new Date(), randomUUID())
  // Known as alive before it holds any operation: what a dead conductor holds goes to another one.
  await whenReachable(logger, report)
  const stopEngine = await whenReachable(logger, () =>
    startEngine({ url: engineUrl(connection), conductor: host, runner, logger }),
  )
  const cleaning = () => settings.maintenance_interval
  const tasks = (
    [
      [cleaning, () => maintenance.keepOperationsGoing()],
      [cleaning, () => maintenance.removeLeftovers()],
      [() => settings.attachment_check_interval, () => attachmentReaper.round()],
    ] as const
  ).map(([seconds, task]) =>
    every(
      () => seconds() * 1000,
      () => task().catch((error: unknown) => logger.warn({ err: error }, 'cleaning was cut off')),
    ),
  )
  const stopHeartbeat = startHeartbeat({
    report,
    interval: () => defaults.report_interval * 1000,
    logger,
  })
  process.on('SIGHUP', () => void reload({ logger, conf, level: () => levelOf(defaults) }))
  logger.info({ conductor: host, version: packageJson.version }, 'ready')

  const signal = await Promise.race(
    ['SIGTERM', 'SIGINT'].map(async (one) => {
      await once(process, one)
      return one
    }),
  )
  logger.info(
    { signal },
    'stopping; running operations are resumed at the next start, or by another conductor',
  )
  for (const task of tasks) task.stop()
  stopHeartbeat()
  await stopEngine().catch((error: unknown) => logger.warn({ err: error }, 'the engine did not stop cleanly'))
  await flushLog(logger)
  process.exit(0)
}

/** The engine's own connections fail inside of it, out of reach of any `catch` here; it makes new ones. */
function surviveLostConnections(logger: Logger): void {
  const judge = (error: unknown) => {
    if (isConnectionError(error)) {
      logger.warn({ err: error }, 'lost a connection to the database')
      return
    }
    logger.fatal({ err: error }, 'uncaught error')
    void flushLog(logger).finally(() => process.exit(1))
  }
  process.on('uncaughtException', judge)
  process.on('unhandledRejection', judge)
}

async function whenReachable<T>(logger: Logger, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isConnectionError(error)) throw error
      logger.warn({ err: error }, 'waiting for the database')
      await pause(databasePauseMs)
    }
  }
}

/** Rounds that do not overlap. @param ms until the next one, asked after each */
function every(ms: () => number, round: () => Promise<void>): { stop(): void } {
  let timer: NodeJS.Timeout
  const next = () => {
    timer = setTimeout(() => void round().finally(next), ms())
  }
  next()
  return { stop: () => clearTimeout(timer) }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
