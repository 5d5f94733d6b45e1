import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@longhaul/oslo/concurrency'
import type { Project } from './project.ts'

/** An example that serves. */
export interface Example {
  url: string
  /** Waits until it has written something. @throws Error with what it has written if it ends first */
  says(pattern: RegExp): Promise<void>
  /** @returns the exit status */
  stop(): Promise<number | null>
}

/** Starts an example in a project, and waits until it listens. @param conf its configuration file */
export async function startExample({ directory }: Project, name: string, conf: string): Promise<Example> {
  const file = join(directory, `${name}.conf`)
  writeFileSync(file, conf, { mode: 0o600 })
  const port = await freePort()
  const child = spawn(process.execPath, [`${name}.ts`, file], {
    cwd: directory,
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let ended = false
  const changed = new EventTarget()
  const tell = () => changed.dispatchEvent(new Event('change'))
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk)
      tell()
    })
  }
  const exited = once(child, 'exit').then(([code]) => {
    ended = true
    tell()
    return code as number | null
  })
  const example: Example = {
    url: `http://127.0.0.1:${port}`,
    async says(pattern) {
      while (!pattern.test(output)) {
        if (ended) throw new Error(`${name} has ended: ${output}`)
        await once(changed, 'change')
      }
    },
    async stop() {
      child.kill('SIGTERM')
      return await exited
    },
  }
  await example.says(/listening/)
  return example
}
