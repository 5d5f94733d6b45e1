// What is killed, where an operation stands at that moment, and how everything has to end.

/** Processes that are killed with SIGKILL; all but `qemu` are services of the cloud. */
export const victims = [
  'nova-api',
  'nova-conductor',
  'nova-compute',
  'glance-api',
  'keystone',
  'postgresql',
  'qemu',
  'supervisor',
] as const

export type Victim = (typeof victims)[number]
export type OperationName = 'create-server' | 'create-image' | 'delete-server'

/**
 * `+`: as if nothing had been killed. `S`: the same, but the machine is off: server SHUTOFF. `D`: the snapshot is given
 * up: image deleted, server SHUTOFF. `.`: cannot be, there is no such process yet or any more.
 */
export type End = '+' | 'S' | 'D' | '.'

/** One place of an operation, and the end for each victim, in the order of {@link victims}. */
type Row = readonly [point: string, ends: string]

const every = ['begin', 'done', 'kept'] as const

/** The three places of a step: before its work, between work and checkpoint, after the checkpoint. */
function step(name: string, ...ends: [begin: string, done: string, kept: string]): Row[] {
  return every.map((at, index) => [`step ${name} ${at}`, ends[index]!])
}

// api conductor compute glance keystone postgresql qemu supervisor
const rows: Record<OperationName, readonly Row[]> = {
  'create-server': [
    ...step('schedule', '++++++.+', '++++++.+', '++++++.+'),
    ...step('spawn', '++++++.+', '++++++S+', '++++++S+'),
    ['job boot begin', '++++++.+'],
    ['job boot done', '++++++S+'],
    ...step('forget', '++++++S+', '++++++S+', '++++++S+'),
    ...step('finish', '++++++S+', '++++++S+', '++++++S+'),
  ],
  'create-image': [
    ...step('start-snapshot', '++++++D+', '++++++D+', '++++++D+'),
    ...step('extract', '++++++D+', '++++++S+', '++++++S+'),
    ['job backup begin', '++++++D+'],
    ['job backup progress', '++++++D+'],
    ['job backup done', '++++++S+'],
    ...step('pending-upload', '++++++S+', '++++++S+', '++++++S+'),
    ...step('update-image', '++++++S+', '++++++S+', '++++++S+'),
    ...step('uploading', '++++++S+', '++++++S+', '++++++S+'),
    ...step('upload', '++++++S+', '++++++S+', '++++++S+'),
    ['job upload begin', '++++++S+'],
    ['job upload progress', '++++++S+'],
    ['job upload done', '++++++S+'],
    ...step('verify-image', '++++++S+', '++++++S+', '++++++S+'),
    ...step('forget', '++++++S+', '++++++S+', '++++++S+'),
    ...step('finish', '++++++S+', '++++++S+', '++++++S+'),
  ],
  'delete-server': [
    ...step('destroy', '++++++++', '++++++.+', '++++++.+'),
    ['job destroy begin', '++++++++'],
    ['job destroy done', '++++++.+'],
    ...step('forget', '++++++.+', '++++++.+', '++++++.+'),
    ...step('finish', '++++++.+', '++++++.+', '++++++.+'),
  ],
}

export interface CrashCase {
  operation: OperationName
  point: string
  victim: Victim
  end: Exclude<End, '.'>
}

/** Every case of the table. */
export const cases: readonly CrashCase[] = Object.entries(rows).flatMap(([operation, places]) =>
  places.flatMap(([point, ends]) =>
    victims.flatMap((victim, column) => {
      const end = ends[column] as End
      return end === '.' ? [] : [{ operation: operation as OperationName, point, victim, end }]
    }),
  ),
)

/** The cases that every test run makes: each process once or twice, in the middle of a snapshot. */
export const sample: readonly CrashCase[] = (
  [
    ['nova-api', 'job backup progress'],
    ['nova-conductor', 'step extract done'],
    ['nova-compute', 'job backup progress'],
    ['glance-api', 'job upload progress'],
    ['keystone', 'step update-image begin'],
    ['postgresql', 'job backup progress'],
    ['nova-compute', 'job upload progress'],
    ['qemu', 'job backup progress'],
  ] as const
).map(([victim, point]) =>
  cases.find((one) => one.operation === 'create-image' && one.victim === victim && one.point === point)!,
)
