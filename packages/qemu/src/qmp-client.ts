import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { QmpError } from './qmp-error.ts'

/** Something QEMU tells by itself, such as `BLOCK_JOB_COMPLETED`. */
export interface QmpEvent {
  event: string
  data?: Record<string, unknown>
  timestamp: { seconds: number; microseconds: number }
}

interface Pending {
  command: string
  resolve(value: unknown): void
  reject(error: Error): void
  timer: NodeJS.Timeout
}

interface Message {
  QMP?: unknown
  event?: string
  id?: number
  return?: unknown
  error?: { class: string; desc: string }
}

const connectTimeoutMilliseconds = 5000
/** QEMU closes an image's file, or writes out what it holds, before it answers. */
const answerTimeoutMilliseconds = 30_000
const retryMilliseconds = 10
const keptEvents = 256
const longestMessage = 16 * 2 ** 20
// A longer name of a socket would be cut, and another socket connected to.
const longestPathBytes = 107
/** QEMU has not made its socket yet, or does not listen on it yet. */
const notYet: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

/**
 * A connection to QEMU's monitor. QEMU serves one client a socket: a second one connects and never gets a greeting.
 *
 * Emits `event` with each {@link QmpEvent}, and `close` once.
 *
 * @see QEMU Machine Protocol specification
 */
export class QmpClient extends EventEmitter {
  readonly #socket: Socket
  readonly #answerMs: number
  readonly #pending = new Map<number, Pending>()
  readonly #events: QmpEvent[] = []
  readonly #greeted = Promise.withResolvers<void>()
  #buffer = ''
  #nextId = 1
  #closed = false
  #cause: unknown

  private constructor(socket: Socket, answerMs: number) {
    super()
    this.#answerMs = answerMs
    // Each waiter listens; there is no number of them that would be a leak.
    this.setMaxListeners(0)
    this.#greeted.promise.catch(() => {})
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#receive(text))
    socket.on('error', (error) => (this.#cause = error))
    socket.on('close', () => this.#end())
  }

  /**
   * Connects and greets. A socket that does not exist yet is waited for.
   *
   * @param path of the unix socket, 107 bytes at most
   * @param options.timeoutMs for everything up to the first command; default 5000
   * @param options.answerMs for the answer to each command; default 30 000
   * @param options.signal ends the waiting, so that it does not meet another QEMU at the same path later
   * @throws QmpError `qmp_timeout`; `qmp_disconnected` for a path that can never be connected to; the signal's reason
   */
  static async connect(
    path: string,
    options: { timeoutMs?: number; answerMs?: number; signal?: AbortSignal } = {},
  ): Promise<QmpClient> {
    const { timeoutMs: timeout = connectTimeoutMilliseconds, answerMs = answerTimeoutMilliseconds } = options
    const { signal } = options
    signal?.throwIfAborted()
    if (Buffer.byteLength(path) > longestPathBytes) {
      throw new QmpError('qmp_disconnected', `the path has more than ${longestPathBytes} bytes: ${path}`)
    }
    const deadline = new AbortController()
    const giveUp = () => deadline.abort()
    const timer = setTimeout(giveUp, timeout)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      for (;;) {
        try {
          return await QmpClient.#open(path, answerMs, deadline.signal)
        } catch (cause) {
          signal?.throwIfAborted()
          if (deadline.signal.aborted) {
            const message = `no greeting from QEMU at ${path} within ${timeout} ms`
            throw new QmpError('qmp_timeout', message, { cause })
          }
          if (!mayComeYet(cause)) throw cause
        }
        await delay(retryMilliseconds)
      }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  static async #open(path: string, answerMs: number, deadline: AbortSignal): Promise<QmpClient> {
    const socket = connect(path)
    const giveUp = () => socket.destroy()
    deadline.addEventListener('abort', giveUp, { once: true })
    try {
      await once(socket, 'connect', { signal: deadline })
      const client = new QmpClient(socket, answerMs)
      await client.#greeted.promise
      await client.execute('qmp_capabilities')
      return client
    } catch (error) {
      socket.destroy()
      const { code } = error as NodeJS.ErrnoException
      if (error instanceof QmpError || notYet.has(code) || deadline.aborted) throw error
      throw new QmpError('qmp_disconnected', `cannot connect to QEMU at ${path}: ${code}`, { cause: error })
    } finally {
      deadline.removeEventListener('abort', giveUp)
    }
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The last 256 events received, the oldest first. */
  get events(): readonly QmpEvent[] {
    return this.#events
  }

  /**
   * Sends a command. Several may be under way. One that is not answered in time may still be obeyed.
   *
   * @throws QmpError `qmp_command_failed`, `qmp_disconnected`, `qmp_timeout`
   */
  execute<T = unknown>(command: string, parameters?: object): Promise<T> {
    if (this.#closed) return Promise.reject(this.#disconnected(command))
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      const giveUp = () => {
        this.#pending.delete(id)
        const message = `${command}: no answer from QEMU within ${this.#answerMs} ms`
        reject(new QmpError('qmp_timeout', message, { command }))
      }
      const timer = setTimeout(giveUp, this.#answerMs)
      this.#pending.set(id, { command, resolve: resolve, reject, timer })
      const message =
        parameters === undefined ? { execute: command, id } : { execute: command, arguments: parameters, id }
      this.#socket.write(`${JSON.stringify(message)}\n`)
    })
  }

  /**
   * The first event that fits, also one that came before the call and is still among {@link events}.
   *
   * @param options.fresh only an event that comes after the call: for events that repeat, such as `STOP`
   * @throws QmpError `qmp_disconnected`; the signal's reason when it is aborted; what `fits` throws
   */
  async waitFor(
    fits: (event: QmpEvent) => boolean,
    options: { signal?: AbortSignal; fresh?: boolean } = {},
  ): Promise<QmpEvent> {
    const { signal } = options
    signal?.throwIfAborted()
    const known = options.fresh ? undefined : this.#events.find(fits)
    if (known) return known
    if (this.#closed) throw this.#disconnected('events')
    const found = Promise.withResolvers<QmpEvent>()
    const look = (event: QmpEvent) => {
      try {
        if (fits(event)) found.resolve(event)
      } catch (error) {
        found.reject(error)
      }
    }
    const gone = () => found.reject(this.#disconnected('events'))
    const aborted = () => found.reject(signal?.reason)
    this.on('event', look)
    this.on('close', gone)
    signal?.addEventListener('abort', aborted)
    try {
      return await found.promise
    } finally {
      this.off('event', look)
      this.off('close', gone)
      signal?.removeEventListener('abort', aborted)
    }
  }

  /** Ends the connection, not QEMU. What waits is rejected with `qmp_disconnected`. */
  close(): void {
    this.#socket.destroy()
  }

  #receive(text: string): void {
    this.#buffer += text
    for (let end = this.#buffer.indexOf('\n'); end >= 0; end = this.#buffer.indexOf('\n')) {
      const line = this.#buffer.slice(0, end).trim()
      this.#buffer = this.#buffer.slice(end + 1)
      if (line === '') continue
      const message = parseMessage(line)
      if (!message) return this.#notQmp('something that is not a message')
      this.#dispatch(message)
    }
    if (this.#buffer.length > longestMessage) this.#notQmp('a message without an end')
  }

  // Whatever is at the other end does not speak QMP: no answer can be trusted any more.
  #notQmp(what: string): void {
    this.#buffer = ''
    this.#socket.destroy(new Error(`QEMU's monitor sent ${what}`))
  }

  #dispatch(message: Message): void {
    if (message.QMP !== undefined) {
      this.#greeted.resolve()
    } else if (message.event !== undefined) {
      const event = message as unknown as QmpEvent
      this.#events.push(event)
      if (this.#events.length > keptEvents) this.#events.shift()
      this.emit('event', event)
    } else if (message.id !== undefined) {
      const pending = this.#pending.get(message.id)
      this.#pending.delete(message.id)
      // Too late: nobody waits for it any more.
      if (!pending) return
      clearTimeout(pending.timer)
      const { error } = message
      if (!error) return pending.resolve(message.return)
      const details = { class: error.class, command: pending.command }
      pending.reject(new QmpError('qmp_command_failed', `${pending.command}: ${error.desc}`, details))
    } else {
      // An error about a command it could not read: nobody knows which.
      this.#notQmp('an answer to no command')
    }
  }

  #end(): void {
    this.#closed = true
    this.#greeted.reject(this.#disconnected('greeting'))
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer)
      pending.reject(this.#disconnected(pending.command))
    }
    this.#pending.clear()
    this.emit('close')
  }

  #disconnected(command: string): QmpError {
    const details = { command, cause: this.#cause }
    return new QmpError('qmp_disconnected', 'the connection to QEMU is closed', details)
  }
}

function parseMessage(line: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(line)
    return typeof message === 'object' && message !== null ? message : undefined
  } catch {
    return undefined
  }
}

// Closed before the greeting: QEMU ended, and may be started again within the time.
function mayComeYet(error: unknown): boolean {
  const { code, command } = error as { code?: unknown; command?: unknown }
  return notYet.has(code) || (code === 'qmp_disconnected' && command === 'greeting')
}
