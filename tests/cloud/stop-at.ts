// Preloaded into every Node.js process of a cloud under test: stops nova's processes at a point that a test has armed.
// The directory is the query of this module's URL: `--import file:///…/stop-at.ts?/tmp/points`.
import { subscribe } from 'node:diagnostics_channel'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = decodeURIComponent(new URL(import.meta.url).search.slice(1))
const armed = join(directory, 'armed')

function stopAt(point: string): void {
  try {
    if (readFileSync(armed, 'utf8') !== point) return
    // Whoever renames it first is the one that stops.
    renameSync(armed, join(directory, 'taken'))
  } catch {
    return
  }
  writeFileSync(join(directory, 'reached.new'), String(process.pid))
  renameSync(join(directory, 'reached.new'), join(directory, 'reached'))
  process.kill(process.pid, 'SIGSTOP')
}

/** Which conductor is at work. */
function noteExecutor(): void {
  const file = join(directory, 'executor')
  writeFileSync(`${file}.${process.pid}`, String(process.pid))
  renameSync(`${file}.${process.pid}`, file)
}

subscribe('longhaul:nova:step', (message) => {
  noteExecutor()
  const { kind, step, at } = message as { kind: string; step: string; at: string }
  stopAt(`${kind} step ${step} ${at}`)
})
subscribe('longhaul:nova:job', (message) => {
  const { kind, at } = message as { kind: string; at: string }
  stopAt(`job ${kind} ${at}`)
})
