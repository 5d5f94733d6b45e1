// What is killed while a server is made with a volume and a port, or gets or loses one, where that stands at the moment, and how it has to end.
import { casesOf, type CrashCase, type Row } from './places.ts'

/** Processes that are killed with SIGKILL; those of a server's host, and those of `migration-table.ts`. */
export const victims = [
  'nova-api',
  'conductor',
  'conductor for good',
  'source',
  'cinder-api',
  'neutron-server',
  'keystone',
  'postgresql',
  'storage daemon',
  'guest',
  'supervisor',
] as const

export type Victim = (typeof victims)[number]
export type DeviceOperation =
  | 'create-server'
  | 'attach-volume'
  | 'detach-volume'
  | 'attach-interface'
  | 'detach-interface'

/**
 * Each end is the one that was asked for: what is attached has one attachment that is `attached` and the status `in-use`, or one
 * binding that is ACTIVE, and what is detached has none. `+`: the guest goes on without a gap. `S`: the machine is off, as it
 * ended meanwhile; the next start has the device, or has it not. `.` and `-` are no cases.
 */
export type End = '+' | 'S'

/** As in `migration-table.ts`: between work and checkpoint only the conductor makes a difference. */
function step(name: string, begin: string): Row[] {
  return [
    [`step ${name} begin`, begin],
    [`step ${name} done`, '--+--------'],
  ]
}

const rows: Record<DeviceOperation, readonly Row[]> = {
  // api conductor for-good agent cinder neutron keystone postgresql daemon guest supervisor
  // With a volume and a port; what every new server goes through is in `table.ts`.
  'create-server': [
    ...step('allocate-ports', '++-+-+++..+'),
    ...step('connect-volumes', '++-++-++..+'),
    ...step('spawn', '++-++++++.+'),
    ['job boot begin', '-+-++--+..-'],
    ['job boot done', '-+-++--++S+'],
    ...step('complete-volumes', '++-++-+++S-'),
    ...step('forget', '-+-+---+-S-'),
    ...step('finish', '++-+---++S+'),
  ],
  'attach-volume': [
    ...step('connect', '++-++-++.S+'),
    ...step('attach', '++-++-+++S-'),
    ['job attach_volume begin', '++-++--++S+'],
    ['job attach_volume done', '++-++--++S-'],
    ...step('complete', '++-++-+++S-'),
    ...step('forget', '-+-+---+-S-'),
    ...step('finish', '++-+---++S+'),
    ['step finish kept', '-++----++S-'],
  ],
  'detach-volume': [
    ...step('detach', '++-++-+++S+'),
    ['job detach_volume begin', '++-++--++S+'],
    ['job detach_volume done', '++-++--++S-'],
    ...step('delete-attachment', '++-++-+++S-'),
    ...step('forget', '-+-+---+.S-'),
    ...step('finish', '++-+---+.S+'),
    ['step finish kept', '-++----+.S-'],
  ],
  'attach-interface': [
    ...step('bind', '-+-+-+++-S-'),
    ...step('plug', '-+-+-++--S-'),
    ['job attach_port begin', '-+-+-+---S-'],
    ['job attach_port done', '-+-+-----S-'],
    ...step('forget', '-+-+-----S-'),
    ...step('finish', '-+-----+-S-'),
  ],
  'detach-interface': [
    ...step('unplug', '-+-+-+++-S-'),
    ['job detach_port begin', '-+-+-+---S-'],
    ['job detach_port done', '-+-+-----S-'],
    ...step('release', '-+-+-++--S-'),
    ...step('forget', '-+-+-----S-'),
    ...step('finish', '-+-----+-S-'),
  ],
}
export type DeviceCase = CrashCase<DeviceOperation, Victim, End>

/** Every case of the table. */
export const deviceCases: readonly DeviceCase[] = casesOf(rows, victims)
