// What a cloud costs: seconds until `longhaul up` says that it is ready, and the memory of all that runs then.
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { count } from './options.ts'
import { memoryOf } from './proportional-memory.ts'
import { spread } from './rounds.ts'

const goals = { seconds: 8, mib: 1024 }

const { rounds } = new Command('bench:up')
  .description(
    'How long a cloud takes to be ready, from nothing and from what an earlier one left, and its memory',
  )
  .option('--rounds <count>', 'rounds', count, 5)
  .parse()
  .opts<{ rounds: number }>()

const longhaul = join(import.meta.dirname, '../../../longhaul')
const seconds: Record<'from nothing' | 'again', number[]> = { 'from nothing': [], again: [] }
const memory: number[] = []
let last: ReturnType<typeof memoryOf> = []

for (let round = 0; round < rounds; round++) {
  const directory = mkdtempSync(join(tmpdir(), 'longhaul-bench-'))
  // PostgreSQL does not run as root, and stays below this directory only if others may enter it.
  chmodSync(directory, 0o755)
  const run = (...args: string[]) =>
    promisify(execFile)(longhaul, args, { env: { ...process.env, LONGHAUL_STATE_DIR: directory } })
  try {
    for (const kind of ['from nothing', 'again'] as const) {
      const start = performance.now()
      await run('up')
      seconds[kind].push((performance.now() - start) / 1000)
      last = memoryOf(directory)
      memory.push(last.reduce((sum, { kib }) => sum + kib, 0) / 1024)
      await run('down')
    }
  } finally {
    await run('down', '--purge')
    rmSync(directory, { recursive: true, force: true })
  }
}

const text = (values: readonly number[], digits: number) => {
  const { min, median, max } = spread(values)
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}
console.log(`longhaul up, ${rounds} rounds`)
for (const [kind, values] of Object.entries(seconds)) {
  console.log(`${kind.padEnd(14)} ${text(values, 1)} s until ready`)
}
console.log(`memory (PSS)   ${text(memory, 0)} MiB; in the last round by process:`)
for (const { name, kib } of last.toSorted((a, b) => b.kib - a.kib)) {
  console.log(`  ${(kib / 1024).toFixed(1).padStart(7)} MiB  ${name}`)
}
const reached = spread(seconds.again).median < goals.seconds && spread(memory).median < goals.mib
console.log(`${reached ? 'reaches' : 'MISSES'} ${goals.seconds} s and ${goals.mib} MiB`)
if (!reached) process.exitCode = 1
