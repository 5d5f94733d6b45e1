import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What to start. Arguments are visible to everyone on the machine: no secret goes there. */
export interface Command {
  file: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
}

/** A process that was started here, told apart from a later one with the same pid by its start time. */
export interface ProcessRecord {
  pid: number
  startTime: string
}

/** The kernel's start time of a process; undefined when it is gone or only waits to be reaped. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export function isAlive(record: ProcessRecord | undefined): record is ProcessRecord {
  return record !== undefined && startTimeOf(record.pid) === record.startTime
}

/**
 * Starts a process that outlives its parent, with standard output and error appended to a file.
 *
 * @throws Error of the operating system when it cannot be started
 */
export async function startDetached(command: Command, logFile: string): Promise<ProcessRecord> {
  const output = openSync(logFile, 'a', 0o640)
  try {
    const child = spawn(command.file, command.args, {
      detached: true,
      stdio: ['ignore', output, output],
      cwd: '/',
      env: command.env,
      ...(command.uid === undefined ? {} : { uid: command.uid, gid: command.gid }),
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    return { pid: child.pid!, startTime: startTimeOf(child.pid!) ?? 'gone' }
  } finally {
    closeSync(output)
  }
}

export function readProcessRecord(runDirectory: string, name: string): ProcessRecord | undefined {
  const file = join(runDirectory, `${name}.pid`)
  if (!existsSync(file)) return undefined
  const [pid, startTime] = readFileSync(file, 'utf8').split(/\s+/)
  return pid && startTime ? { pid: Number(pid), startTime } : undefined
}

export function writeProcessRecord(runDirectory: string, name: string, record: ProcessRecord): void {
  const file = join(runDirectory, `${name}.pid`)
  writeFileSync(`${file}.new`, `${record.pid} ${record.startTime}\n`)
  renameSync(`${file}.new`, file)
}

export function forgetProcessRecord(runDirectory: string, name: string): void {
  rmSync(join(runDirectory, `${name}.pid`), { force: true })
}

/** Sends a signal unless the process is gone or its pid belongs to another one now. */
export function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (!isAlive(record)) return
  try {
    process.kill(record.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Asks a process to end, and ends it after a deadline. */
export async function stopProcess(
  record: ProcessRecord,
  options: { signal?: NodeJS.Signals; graceMilliseconds?: number } = {},
): Promise<void> {
  signalProcess(record, options.signal ?? 'SIGTERM')
  if (await untilGone(record, options.graceMilliseconds ?? 10_000)) return
  signalProcess(record, 'SIGKILL')
  await untilGone(record, 5_000)
}

/** @returns false when the process still lives after the time */
export async function untilGone(record: ProcessRecord, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (isAlive(record)) {
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}
