import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'

/** Servers run on the first processor, the load comes from the second, so that they do not take each other's time. */
export const cores = { server: 0, load: 1 } as const

/** The interpreter for which a distribution's packages are installed. */
export const systemPython = '/usr/bin/python3'

/** Whether processes can be bound to processors here. */
export const canPin =
  availableParallelism() > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0

/** A program of this repository in a process of its own. */
export class PinnedProcess {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  /**
   * @param script path of a file in TypeScript, or in Python for the system's interpreter
   * @param env further variables; secrets go here and never into the arguments
   */
  constructor(core: number, script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const interpreter = script.endsWith('.py') ? [systemPython] : [process.execPath, '--conditions=source']
    const program = [...interpreter, script, ...args]
    const [file, ...rest] = canPin ? ['taskset', '-c', String(core), ...program] : program
    this.#child = spawn(file!, rest, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], ...env },
    })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  /** The next line of its output that is a JSON object with that field. @throws Error when it ends before */
  async said<T extends object>(field: string): Promise<T> {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) throw new Error('the process ended too early')
      if (!value.startsWith('{')) continue
      const line = JSON.parse(value) as T
      if (field in line) return line
    }
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`)
  }

  /** Seconds of processor time it has used. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** USER_HZ, which is 100 on every Linux that Node.js runs on. */
const ticksPerSecond = 100
