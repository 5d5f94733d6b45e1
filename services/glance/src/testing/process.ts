import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const program = join(import.meta.dirname, '../server.ts')

/** A glance-api in a process of its own. */
export interface GlanceProcess {
  url: string
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

/** Starts a process and waits until it listens. @throws Error with what it said if it ends before */
export async function startGlance(configFile: string): Promise<GlanceProcess> {
  const args = ['--conditions=source', program, '--config-file', configFile]
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const ended = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  for await (const line of createInterface({ input: child.stdout! })) {
    const entry = JSON.parse(line) as { msg?: string; url?: string }
    if (entry.msg === 'listening' && entry.url !== undefined) {
      child.stdout?.resume()
      return { url: entry.url, kill }
    }
  }
  await ended
  throw new Error(said.join(''))
}
