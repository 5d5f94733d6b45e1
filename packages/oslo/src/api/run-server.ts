import { once } from 'node:events'
import type { EventEmitter } from 'node:events'
import { collectDefaultMetrics } from 'prom-client'
import { flushLog, logsToFile } from '../log/index.ts'
import type { ApiApp } from './create-api.ts'
import { listen } from './listen.ts'
import type { ListenOptions } from './listen.ts'
import { reload, type ReloadOptions } from './reload.ts'

/** As much of `process` as a server uses; tests bring their own. */
export interface ServerProcess extends EventEmitter {
  exit(code: number): void
}

export interface ServerOptions extends ListenOptions, ReloadOptions {
  app: ApiApp
  /** After the last answer, before the process ends: closes databases and the like. */
  onStop?: () => void | Promise<void>
  /** How long running requests may take after SIGTERM before their connections are cut, in ms; default 30000. */
  deadlineMs?: number
  process?: ServerProcess
}

/** How often idle connections are looked for while the last requests finish, in milliseconds. */
const idleSweepMs = 50

/**
 * Listens and stays until SIGTERM or SIGINT; then no new connection is accepted, what runs is finished, and the process
 * ends with status 0. A second signal cuts what still runs. SIGHUP: see {@link reload}.
 *
 * When the port is open one line `{"msg":"listening","url":…}` is logged, and printed too if the log is a file.
 *
 * @throws as `listen`
 */
export async function runServer(options: ServerOptions): Promise<void> {
  const { app, logger } = options
  const proc: ServerProcess = options.process ?? process
  if (app.api.metrics && !options.process) collectDefaultMetrics({ register: app.api.metrics })
  const url = await listen(app, options)
  logger.info({ url, version: app.api.version }, 'listening')
  if (logsToFile(logger))
    process.stdout.write(`${JSON.stringify({ msg: 'listening', url, pid: process.pid })}\n`)

  const fatal = (error: unknown) => {
    logger.fatal({ err: error }, 'uncaught error')
    void flushLog(logger).finally(() => proc.exit(1))
  }
  const hangUp = () => void reload(options)
  proc.on('uncaughtException', fatal)
  proc.on('unhandledRejection', fatal)
  proc.on('SIGHUP', hangUp)
  try {
    const signal = await stopSignal(proc)
    logger.info({ signal }, 'stopping')
    await drain(options, proc)
    await options.onStop?.()
    logger.info('stopped')
    await flushLog(logger)
  } catch (error) {
    fatal(error)
    return
  } finally {
    proc.off('uncaughtException', fatal)
    proc.off('unhandledRejection', fatal)
    proc.off('SIGHUP', hangUp)
  }
  proc.exit(0)
}

async function stopSignal(proc: ServerProcess): Promise<string> {
  const waiting = new AbortController()
  const signals = ['SIGTERM', 'SIGINT'].map(async (name) => {
    await once(proc, name, { signal: waiting.signal })
    return name
  })
  const signal = await Promise.race(signals)
  waiting.abort()
  await Promise.allSettled(signals)
  return signal
}

async function drain(
  { app, logger, deadlineMs = 30_000 }: ServerOptions,
  proc: ServerProcess,
): Promise<void> {
  const cut = () => {
    logger.warn('cutting the connections of requests that still run')
    app.server.closeAllConnections()
  }
  const deadline = setTimeout(cut, deadlineMs)
  // A connection whose last answer ended after the port was closed would be kept alive for another request.
  const sweep = setInterval(() => app.server.closeIdleConnections(), idleSweepMs)
  proc.once('SIGTERM', cut)
  proc.once('SIGINT', cut)
  try {
    await app.close()
  } finally {
    clearTimeout(deadline)
    clearInterval(sweep)
    proc.off('SIGTERM', cut)
    proc.off('SIGINT', cut)
  }
}
