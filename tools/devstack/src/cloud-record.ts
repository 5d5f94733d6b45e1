import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { DevstackError } from './errors.ts'
import type { Ports } from './ports.ts'
import type { StateDirectory } from './state-directory.ts'

const format = 4

/** Users that `up` makes, each with a random password. */
export const cloudUsers = [
  'admin',
  'demo',
  'nova',
  'glance',
  'cinder',
  'neutron',
  'neutron-l2-agent',
  'postgresql',
] as const

/** What has to be the same at the next `up`. */
export interface CloudRecord {
  format: number
  id: string
  ports: Ports
  /** Passwords by user; `postgresql` is the superuser of the embedded server. */
  passwords: Record<(typeof cloudUsers)[number], string>
  novaDatabasePassword: string
  driver: 'qemu' | 'fake'
  /** Seconds a token of the main Keystone lives. */
  tokenExpiration: number
  sendServiceUserToken: boolean
  /** Whether the listeners speak TLS. */
  tls: boolean
  /** Hosts for machines; absent: 1. */
  hosts?: number
  /** Names of the hosts that have the disks of machines at the same place; absent: none. */
  sharedInstances?: readonly string[]
  /** Processes that run operations; absent: 1. */
  conductors?: number
  /** Seconds without a report after which a process of nova counts as down; absent: nova's default. */
  serviceDownTime?: number
  /** MiB a second for machines that are moved; absent: unlimited. */
  migrationBandwidth?: number
  /** Bytes a second for the backup of a running disk; 0 is unlimited. */
  snapshotBandwidth: number
}

export type CloudSettings = Pick<
  CloudRecord,
  | 'ports'
  | 'driver'
  | 'tokenExpiration'
  | 'sendServiceUserToken'
  | 'snapshotBandwidth'
  | 'migrationBandwidth'
  | 'tls'
  | 'hosts'
  | 'conductors'
  | 'serviceDownTime'
  | 'sharedInstances'
>

/** A record for a new cloud, with fresh passwords. */
export function newCloudRecord(settings: CloudSettings): CloudRecord {
  const password = () => randomBytes(18).toString('base64url')
  return {
    format,
    id: randomUUID(),
    ...settings,
    passwords: {
      admin: password(),
      demo: password(),
      nova: password(),
      glance: password(),
      cinder: password(),
      neutron: password(),
      'neutron-l2-agent': password(),
      postgresql: password(),
    },
    novaDatabasePassword: password(),
  }
}

/**
 * @returns undefined when there is no cloud here
 * @throws DevstackError `stale_state_directory` for a record of another release or a broken one
 */
export function readCloudRecord(state: StateDirectory): CloudRecord | undefined {
  if (!existsSync(state.record)) return undefined
  try {
    const record = JSON.parse(readFileSync(state.record, 'utf8')) as CloudRecord
    if (record.format === format) return record
  } catch {
    // Falls through: a file that is not JSON is as unusable as one of another release.
  }
  throw new DevstackError(
    'stale_state_directory',
    `${state.root} holds a cloud that this release cannot read; remove it with "longhaul down --purge"`,
  )
}

/** Replaces the record in one step; mode 0600. */
export function writeCloudRecord(state: StateDirectory, record: CloudRecord): void {
  const temporary = `${state.record}.new`
  writeFileSync(temporary, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(temporary, state.record)
}
