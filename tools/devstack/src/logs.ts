import { createReadStream, existsSync, readdirSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DevstackError } from './errors.ts'
import { stateDirectory } from './state-directory.ts'

/**
 * Writes a service's log to standard output; with `follow` it goes on until the signal is aborted.
 *
 * @throws DevstackError `no_such_log` naming the logs there are
 */
export async function showLog(
  root: string,
  service: string,
  options: { follow?: boolean; signal?: AbortSignal } = {},
): Promise<void> {
  const { log } = stateDirectory(root)
  const file = join(log, `${service}.log`)
  if (!existsSync(file)) {
    const known = existsSync(log) ? readdirSync(log).map((name) => name.replace(/\.log$/, '')) : []
    throw new DevstackError(
      'no_such_log',
      `no log of "${service}"; there are: ${known.toSorted().join(', ') || 'none'}`,
    )
  }
  let shown = await copyFrom(file, 0)
  if (!options.follow) return
  const changes = watch(file)
  options.signal?.addEventListener('abort', () => changes.close())
  for await (const _ of changesOf(changes)) shown = await copyFrom(file, shown)
}

async function copyFrom(file: string, start: number): Promise<number> {
  const { size } = statSync(file)
  const from = size < start ? 0 : start
  if (size > from)
    await pipeline(createReadStream(file, { start: from, end: size - 1 }), process.stdout, { end: false })
  return size
}

async function* changesOf(watcher: ReturnType<typeof watch>): AsyncGenerator<void> {
  for (;;) {
    const closed = await new Promise<boolean>((resolve) => {
      watcher.once('change', () => resolve(false))
      watcher.once('close', () => resolve(true))
    })
    if (closed) return
    yield
  }
}
