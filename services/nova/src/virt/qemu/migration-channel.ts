// How the QEMU of one host talks to the QEMU of another one.
import { isLoopback } from '@longhaul/oslo/api'
import type { QmpClient } from '@longhaul/qemu'
import { DriverError, type MigrationLimits } from '../driver.ts'
import { isRefusal } from './qmp-waiting.ts'

export interface ChannelSettings {
  migration_port_min: number
  migration_port_max: number
  /** Directory with ca-cert.pem, server-cert.pem, server-key.pem, client-cert.pem and client-key.pem. */
  migrate_tls_x509_cert_dir?: string | undefined
}

/** Frames by which switches learn where a guest is now; times in milliseconds. @see QEMU, announce-self */
export const announcement = { initial: 50, max: 550, rounds: 5, step: 50 }

const credentials = 'migration-tls'
/** Bytes a second that nothing reaches. */
const unlimited = 2 ** 50
/** Milliseconds. @see openstack/nova, [libvirt] live_migration_downtime */
const usualDowntime = 500

/** What a migration can make use of; everything else is switched off. @see QEMU, qapi/migration.json, MigrationCapability */
const capabilities = [
  'events',
  'return-path',
  'late-block-activate',
  'pause-before-switchover',
  'auto-converge',
  'postcopy-ram',
] as const
type Capability = (typeof capabilities)[number]

/** Says how the next migration of a QEMU process is done, all of it: nothing of an earlier one is left. */
export async function configureMigration(
  qmp: QmpClient,
  wanted: readonly Capability[],
  how: MigrationLimits & { tls?: boolean } = {},
): Promise<void> {
  const states = capabilities.map((capability) => ({ capability, state: wanted.includes(capability) }))
  await qmp.execute('migrate-set-capabilities', { capabilities: states })
  const { bandwidth = 0, downtime = usualDowntime, tls = false } = how
  await limitMigration(qmp, { bandwidth, downtime })
  await qmp.execute('migrate-set-parameters', { 'tls-creds': tls ? credentials : '' })
}

/** Changes the next migration, or the one that is under way. */
export async function limitMigration(
  qmp: QmpClient,
  { bandwidth, downtime }: MigrationLimits,
): Promise<void> {
  await qmp.execute('migrate-set-parameters', {
    ...(bandwidth === undefined ? {} : { 'max-bandwidth': bandwidth || unlimited }),
    ...(downtime === undefined ? {} : { 'downtime-limit': downtime }),
  })
}

/**
 * Gives QEMU the host's certificates.
 *
 * @returns how a connection names them; nothing if the host has none
 */
export async function addCredentials(
  qmp: QmpClient,
  { migrate_tls_x509_cert_dir: dir }: ChannelSettings,
  endpoint: 'server' | 'client',
): Promise<{ 'tls-creds'?: string }> {
  await removeCredentials(qmp)
  if (dir === undefined) return {}
  await qmp.execute('object-add', {
    'qom-type': 'tls-creds-x509',
    id: credentials,
    dir,
    endpoint,
    'verify-peer': true,
  })
  return { 'tls-creds': credentials }
}

/** What is not there is fine. */
export async function removeCredentials(qmp: QmpClient): Promise<void> {
  const objects = await qmp.execute<{ name: string }[]>('qom-list', { path: '/objects' })
  if (objects.some(({ name }) => name === credentials)) await qmp.execute('object-del', { id: credentials })
}

/** @throws DriverError `migration_unprotected`: the memory would cross a network in clear */
export function demandProtection(address: string, settings: ChannelSettings): void {
  if (settings.migrate_tls_x509_cert_dir !== undefined || isLoopback(address)) return
  throw new DriverError(
    'migration_unprotected',
    'the host has no certificates for migrations, and does not await guests on loopback',
  )
}

/**
 * Has QEMU listen on the first port that it can have.
 *
 * @throws DriverError, not terminal: `no_free_port`
 */
export async function takePort(
  { migration_port_min: min, migration_port_max: max }: ChannelSettings,
  listen: (port: number) => Promise<unknown>,
): Promise<number> {
  let cause: unknown
  for (let port = min; port <= max; port++) {
    try {
      await listen(port)
      return port
    } catch (error) {
      if (!isRefusal(error)) throw error
      cause = error
    }
  }
  throw new DriverError('no_free_port', 'the host has no free port for a migration', {
    terminal: false,
    cause,
  })
}

/** @see QEMU, migrate and migrate-incoming */
export function migrationUri(host: string, port: number): string {
  return `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`
}
