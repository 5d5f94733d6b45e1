import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  authtoken,
  credentials,
  regionName,
  writeIni,
  type Sections,
  type ServiceUser,
} from '../../tools/devstack/src/config-files.ts'
import { freePort } from '@longhaul/oslo/concurrency'
import { stopProcess, type Command } from '../../tools/devstack/src/processes.ts'
import type { Cloud } from '../../tools/devstack/src/up.ts'
import { startPeer } from './peer-process.ts'
import { RequestLog, type KnownTokens } from './request-log.ts'

const run = promisify(execFile)

/** Where a service of OpenStack runs, and in which cloud. */
export interface Place {
  cloud: Cloud
  /** Its own directory. */
  directory: string
  /** Where it listens. */
  port: number
}

/** A service of OpenStack as it is installed: what it needs to know, and how it is started. */
export interface ServiceRecipe {
  name: 'glance' | 'cinder' | 'neutron'
  /** File of the log that the cloud looks into for it. */
  log: string
  sections(place: Place): Sections
  /** What is done before the start, such as making tables. @param conf its configuration file */
  prepare(place: Place, conf: string): Promise<void>
  command(place: Place, conf: string): Command
}

export interface RealService {
  /** Where it listens itself. */
  url: string
  stop(): Promise<void>
}

/** Starts a service on SQLite. Clients find it at the cloud's port for it, where its requests are logged. */
export async function startRealService(
  recipe: ServiceRecipe,
  { cloud, directory, tokens }: { cloud: Cloud; directory: string; tokens: KnownTokens },
): Promise<RealService> {
  const { name, log } = recipe
  const { state, record } = cloud
  const place = { cloud, directory, port: await freePort() }
  const conf = join(directory, `${name}.conf`)
  const auth = authtoken(state, record, name)
  writeIni(conf, {
    database: { connection: `sqlite:///${databaseOf(place)}` },
    oslo_concurrency: { lock_path: directory },
    keystone_authtoken: { ...auth, service_token_roles_required: true },
    ...recipe.sections(place),
  })
  await recipe.prepare(place, conf)
  const url = `http://127.0.0.1:${place.port}`
  const process = await startPeer(recipe.command(place, conf), url, join(directory, `${name}.out`))
  const file = join(state.log, `${log}.log`)
  const requests = await RequestLog.listen({ port: record.ports[name], target: place.port, file, tokens })
  return {
    url,
    async stop() {
      await requests.stop()
      await stopProcess(process)
    },
  }
}

export function databaseOf({ directory }: Place): string {
  return join(directory, 'database.sqlite')
}

/** As whom a service calls others. */
export function callerSection({ cloud }: Place, user: ServiceUser): Sections[string] {
  return { ...credentials(cloud.record, user), region_name: regionName }
}

/** Runs a program of the packages to its end. @throws Error with what it said */
export async function runProgram(file: string, ...args: readonly string[]): Promise<void> {
  await run(file, args, { maxBuffer: 2 ** 26 })
}

/** A read that one process has not ended must not keep another one from writing. */
export async function writeAhead(place: Place): Promise<void> {
  const wal = `import sqlite3; sqlite3.connect(${JSON.stringify(databaseOf(place))}).execute('pragma journal_mode=wal')`
  await runProgram('/usr/bin/python3', '-c', wal)
}
