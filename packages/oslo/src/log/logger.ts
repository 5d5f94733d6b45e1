import { closeSync, openSync } from 'node:fs'
import { destination, pino } from 'pino'
import type { DestinationStream, Logger as PinoLogger } from 'pino'
import type { Values } from '@longhaul/oslo-config'
import { errorFields } from './error-fields.ts'
import { levelOf, type logOptions } from './options.ts'
import { redact, redactText } from './redaction.ts'

/** A pino logger: `logger.info({ fields }, 'message')`. */
export type Logger = PinoLogger

export interface LoggerOptions {
  /** Name of the process, in every line. */
  service: string
  /** `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`; default `info`. */
  level?: string
  /** A file to append to (created with mode 0640) in place of standard output. */
  file?: string
  /** Takes the lines in place of both; for tests. */
  stream?: DestinationStream
  /** The clock, in milliseconds since 1970. */
  now?: () => number
}

const files = new WeakMap<Logger, ReturnType<typeof destination>>()

/**
 * A logger that writes one JSON object a line: `time` (ISO 8601), `level`, `service`, `pid`, the fields, `msg`. Every
 * field, at every depth, and every message passes the redaction table.
 *
 * @throws the system's error if the file cannot be opened
 */
export function createLogger(options: LoggerOptions): Logger {
  const now = options.now ?? Date.now
  const target = options.stream ?? openTarget(options.file)
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service, pid: process.pid },
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      depthLimit: 10,
      edgeLimit: 1000,
      formatters: {
        level: (label) => ({ level: label }),
        log: clean,
      },
      // The fields are made by `errorFields` already.
      serializers: { err: (fields: unknown) => fields },
      hooks: {
        logMethod(args, method) {
          method.apply(this, cleanArguments(args) as Parameters<typeof method>)
        },
      },
    },
    target,
  )
  cleanBindings(logger)
  if (options.file !== undefined && options.stream === undefined) {
    files.set(logger, target as ReturnType<typeof destination>)
  }
  return logger
}

/** The logger that `[DEFAULT]` asks for. @param service name of the process */
export function loggerFromOptions(service: string, options: Values<typeof logOptions>): Logger {
  const { log_file: file } = options
  return createLogger({ service, level: levelOf(options), ...(file ? { file } : {}) })
}

/** Opens the log file again under its name, after logrotate has moved it. Does nothing for standard output. */
export function reopenLog(logger: Logger): void {
  files.get(logger)?.reopen()
}

/** True if the lines go to a file. */
export function logsToFile(logger: Logger): boolean {
  return files.has(logger)
}

/** Resolves when everything logged so far has been written. */
export function flushLog(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    logger.flush(() => resolve())
  })
}

/** Written at once: a process that is killed leaves its last line behind. */
function openTarget(file: string | undefined): ReturnType<typeof destination> {
  if (file === undefined) return destination({ dest: 1, sync: true })
  closeSync(openSync(file, 'a', 0o640))
  return destination({ dest: file, append: true, mode: 0o640, sync: true })
}

function clean(fields: Record<string, unknown>): Record<string, unknown> {
  return redact(fields, errorFields) as Record<string, unknown>
}

interface Bindable {
  child: (this: Logger, bindings: Record<string, unknown>, options?: object) => Logger
  setBindings: (this: Logger, bindings: Record<string, unknown>) => void
}

/** pino formats the fields of a line, but not the ones that a child repeats in each of its lines. */
function cleanBindings(logger: Logger): void {
  const bindable = logger as unknown as Bindable
  const { child, setBindings } = bindable
  bindable.child = function (bindings, options) {
    return child.call(this, clean(bindings), options)
  }
  bindable.setBindings = function (bindings) {
    setBindings.call(this, clean(bindings))
  }
}

/** pino takes the message of a logged error as the line's message: it must be cleaned like any other. */
function cleanArguments(args: unknown[]): unknown[] {
  const [first, ...rest] = args
  const texts = rest.map((value) =>
    typeof value === 'string' ? redactText(value) : redact(value, errorFields),
  )
  if (typeof first === 'string') return [redactText(first), ...texts]
  if (first instanceof Error)
    return [{ err: first }, ...(texts.length > 0 ? texts : [redactText(first.message)])]
  const inner = (first as { err?: unknown } | undefined)?.err
  if (inner instanceof Error && texts.length === 0) return [first, redactText(inner.message)]
  return [first, ...texts]
}
