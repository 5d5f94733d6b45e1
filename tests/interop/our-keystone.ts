import type { Sections } from '../../tools/devstack/src/config-files.ts'
import { manage } from '../../tools/devstack/src/manage-verbs.ts'
import type { Command } from '../../tools/devstack/src/processes.ts'
import { program } from '../../tools/devstack/src/services.ts'
import { KeystonePeer, type KeystoneProcess } from './keystone-peer.ts'

/** The Keystone of this repository. */
export class OurKeystone extends KeystonePeer {
  /** @param keys directory of fernet keys, which are copied; default: new ones */
  static async make(keys?: string): Promise<OurKeystone> {
    return new OurKeystone(keys)
  }

  protected override async manage(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    await manage('keystone', args, env)
  }

  protected override command(_process: KeystoneProcess, file: string): Command {
    return program('services/keystone/src/server.ts', ['--config-file', file])
  }

  protected override sections({ port }: KeystoneProcess): Sections {
    return { listen: { host: '127.0.0.1', port } }
  }
}
