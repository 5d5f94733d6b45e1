import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Logger } from '@longhaul/oslo/log'
import { applicationName, applicationVersion, queueNames, workflowName } from '../operations/engine-names.ts'
import { runOperation, type Runner } from '../operations/run.ts'

export interface EngineOptions {
  /** `postgresql://…`, the database that holds nova's tables too. */
  url: string
  /** Stable name of this conductor: under it it finds the operations that it left. */
  conductor: string
  runner: Omit<Runner, 'checkpoint'>
  logger: Logger
}

/** How often each queue is looked at, besides notifications, in milliseconds. */
const pollingMs = 200
/** Of each queue. Operations mostly wait for others, migrations also for their turn, so that many fit into a process. */
const atOnce = { operations: 100, 'live-migrations': 1000 }
/** Connections of the engine to its database. */
const poolSize = 8

/**
 * Begins to take operations from the queues, those first that an earlier process of the same name left unfinished.
 *
 * @returns stops taking; what runs is left as it is and resumed by the next start
 * @throws when the engine's tables are missing or behind (`nova-manage db sync` makes them)
 */
export async function startEngine(options: EngineOptions): Promise<() => Promise<void>> {
  const { url, conductor, runner, logger } = options
  DBOS.setConfig({
    name: applicationName,
    systemDatabaseUrl: url,
    systemDatabasePoolSize: poolSize,
    executorID: conductor,
    applicationVersion,
    listenQueues: [...queueNames],
    useListenNotify: true,
    runMigrations: false,
    logger: {
      debug: () => {},
      info: (entry) => logger.debug({ entry }, 'engine'),
      warn: (entry) => logger.warn({ entry }, 'engine'),
      error: (entry, more) => logger.error({ entry, stack: more?.stack }, 'engine'),
    },
  })
  registerOnce(runner)
  await DBOS.launch()
  for (const name of queueNames) {
    await DBOS.registerQueue(name, {
      minPollingIntervalMs: pollingMs,
      workerConcurrency: atOnce[name],
      onConflict: 'always_update',
    })
  }
  return () => DBOS.shutdown()
}

let registered = false

/** The engine keeps one workflow of a name for the life of the process. */
function registerOnce(runner: Omit<Runner, 'checkpoint'>): void {
  if (registered) return
  registered = true
  DBOS.registerWorkflow(
    async (id: string) =>
      await runOperation({ ...runner, checkpoint: (name, work) => DBOS.runStep(work, { name }) }, id),
    { name: workflowName },
  )
}
