import { readdirSync, readFileSync } from 'node:fs'

/** Memory of a process in which what it shares with others counts by parts, in KiB (PSS). */
export interface ProcessMemory {
  pid: number
  /** What the process is: its program, or with Node.js the file that it runs. */
  name: string
  kib: number
}

interface Process {
  pid: number
  parent: number
  args: string[]
}

/** Processes of the machine that can be read. */
function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
        return [{ pid: Number(name), parent, args }]
      } catch {
        return []
      }
    })
}

/** Memory of the processes that have a text among their arguments, and of everything that these started. */
export function memoryOf(argument: string): ProcessMemory[] {
  const all = processes()
  const found = new Map(
    all
      .filter(({ pid, args }) => pid !== process.pid && args.some((arg) => arg.includes(argument)))
      .map((one) => [one.pid, one]),
  )
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const one of all) if (found.has(one.parent)) found.set(one.pid, one)
  }
  return [...found.values()].map(({ pid, args }) => ({ pid, name: nameOf(args), kib: proportional(pid) }))
}

function nameOf(args: readonly string[]): string {
  const script = args.find((arg) => arg.endsWith('.ts'))
  return script?.split('/').slice(-4).join('/') ?? args[0]?.split('/').at(-1) ?? ''
}

function proportional(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)
}
