// What is killed while a server moves to another host, where the migration stands at that moment, and how it has to end.
import { casesOf, type CrashCase, type Row } from './places.ts'

/**
 * Processes that are killed with SIGKILL. There are two conductors: one that is killed is started again, and finds the operation
 * that it left; `conductor for good` stays away until the other one has taken the operation over. `source` and `destination` are
 * the agents of both hosts, `guest` and `arriving` their QEMUs.
 */
export const victims = [
  'nova-api',
  'conductor',
  'conductor for good',
  'source',
  'destination',
  'cinder-api',
  'neutron-server',
  'glance-api',
  'keystone',
  'postgresql',
  'storage daemon',
  'guest',
  'arriving',
  'supervisor',
] as const

export type Victim = (typeof victims)[number]
/** `live`: both hosts have the same disks. `block`: the disk is copied. */
export type MigrationKind = 'live' | 'block'

/**
 * Each end has: no task, one attachment of the volume, one binding of the port, both where the server is and active, no machine
 * and no files of it on the other host, and no count of the guest missing or doubled.
 *
 * `+`: as if nothing had been killed: the migration is completed, the guest runs at its destination. `O`: the same, but the
 * machine is off: it ended after it had arrived. `B`: the migration is in error, and the guest has gone on at its source. `S`:
 * the migration is in error, and the machine is off: it ended at its source. `.` and `-` are no cases.
 */
export type End = '+' | 'O' | 'B' | 'S'

/**
 * Before a step everybody who may matter to it or to what follows is killed. Between its work and its checkpoint only the
 * conductor makes a difference: for everybody else that is the moment before the next step.
 */
function step(name: string, begin: string): Row[] {
  return [
    [`step ${name} begin`, begin],
    [`step ${name} done`, '--+-----------'],
  ]
}

const live: readonly Row[] = [
  // api conductor for-good source destination cinder neutron glance keystone postgresql daemon guest arriving supervisor
  ...step('schedule', '++-++++-+++S.+'),
  ...step('queue', '-+-++---++-S.-'),
  ...step('connect', '++-+++--+++S.-'),
  ...step('bind-ports', '-+-++-+-+++S.-'),
  ...step('describe', '-+-++---++-S.-'),
  ...step('prepare', '++-++++++++S.+'),
  ['job prepare_incoming begin', '++-++-+++++S.-'],
  ['job prepare_incoming done', '-+-++-++-++SB-'],
  ...step('complete-attachments', '-+-+++--+++SB-'),
  ...step('migrate', '++-++---+++SB-'),
  ['job migrate begin', '-+-++----++SB-'],
  ['job migrate progress', '++-++++-+++SB+'],
  ['job migrate done', '-+-++----+++B-'],
  ...step('arrive', '++-++++-++++B-'),
  ['job finish_migration begin', '-+-++----+++B-'],
  ['job finish_migration done', '-+-++----+++O-'],
  ...step('activate-bindings', '++-++-+-++++O-'),
  ...step('confirm', '-+-++---++++O-'),
  ['job confirm_source begin', '-+-++----+++O-'],
  ['job confirm_source done', '-+-++----++.O-'],
  ...step('disconnect', '++-+++--+++.O-'),
  ...step('forget', '-+-++---++-.O-'),
  ...step('finish', '++-++---++-.O+'),
  ['step finish kept', '-++------+-.O-'],
]

/** The steps in which it makes a difference that the disk is copied. */
const block: readonly Row[] = [
  // api conductor for-good source destination cinder neutron glance keystone postgresql daemon guest arriving supervisor
  ...step('prepare', '-+-++--+---S.-'),
  ['job prepare_incoming begin', '-+-++--++++S.-'],
  ['job prepare_incoming done', '-+-++------SB-'],
  ...step('migrate', '-+-++----++SB-'),
  ['job migrate begin', '-+-++----++SB-'],
  ['job migrate progress', '++-++++++++SB+'],
  ['job migrate done', '-+-++----+++B-'],
  ...step('arrive', '-+-++---++++B-'),
  ['job finish_migration begin', '-+-++----+++B-'],
  ['job finish_migration done', '-+-++----+++O-'],
  ...step('confirm', '-+-++------+O-'),
  ['job confirm_source begin', '-+-++------+O-'],
  ['job confirm_source done', '-+-++----+-.O-'],
]

export type MigrationCase = CrashCase<MigrationKind, Victim, End>

/** Every case of the table. */
export const migrationCases: readonly MigrationCase[] = casesOf({ live, block }, victims)
