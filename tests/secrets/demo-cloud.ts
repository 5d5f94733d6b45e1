import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readCloudRecord, type CloudRecord } from '../../tools/devstack/src/cloud-record.ts'
import { down } from '../../tools/devstack/src/down.ts'
import { stateDirectory, type StateDirectory } from '../../tools/devstack/src/state-directory.ts'

const launcher = join(import.meta.dirname, '../../tools/devstack/src/cli.ts')

/** The cloud of a demo that has been shown and still stands. */
export interface DemoCloud {
  state: StateDirectory
  record: CloudRecord
  /** Every token that went over HTTP. */
  tokens: string[]
  /** What the command printed. */
  output: Buffer
  remove(): Promise<void>
}

/** Shows the demo's snapshots and keeps its cloud. @throws Error when the demo fails */
export async function demoCloud(): Promise<DemoCloud> {
  const directory = mkdtempSync(join(tmpdir(), 'longhaul-tokens-'))
  const file = join(directory, 'tokens')
  const preload = pathToFileURL(join(import.meta.dirname, 'collect-tokens.ts'))
  preload.search = encodeURIComponent(file)
  const args = ['--conditions=source', launcher, 'demo', '--use-case', 'snapshot', '--keep']
  const env = { ...process.env, NODE_OPTIONS: `--import=${preload.href}` }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const status = await new Promise((resolve) => child.once('close', resolve))
  const output = Buffer.concat(chunks)
  const root = /The cloud is left in (\S+);/.exec(output.toString())?.[1]
  if (root === undefined || status !== 0) throw new Error(`the demo failed:\n${output.toString()}`)
  const state = stateDirectory(root)
  const record = readCloudRecord(state)!
  return {
    state,
    record,
    tokens: readFileSync(file, 'utf8').trim().split('\n'),
    output,
    async remove() {
      await down(root, { purge: true })
      rmSync(directory, { recursive: true })
    },
  }
}
