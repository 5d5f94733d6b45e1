import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Sections } from '../../tools/devstack/src/config-files.ts'
import type { Command } from '../../tools/devstack/src/processes.ts'
import { needPackages } from './debian.ts'
import { KeystonePeer, type KeystoneProcess } from './keystone-peer.ts'

const run = promisify(execFile)

/** OpenStack's own Keystone, from Debian's packages. */
export class RealKeystone extends KeystonePeer {
  /** Installs the packages if they are missing. @param keys directory of fernet keys, which are copied; default: new ones */
  static async make(keys?: string): Promise<RealKeystone> {
    await needPackages('keystone', 'uwsgi-core', 'uwsgi-plugin-python3')
    const keystone = new RealKeystone(keys)
    mkdirSync(join(keystone.directory, 'credential-keys'))
    return keystone
  }

  override async migrate(): Promise<void> {
    await super.migrate()
    // A read that one process has not ended must not keep another one from writing.
    const wal = `import sqlite3; sqlite3.connect(${JSON.stringify(this.database)}).execute('pragma journal_mode=wal')`
    await run('/usr/bin/python3', ['-c', wal])
  }

  protected override async manage(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    await run('/usr/bin/keystone-manage', args, { env: { ...process.env, ...env } })
  }

  protected override command({ port }: KeystoneProcess, file: string): Command {
    return {
      file: '/usr/bin/uwsgi',
      args: [
        '--plugins=python3',
        '--master',
        '--lazy-apps',
        '--enable-threads',
        '--no-orphans',
        '--die-on-term',
        '--need-app',
        '--processes=1',
        '--threads=1',
        '--buffer-size=65535',
        '--disable-logging',
        // uwsgi closes after each answer; a client that is not told takes the connection for a kept one.
        '--add-header=Connection: close',
        `--env=OS_KEYSTONE_CONFIG_DIR=${join(this.directory, 'etc')}`,
        `--env=OS_KEYSTONE_CONFIG_FILES=${file}`,
        `--chdir=${this.directory}`,
        '--wsgi-file=/usr/bin/keystone-wsgi-public',
        `--http-socket=127.0.0.1:${port}`,
      ],
      env: process.env,
    }
  }

  protected override sections({ name }: KeystoneProcess): Sections {
    const { directory } = this
    return {
      DEFAULT: { log_file: join(directory, 'log', `${name}.log`) },
      // What it has by default, and one-time passcodes.
      auth: { methods: 'external,password,token,oauth1,mapped,application_credential,totp' },
      // It alters what it takes from a cache in its own process, and does not find it there the second time.
      credential: { key_repository: join(directory, 'credential-keys'), caching: false },
      fernet_receipts: { key_repository: this.keys },
      // Without it one validation is about a thousand statements.
      cache: { enabled: true, backend: 'dogpile.cache.memory' },
    }
  }
}
