import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateMasterKey, recipientKey } from '@longhaul/oslo/context'
import { ensureDatabase } from '@longhaul/oslo/db/provision'
import { writeClientFiles } from './client-files.ts'
import type { CloudRecord } from './cloud-record.ts'
import { hostsOf } from './compute-hosts.ts'
import {
  configArguments,
  configPaths,
  keyPaths,
  postgresqlUrls,
  regionName,
  sealingKeyOf,
  writeConfigFiles,
} from './config-files.ts'
import { identityUrl } from './endpoints.ts'
import { manage } from './manage-verbs.ts'
import { isAlive, readProcessRecord, startDetached, writeProcessRecord } from './processes.ts'
import type { ServiceDefinition } from './services.ts'
import type { StateDirectory } from './state-directory.ts'

/**
 * Writes configuration and keys, starts PostgreSQL, and makes or upgrades the databases. What an earlier call has done with the
 * same tables, listeners and passwords is not done again.
 *
 * @throws DevstackError `verb_failed`
 */
export async function prepare(
  state: StateDirectory,
  record: CloudRecord,
  postgresql: ServiceDefinition,
): Promise<void> {
  for (const path of [state.etc, state.log, state.run, state.data]) mkdirSync(path, { recursive: true })
  writeConfigFiles(state, record)
  writeClientFiles(state, record)
  writeSealingKeys(state, record)
  const wanted = digestOf(record)
  if (isPrepared(state, wanted)) return await startPostgresql(state, postgresql)
  const config = configPaths(state)
  // All come to their end also when one fails, so that nothing is begun and then forgotten.
  const prepared = await Promise.allSettled([
    prepareKeystone(record, config.keystone),
    manage('glance', [...configArguments(config.glance), 'db', 'sync']),
    manage('cinder', [...configArguments(config.cinder), 'db', 'sync']),
    manage('neutron', [...configArguments(config.neutron), 'upgrade', 'heads']),
    prepareNova(state, record, postgresql),
  ])
  for (const part of prepared) if (part.status === 'rejected') throw part.reason
  writeFileSync(noteOf(state), wanted, { mode: 0o600 })
}

const noteOf = (state: StateDirectory) => join(state.data, 'prepared')

/** Whether it is noted, and every database is there still. PostgreSQL's is in its cluster, which is a directory. */
function isPrepared(state: StateDirectory, wanted: string): boolean {
  const note = noteOf(state)
  if (!existsSync(note) || readFileSync(note, 'utf8') !== wanted) return false
  const files = sqliteServices.map((name) => `${name}/${name}.db`)
  return [...files, 'postgresql'].every((file) => existsSync(join(state.data, file)))
}

const sqliteServices = ['keystone', 'glance', 'cinder', 'neutron'] as const

/** Of all that the verbs depend on. */
function digestOf(record: CloudRecord): string {
  const digest = createHash('sha256').update(JSON.stringify([identityUrl(record), record.passwords.admin]))
  for (const service of [...sqliteServices, 'nova']) {
    const migrations = new URL(`../../../services/${service}/src/db/migrations.ts`, import.meta.url)
    digest.update(readFileSync(migrations))
  }
  return digest.digest('hex')
}

async function prepareNova(
  state: StateDirectory,
  record: CloudRecord,
  postgresql: ServiceDefinition,
): Promise<void> {
  await startPostgresql(state, postgresql)
  const urls = postgresqlUrls(state, record)
  await ensureDatabase(urls.admin, { database: 'nova', owner: 'nova', password: record.novaDatabasePassword })
  await manage('nova', [...configArguments(configPaths(state).nova), 'db', 'sync'])
}

async function startPostgresql(state: StateDirectory, { command }: ServiceDefinition): Promise<void> {
  if (isAlive(readProcessRecord(state.run, 'postgresql'))) return
  const started = await startDetached(command, join(state.log, 'postgresql.log'))
  writeProcessRecord(state.run, 'postgresql', started)
}

async function prepareKeystone(record: CloudRecord, configFile: string): Promise<void> {
  const at = configArguments(configFile)
  const url = identityUrl(record)
  await manage('keystone', [...at, 'db_sync'])
  await manage('keystone', [...at, 'fernet_setup'])
  const urls = ['public', 'internal', 'admin'].flatMap((side) => [`--bootstrap-${side}-url`, url])
  const verb = ['bootstrap', ...urls, '--bootstrap-region-id', regionName]
  await manage('keystone', [...at, ...verb], { OS_BOOTSTRAP_PASSWORD: record.passwords.admin })
}

// The master key comes last: with it all of the first start's keys are there. A host may be added later.
function writeSealingKeys(state: StateDirectory, record: CloudRecord): void {
  const { sealing } = keyPaths(state)
  const known = existsSync(sealing)
  const master = known ? readFileSync(sealing, 'utf8').trim() : generateMasterKey()
  for (const host of hostsOf(record)) {
    const file = sealingKeyOf(state, host)
    if (known && existsSync(file)) continue
    writeFileSync(file, `${recipientKey(master, host.host)}\n`, { mode: 0o600 })
  }
  if (!known) writeFileSync(sealing, `${master}\n`, { mode: 0o600 })
}
