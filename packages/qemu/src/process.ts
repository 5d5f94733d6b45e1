import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A process outlives every signal: it hangs in the kernel. */
export class ProcessNotEndedError extends Error {
  override name = 'ProcessNotEndedError'
  readonly code = 'process_not_ended'
}

/** A process, told apart from a later one with the same pid by the kernel's start time. */
export interface QemuProcess {
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

/** The arguments that a process was started with, its program first; none when it is gone. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

export function isSame(one: QemuProcess, other: QemuProcess): boolean {
  return one.pid === other.pid && one.startTime === other.startTime
}

export function isAlive(process: QemuProcess): boolean {
  return startTimeOf(process.pid) === process.startTime
}

/** Whether the process lives and was started with such arguments. */
export function runsWith(process: QemuProcess, fits: (args: string[]) => boolean): boolean {
  return isAlive(process) && fits(argumentsOf(process.pid))
}

/** Looks through all processes of the host, for those that nobody wrote down. */
export function findProcesses(fits: (args: string[]) => boolean): QemuProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || !fits(argumentsOf(pid))) return []
    const startTime = startTimeOf(pid)
    return startTime === undefined ? [] : [{ pid, startTime }]
  })
}

/** The first of these. */
export function findProcess(fits: (args: string[]) => boolean): QemuProcess | undefined {
  return findProcesses(fits)[0]
}

/** The descriptor under which a process finds {@link startProcess}'s `input`. */
export const inputDescriptor = 3

/**
 * Starts a program so that it outlives this process: in a session of its own, its output in a file.
 *
 * @param place.errors where it complains
 * @param place.input an open file that it reads
 * @returns the process, and what resolves when it ends
 */
export async function startProcess(
  file: string,
  args: readonly string[],
  place: { directory: string; errors: string; input?: number | undefined },
): Promise<{ process: QemuProcess; ended: Promise<void> }> {
  const output = openSync(place.errors, 'a', 0o600)
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', output, output, ...(place.input === undefined ? [] : [place.input])],
      cwd: place.directory,
      env: { PATH: process.env['PATH'] },
    })
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    return { process: { pid: child.pid!, startTime: startTimeOf(child.pid!) ?? 'gone' }, ended }
  } finally {
    closeSync(output)
  }
}

const pollMilliseconds = 20
const killMilliseconds = 10_000

/**
 * Ends a process; resolves when it is gone.
 *
 * @param graceMilliseconds between SIGTERM and SIGKILL
 * @throws ProcessNotEndedError `process_not_ended` when it outlives SIGKILL too (it hangs in the kernel)
 */
export async function endProcess(target: QemuProcess, graceMilliseconds = 3000): Promise<void> {
  send(target, 'SIGTERM')
  if (await untilGone(target, graceMilliseconds)) return
  send(target, 'SIGKILL')
  if (await untilGone(target, killMilliseconds)) return
  throw new ProcessNotEndedError(`process ${target.pid} does not end`)
}

/** Waits for the end of a process. @returns whether it came in time @throws the signal's reason */
export async function untilGone(
  target: QemuProcess,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (isAlive(target)) {
    signal?.throwIfAborted()
    if (performance.now() > deadline) return false
    await delay(pollMilliseconds)
  }
  return true
}

function send(target: QemuProcess, signal: NodeJS.Signals): void {
  if (!isAlive(target)) return
  try {
    process.kill(target.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
