import { findProcesses } from '@longhaul/qemu'
import { hostDirectory, hostsOf } from '../compute-hosts.ts'
import type { Cloud } from '../up.ts'
import type { ServiceCall } from './calls.ts'
import { equals, type Check } from './checks.ts'
import type { Binding, Volume } from './compute.ts'

export interface MigrationFacts {
  serviceToken: boolean
  calls: readonly ServiceCall[]
  migrationStatus: string
  /** Whether nova says that the server is on the other host now. */
  moved: boolean
  /** Message of the instance action. */
  reason: string | null
  /** Of the volume, at cinder. */
  attachments: readonly { status: string }[]
  volume: Volume
  /** Of the port, at neutron. */
  bindings: readonly Binding[]
  /** Where nova says that the server is. */
  host: string
}

/** Whatever became of it: one attachment, and nobody has to look. With a service token also: it is completed. */
export function migrationChecks(facts: MigrationFacts): Check[] {
  const { serviceToken, attachments, volume, bindings, host } = facts
  const bound = bindings.map((one) => `${one.status} on ${one.host}`).join(', ')
  const attached = attachments.map(({ status }) => status).join(' ')
  return [
    ...(serviceToken ? completed(facts) : refused(facts)),
    equals('the volume has one attachment', attached, 'attached'),
    equals('the volume is in use', volume.status, 'in-use'),
    equals('the port has one binding', bound, `ACTIVE on ${host}`),
  ]
}

function completed({ migrationStatus, moved, calls }: MigrationFacts): Check[] {
  const late = calls.filter((call) => call.to === 'cinder-api' && call.userTokenExpired)
  const refusals = calls.filter((call) => call.to === 'cinder-api' && call.status >= 400)
  return [
    equals('the migration is completed', migrationStatus, 'completed'),
    equals('the server has moved', moved, true),
    equals('cinder refuses nothing', refusals.map(({ status }) => status).join(' '), ''),
    equals('cinder was asked with the expired token', late.length > 0, true),
    equals(
      'beside it came nova’s service token',
      late.every(({ serviceUser }) => serviceUser === 'nova'),
      true,
    ),
  ]
}

function refused({ migrationStatus, calls, reason }: MigrationFacts): Check[] {
  const refusal = calls.find((call) => call.to === 'cinder-api' && call.status === 401)
  return [
    equals('cinder refuses the call with the expired token', refusal?.status, 401),
    equals('the migration is in error', migrationStatus, 'error'),
    equals('the instance action tells the 401', /\b401 from cinder\b/.test(reason ?? ''), true),
  ]
}

/** Names of the hosts whose QEMU runs the machine. */
export function processesOf({ state, record }: Cloud, serverId: string): string {
  const running = hostsOf(record).flatMap((host) => {
    const directory = `${hostDirectory(state, host)}/`
    return findProcesses(
      ([program = '', ...args]) =>
        program.includes('qemu-system') &&
        args.some((one) => one.includes(serverId)) &&
        args.some((one) => one.includes(directory)),
    ).map(() => host.host)
  })
  return running.join(' ')
}
