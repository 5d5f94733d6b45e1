import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '@longhaul/keystoneauth'
import { userAuth } from '../identity-setup.ts'
import { gapsIn, ticksOf } from '../guest-image.ts'
import type { Cloud } from '../up.ts'
import { callsFor, type Period, type ServiceCall } from './calls.ts'
import {
  checksOfContent,
  checksWith,
  checksWithout,
  equals,
  hashedBackup,
  imageFiles,
  reasonOf,
  type Check,
} from './checks.ts'
import { CloudClient } from './compute.ts'
import { consoleFile, hostOf } from './hosts.ts'
import { logDelayMilliseconds, logsOf } from './logs.ts'
import { freshToken, newRequestId } from './token.ts'

/** One snapshot and what became of it. */
export interface DemoRun {
  useCase: 'snapshot'
  serviceToken: boolean
  /** Seconds the user's token lives. */
  tokenTtl: number
  /** Seconds from the request until the server had no task any more. */
  duration: number
  calls: ServiceCall[]
  imageStatus: string
  serverStatus: string
  taskState: string | null
  /** Counts of the guest that are missing or doubled on its console; null without a guest. */
  guestGap: number | null
  /** Why the snapshot failed, from the instance action. */
  reason: string | null
  checks: Check[]
  ok: boolean
}

export interface RunOptions {
  cloud: Cloud
  /** Keystone that issues the user's short tokens. */
  shortIdentity: { name: string; url: string }
  tokenTtl: number
  serviceToken: boolean
  session: Session
  signal: AbortSignal
  /** Says what is being done. */
  say: (text: string) => void
}

/** Ticks the guest counts before the snapshot, and after it. */
const fewTicks = 3

/**
 * Boots a machine, asks for its snapshot with a token that will not live until the end, and looks at the result.
 *
 * @throws DevstackError `server_error`, `demo_timeout`, `no_image_location`
 */
export async function demoRun(options: RunOptions): Promise<DemoRun> {
  const { cloud, session, signal, say, serviceToken } = options
  const guest = cloud.record.driver === 'qemu'
  // Only the snapshot is asked for with a token that lives shortly: without a service token a slow boot would be refused, too.
  const client = new CloudClient(session, userAuth(cloud.record, 'demo'))
  const name = serviceToken ? 'with-service-token' : 'without-service-token'
  say('boots a machine')
  const serverId = await client.boot(name, cloud.imageId)
  await client.untilActive(serverId, signal)
  const before = guest ? await client.untilTick(serverId, fewTicks, signal) : []

  const token = await freshToken(
    userAuth(cloud.record, 'demo', { authUrl: options.shortIdentity.url }),
    session,
  )
  const request = newRequestId()
  const period: Period = { from: Date.now(), to: Number.POSITIVE_INFINITY }
  const started = performance.now()
  const imageId = await new CloudClient(session, token.auth, request).createImage(
    serverId,
    `${name}-snapshot`,
  )
  say(`snapshot ${imageId} has begun`)
  const server = await client.untilIdle(serverId, signal)
  const duration = Math.round((performance.now() - started) / 100) / 10
  period.to = Date.now()
  say('looks at what came of it')

  const after = guest ? await client.untilTick(serverId, (before.at(-1) ?? 0) + fewTicks, signal) : []
  await delay(logDelayMilliseconds, undefined, { signal })
  const calls = callsFor(logsOf(options), period, request, token.issuedAt)
  const hashed = hashedBackup(
    logsOf(options)
      .map(({ text }) => text)
      .join('\n'),
    period,
  )
  const image = await client.image(imageId)
  const action = await client.action(serverId, 'createImage')
  const guestGap = guest ? gapsIn(ticksOf(await client.console(serverId))) : null
  const checks = [
    ...(serviceToken
      ? checksWith({ calls, hashed, image, auditId: token.auditId, project: server.tenant_id })
      : checksWithout({ calls, hashed, image, files: imageFiles(cloud.state, imageId), action })),
    equals('the server is ACTIVE', server.status, 'ACTIVE'),
    ...(guest
      ? [
          equals('the guest has counted on without a gap', guestGap, 0),
          equals('the guest counts on', (after.at(-1) ?? 0) > (before.at(-1) ?? 0), true),
        ]
      : []),
  ]
  if (serviceToken && image?.status === 'active') {
    const data = await client.download(imageId)
    const admin = new CloudClient(session, userAuth(cloud.record, 'admin'))
    const console = consoleFile(cloud, await hostOf(cloud, admin, serverId), serverId)
    checks.push(...(await checksOfContent({ state: cloud.state, data, hashed, console, disk: guest })))
    if (guest) checks.push(await bootsCheck(client, imageId, signal))
  }
  await client.deleteServer(serverId, signal)
  return {
    useCase: 'snapshot',
    serviceToken,
    tokenTtl: options.tokenTtl,
    duration,
    calls,
    imageStatus: image?.status ?? 'deleted',
    serverStatus: server.status,
    taskState: server['OS-EXT-STS:task_state'],
    guestGap,
    reason: serviceToken ? null : reasonOf(action),
    checks,
    ok: checks.every((check) => check.ok),
  }
}

async function bootsCheck(client: CloudClient, imageId: string, signal: AbortSignal): Promise<Check> {
  const name = 'a machine boots from the image'
  try {
    const serverId = await client.boot('from-snapshot', imageId)
    await client.untilActive(serverId, signal)
    await client.untilTick(serverId, 1, signal)
    await client.deleteServer(serverId, signal)
    return { name, ok: true, detail: '' }
  } catch (error) {
    signal.throwIfAborted()
    return { name, ok: false, detail: (error as Error).message }
  }
}
