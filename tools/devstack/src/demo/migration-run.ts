import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ComputeHost } from '../compute-hosts.ts'
import { gapsIn, ticksOf } from '../guest-image.ts'
import { userAuth } from '../identity-setup.ts'
import type { Cloud } from '../up.ts'
import { callsFor, type Period, type ServiceCall } from './calls.ts'
import { equals, reasonOf, type Check } from './checks.ts'
import { CloudClient } from './compute.ts'
import { consoleFile, hostOf } from './hosts.ts'
import { logDelayMilliseconds, logsOf } from './logs.ts'
import { migrationChecks, processesOf } from './migration-checks.ts'
import type { RunOptions } from './run.ts'
import { freshToken, newRequestId } from './token.ts'

/** `live`: both hosts have the same disk. `block`: the disk is copied too. */
export type MigrationCase = 'live' | 'block'

/** A server that was moved to another host while it ran, and what became of it. */
export interface MigrationRun {
  useCase: MigrationCase
  serviceToken: boolean
  /** Seconds the administrator's token lives. */
  tokenTtl: number
  /** Seconds from the request until the server had no task any more. */
  duration: number
  calls: ServiceCall[]
  migrationStatus: string
  serverStatus: string
  taskState: string | null
  /** Counts of the guest that are missing or doubled on its consoles; null without a guest. */
  guestGap: number | null
  /** Why the migration failed, from the instance action. */
  reason: string | null
  checks: Check[]
  ok: boolean
}

/** Hosts that have the disks of machines at the same place. */
export const hostsWithOneDisk = ['compute1', 'compute2']

/** From where to where: between hosts with one disk, and from a host with disks of its own. */
const routes = {
  live: { from: 'compute1', to: 'compute2' },
  block: { from: 'compute3', to: 'compute1' },
} as const

/** Ticks the guest counts before it is moved, and after it. */
const fewTicks = 3

/**
 * Boots a machine with a volume and a port, has it moved with a token that will not live until the end, and looks at the result. The
 * machine and the volume are deleted afterwards.
 *
 * @throws DevstackError as `demoRun`
 */
export async function migrationRun(useCase: MigrationCase, options: RunOptions): Promise<MigrationRun> {
  const { cloud, session, signal, say, serviceToken } = options
  const guest = cloud.record.driver === 'qemu'
  const { from, to } = routes[useCase]
  const user = new CloudClient(session, userAuth(cloud.record, 'demo'))
  const admin = new CloudClient(session, userAuth(cloud.record, 'admin'))
  // Only an administrator may say where; the machine belongs to the user's project.
  const operator = new CloudClient(session, userAuth(cloud.record, 'admin', { project: 'demo' }))
  say(`boots a machine with a volume and a port on ${from}`)
  const [serverId, volumeId, port] = await Promise.all([
    operator.boot(`${useCase}-migration`, cloud.imageId, from),
    user.createVolume(`${useCase}-volume`, signal),
    user.createPort(`${useCase}-network`),
  ])
  await user.untilActive(serverId, signal)
  await Promise.all([user.attach(serverId, volumeId, signal), user.plug(serverId, port, signal)])
  const before = guest ? await user.untilTick(serverId, fewTicks, signal) : []
  const source = await hostOf(cloud, admin, serverId)
  using console = guest ? openConsole(cloud, source, serverId) : undefined

  const request = newRequestId()
  const token = await freshToken(
    userAuth(cloud.record, 'admin', { authUrl: options.shortIdentity.url }),
    session,
  )
  // With half of its life still to come: a fast machine is moved in a few seconds.
  await delay((options.tokenTtl * 1000) / 2, undefined, { signal })
  const period: Period = { from: Date.now(), to: Number.POSITIVE_INFINITY }
  const started = performance.now()
  await new CloudClient(session, token.auth, request).liveMigrate(serverId, to, useCase === 'block')
  say(`is moved to ${to}`)
  const server = await user.untilIdle(serverId, signal)
  const duration = Math.round((performance.now() - started) / 100) / 10
  period.to = Date.now()
  say('looks at what came of it')

  const host = await hostOf(cloud, admin, serverId)
  const moved = host.host !== source.host
  const after = guest ? await user.untilTick(serverId, (before.at(-1) ?? 0) + fewTicks, signal) : []
  await delay(logDelayMilliseconds, undefined, { signal })
  const calls = callsFor(logsOf(options), period, request, token.issuedAt)
  const migrationStatus = await admin.migrationStatus(serverId)
  const action = await user.action(serverId, 'live-migration')
  const consoles = `${moved ? (console?.read() ?? '') : ''}${await user.console(serverId)}`
  const guestGap = guest ? gapsIn(ticksOf(consoles)) : null
  const reason = reasonOf(action)
  const checks = [
    ...migrationChecks({
      serviceToken,
      calls,
      migrationStatus,
      moved,
      reason: action?.message ?? null,
      attachments: await admin.attachments(volumeId),
      volume: await user.volume(volumeId),
      bindings: await admin.bindings(port),
      host: host.host,
    }),
    equals('the server is ACTIVE', server.status, 'ACTIVE'),
    equals('the server has no task', server['OS-EXT-STS:task_state'], null),
    ...(guest
      ? [
          equals('one host runs the machine, the one nova names', processesOf(cloud, serverId), host.host),
          equals('the guest has counted on without a gap', guestGap, 0),
          equals('the guest counts on', (after.at(-1) ?? 0) > (before.at(-1) ?? 0), true),
        ]
      : []),
  ]
  await user.deleteServer(serverId, signal)
  await user.deleteVolume(volumeId, signal)
  await user.deletePort(port)
  return {
    useCase,
    serviceToken,
    tokenTtl: options.tokenTtl,
    duration,
    calls,
    migrationStatus,
    serverStatus: server.status,
    taskState: server['OS-EXT-STS:task_state'],
    guestGap,
    reason: serviceToken ? null : reason,
    checks,
    ok: checks.every((check) => check.ok),
  }
}

/** What a host has of the console; readable also when the host has removed it. */
function openConsole(cloud: Cloud, host: ComputeHost, serverId: string) {
  const descriptor = openSync(consoleFile(cloud, host, serverId), 'r')
  return {
    read: () => readFileSync(descriptor, 'latin1'),
    [Symbol.dispose]: () => closeSync(descriptor),
  }
}
