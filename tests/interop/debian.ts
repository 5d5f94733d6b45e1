import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Sees to it that packages of Debian are installed: as root it installs what is missing, and says so.
 *
 * @throws Error that names what is missing, with LONGHAUL_NO_INSTALL=1 or without the rights
 */
export async function needPackages(...names: readonly string[]): Promise<void> {
  const missing: string[] = []
  for (const name of names) if (!(await isInstalled(name))) missing.push(name)
  if (missing.length === 0) return
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`
  if (process.env['LONGHAUL_NO_INSTALL'] === '1' || process.getuid?.() !== 0) {
    throw new Error(`packages of Debian are missing: run "${command}" as root`)
  }
  process.stderr.write(`installing ${missing.join(', ')} ...\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=600']
  await run('apt-get', [...options, 'update'], { env })
  // No daemon that comes with a package may start by itself.
  const shell = [
    'made=0',
    'if [ ! -e /usr/sbin/policy-rc.d ]; then printf "#!/bin/sh\\nexit 101\\n" >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; made=1; fi',
    'apt-get "$@"; status=$?',
    'if [ $made = 1 ]; then rm -f /usr/sbin/policy-rc.d; fi',
    'exit $status',
  ].join('\n')
  await run('sh', ['-c', shell, 'sh', ...options, 'install', '--no-install-recommends', ...missing], {
    env,
    maxBuffer: 2 ** 26,
  })
}

async function isInstalled(name: string): Promise<boolean> {
  try {
    const { stdout } = await run('dpkg-query', ['-W', '-f=${Status}', name])
    return stdout.includes('install ok installed')
  } catch {
    return false
  }
}
