import { after, before, describe, test } from 'node:test'
import { hostNames } from '../../tools/devstack/src/compute-hosts.ts'
import { TestCloud } from '../cloud/test-cloud.ts'
import { crashDevice } from './device-crash.ts'
import { deviceCases, type DeviceOperation } from './device-table.ts'
import { crashMigration, migrationBandwidth } from './migration-crash.ts'
import { migrationCases, type MigrationKind } from './migration-table.ts'
import { MovingServer } from './moving-server.ts'

/** Two of all that there may be two of, and a conductor that is away for good is missed soon. */
export const settings = { hosts: 2, conductors: 2, serviceDownTime: 8 }

interface Named {
  operation: string
  point: string
  victim: string
  end: string
}

/** kill -9 of every process at every place of a migration, as the table says, in a cloud of its own. */
export function killInMigrations(kind: MigrationKind): void {
  const bandwidth = { migrationBandwidth: migrationBandwidth[kind] }
  const disks = kind === 'live' ? { sharedInstances: hostNames } : {}
  const chosen = migrationCases.filter(({ operation }) => operation === kind)
  killIn(`${kind} migration`, { ...bandwidth, ...disks }, chosen, crashMigration)
}

/** The same while a server gets and loses something. */
export function killInDeviceOperations(...operations: DeviceOperation[]): void {
  const chosen = deviceCases.filter(({ operation }) => operations.includes(operation))
  killIn(operations.join(', '), { hosts: 1 }, chosen, crashDevice)
}

function killIn<Case extends Named>(
  what: string,
  own: object,
  cases: readonly Case[],
  crash: (server: MovingServer, one: Case) => Promise<void>,
): void {
  describe(`kill -9 in ${what}`, () => {
    let cloud: TestCloud
    let server: MovingServer
    before(async () => {
      cloud = await TestCloud.start({ ...settings, ...own })
      server = new MovingServer(cloud)
    })
    after(() => cloud.stop())

    for (const one of cases) {
      test(`${one.operation}: ${one.victim} at ${one.point}: ${one.end}`, async () => {
        try {
          await crash(server, one)
        } catch (error) {
          await server.giveUp()
          throw error
        }
      })
    }
  })
}
