import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { DriverError } from '../driver.ts'

/** A process, told apart from a later one with the same pid by the kernel's start time. */
export interface GuestProcess {
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

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

export function isSame(one: GuestProcess, other: GuestProcess): boolean {
  return one.pid === other.pid && one.startTime === other.startTime
}

export function isAlive(process: GuestProcess): boolean {
  return startTimeOf(process.pid) === process.startTime
}

/** Whether the process lives and was started with such arguments. */
export function runsWith(process: GuestProcess, fits: (args: string[]) => boolean): boolean {
  return isAlive(process) && fits(argumentsOf(process.pid))
}

/** Looks through all processes of the host, for those that nobody wrote down. */
export function findProcesses(fits: (args: string[]) => boolean): GuestProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || !fits(argumentsOf(pid))) return []
    const startTime = startTimeOf(pid)
    return startTime === undefined ? [] : [{ pid, startTime }]
  })
}

/** The first of these. */
export function findProcess(fits: (args: string[]) => boolean): GuestProcess | undefined {
  return findProcesses(fits)[0]
}

/** The descriptor under which QEMU finds {@link startGuest}'s `input`. */
export const inputDescriptor = 3

/**
 * Starts QEMU so that it outlives the agent: in a session of its own, its output in a file.
 *
 * @param place.errors where it complains
 * @param place.input an open file that it reads
 * @returns the process, and what resolves when it ends
 */
export async function startGuest(
  file: string,
  args: readonly string[],
  place: { directory: string; errors: string; input?: number | undefined },
): Promise<{ process: GuestProcess; ended: Promise<void> }> {
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
 * @throws DriverError `guest_not_ended` when it outlives SIGKILL too (it hangs in the kernel)
 */
export async function endGuest(guest: GuestProcess, graceMilliseconds = 3000): Promise<void> {
  send(guest, 'SIGTERM')
  if (await untilGone(guest, graceMilliseconds)) return
  send(guest, 'SIGKILL')
  if (await untilGone(guest, killMilliseconds)) return
  throw new DriverError('guest_not_ended', 'the guest does not end', { terminal: false })
}

/** Waits for the end of a process. @returns whether it came in time @throws the signal's reason */
export async function untilGone(
  guest: GuestProcess,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (isAlive(guest)) {
    signal?.throwIfAborted()
    if (performance.now() > deadline) return false
    await delay(pollMilliseconds)
  }
  return true
}

function send(guest: GuestProcess, signal: NodeJS.Signals): void {
  if (!isAlive(guest)) return
  try {
    process.kill(guest.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
