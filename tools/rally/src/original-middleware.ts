import { spawnSync } from 'node:child_process'
import { systemPython } from './pinned-process.ts'

/** Whether OpenStack's own keystonemiddleware can be measured here; says how to get it when not. */
export function hasOriginal(): boolean {
  const found = spawnSync(systemPython, ['-c', 'import keystonemiddleware.auth_token'], { stdio: 'ignore' })
  if (found.status === 0) return true
  console.log(
    'The original middleware is not measured: it is not installed. On Debian, as root:\n' +
      '  apt-get install --no-install-recommends python3-keystonemiddleware',
  )
  return false
}
