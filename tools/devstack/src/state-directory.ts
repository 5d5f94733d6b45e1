import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where everything of one cloud lives; every path of it is named here. */
export interface StateDirectory {
  root: string
  /** Record of ports, names and passwords; mode 0600. */
  record: string
  etc: string
  /** The cloud's authority and its certificate, with --tls. */
  tls: string
  log: string
  run: string
  data: string
  cloudsYaml: string
  openrc: string
}

/** @param root absolute or relative; made by `up` when missing */
export function stateDirectory(root: string): StateDirectory {
  const top = resolve(root)
  return {
    root: top,
    record: join(top, 'cloud.json'),
    etc: join(top, 'etc'),
    tls: join(top, 'etc/tls'),
    log: join(top, 'log'),
    run: join(top, 'run'),
    data: join(top, 'data'),
    cloudsYaml: join(top, 'clouds.yaml'),
    openrc: join(top, 'openrc'),
  }
}

/** `LONGHAUL_STATE_DIR`, else `$XDG_STATE_HOME/longhaul`, else `~/.local/state/longhaul`. */
export function defaultStateRoot(env: NodeJS.ProcessEnv): string {
  if (env['LONGHAUL_STATE_DIR']) return env['LONGHAUL_STATE_DIR']
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'longhaul')
}
