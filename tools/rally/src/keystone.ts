import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@longhaul/oslo/concurrency'
import { cores, PinnedProcess } from './pinned-process.ts'

const run = promisify(execFile)
const source = join(import.meta.dirname, '../../../services/keystone/src')

/** A Keystone of its own, in one process, with its database below a directory. */
export interface BenchKeystone {
  process: PinnedProcess
  port: number
  adminPassword: string
}

/** Makes its database, keys and administrator, and starts it. */
export async function startKeystone(directory: string): Promise<BenchKeystone> {
  const port = await freePort()
  const adminPassword = randomBytes(18).toString('base64url')
  const file = join(directory, 'keystone.conf')
  writeFileSync(
    file,
    `[DEFAULT]
log_level = warn

[listen]
port = ${port}

[database]
connection = sqlite:///${join(directory, 'keystone.db')}

[fernet_tokens]
key_repository = ${join(directory, 'fernet-keys')}

[identity]
password_hash_rounds = 4
`,
    { mode: 0o600 },
  )
  const urls = ['public', 'internal', 'admin'].flatMap((side) => [
    `--bootstrap-${side}-url`,
    `http://127.0.0.1:${port}/v3`,
  ])
  const verbs = [['db_sync'], ['fernet_setup'], ['bootstrap', ...urls, '--bootstrap-region-id', 'RegionOne']]
  for (const verb of verbs) {
    const args = ['--conditions=source', join(source, 'manage.ts'), '--config-file', file, ...verb]
    await run(process.execPath, args, { env: { ...process.env, OS_BOOTSTRAP_PASSWORD: adminPassword } })
  }
  const server = new PinnedProcess(cores.server, join(source, 'server.ts'), ['--config-file', file])
  return { process: server, port, adminPassword }
}
