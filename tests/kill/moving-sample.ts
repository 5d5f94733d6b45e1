// The cases of migrations, volumes and ports that every test run makes: those in which no service has to be started again, but for two.
import { deviceCases, type DeviceCase } from './device-table.ts'
import { migrationCases, type MigrationCase } from './migration-table.ts'

/** What is attached in one case is detached in the next one, so that no time is lost between them. */
export const deviceSample: readonly DeviceCase[] = (
  [
    ['attach-interface', 'guest', 'job attach_port begin'],
    ['detach-interface', 'guest', 'job detach_port done'],
    ['attach-volume', 'storage daemon', 'job attach_volume begin'],
    ['detach-volume', 'storage daemon', 'step detach begin'],
    ['attach-volume', 'guest', 'job attach_volume done'],
    ['detach-volume', 'guest', 'job detach_volume begin'],
    ['attach-volume', 'conductor', 'step complete begin'],
    ['detach-volume', 'source', 'job detach_volume begin'],
    ['attach-volume', 'storage daemon', 'step complete begin'],
    ['detach-volume', 'storage daemon', 'job detach_volume done'],
    ['attach-volume', 'guest', 'step forget begin'],
    ['detach-volume', 'guest', 'step delete-attachment begin'],
  ] as const
).map(([operation, victim, point]) =>
  the(deviceCases.find((one) => one.operation === operation && one.victim === victim && one.point === point)),
)

/** Each end that a migration may come to, but one. */
export const migrationSample: readonly MigrationCase[] = (
  [
    ['arriving', 'job migrate done'],
    ['guest', 'job migrate progress'],
    ['storage daemon', 'job migrate progress'],
  ] as const
).map(([victim, point]) =>
  the(migrationCases.find((one) => one.operation === 'live' && one.victim === victim && one.point === point)),
)

function the<Case>(found: Case | undefined): Case {
  if (found === undefined) throw new Error('the sample is not in the table')
  return found
}
