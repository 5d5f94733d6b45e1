import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DriverError } from '../driver.ts'
import type { NfsData } from './volume-node.ts'

const run = promisify(execFile)

const mountMilliseconds = 60_000

export interface SharesOptions {
  /** Directory of the mount points. */
  directory: string
  /** Options of mount(8) for every share, comma-separated; a share's own come after them. */
  mountOptions?: string
  /** Replaced by tests. @param parameters of mount(8) */
  mount?: (parameters: string[]) => Promise<unknown>
  isMounted?: (path: string) => boolean
}

/** The network shares with files of volumes. What is mounted stays so: others of the host may use it. */
export class Shares {
  readonly #options: SharesOptions

  constructor(options: SharesOptions) {
    this.#options = options
  }

  /** @see openstack/nova nova/virt/libvirt/volume/fs.py, the mount point's name */
  mountPoint(share: string): string {
    return join(this.#options.directory, createHash('md5').update(share).digest('hex'))
  }

  /** Mounts a share unless somebody has. @throws DriverError, not terminal: `share_not_mounted` */
  async mount({ export: share, options = null }: NfsData): Promise<void> {
    const { mount = mountNow, isMounted = isMountPoint, mountOptions = '' } = this.#options
    const path = this.mountPoint(share)
    if (isMounted(path)) return
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const all = [mountOptions, (options ?? '').replace(/^-o\s+/, '')].filter((part) => part !== '').join(',')
    try {
      await mount(['-t', 'nfs', ...(all === '' ? [] : ['-o', all]), '--', share, path])
    } catch (cause) {
      throw new DriverError('share_not_mounted', 'the share of the volume cannot be mounted', {
        terminal: false,
        cause,
      })
    }
  }
}

function mountNow(parameters: string[]): Promise<unknown> {
  return run('mount', parameters, { timeout: mountMilliseconds })
}

/** @see proc_pid_mountinfo(5) */
function isMountPoint(path: string): boolean {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const escaped = path.replaceAll(
    /[ \t\n\\]/g,
    (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
  return lines.some((line) => line.split(' ')[4] === escaped)
}
