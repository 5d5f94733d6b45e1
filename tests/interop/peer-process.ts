import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import {
  isAlive,
  startDetached,
  stopProcess,
  type Command,
  type ProcessRecord,
} from '../../tools/devstack/src/processes.ts'

const startMs = 90_000

/**
 * Starts a process and waits until it answers.
 *
 * @param url that it answers when it is ready, with whatever status
 * @param logFile gets what it prints
 * @throws Error with the end of the log when it ends before, or does not answer in time
 */
export async function startPeer(command: Command, url: string, logFile: string): Promise<ProcessRecord> {
  const process = await startDetached(command, logFile)
  const end = performance.now() + startMs
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer()
      return process
    } catch (error) {
      if (performance.now() > end || !isAlive(process)) {
        await stopProcess(process)
        const log = readFileSync(logFile, 'utf8').slice(-2000)
        throw new Error(`${command.file} does not answer at ${url}:\n${log}`, { cause: error })
      }
    }
    await delay(100)
  }
}
