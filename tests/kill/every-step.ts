import { after, before, describe, test } from 'node:test'
import { TestCloud } from '../cloud/test-cloud.ts'
import { crash, snapshotBandwidth } from './crash.ts'
import { cases, type OperationName } from './table.ts'

/** kill -9 of every process at every place of an operation, as the table says, in a cloud of its own. */
export function killEverywhere(operation: OperationName): void {
  describe(`kill -9 in ${operation}`, () => {
    let cloud: TestCloud
    before(async () => {
      cloud = await TestCloud.start({ snapshotBandwidth })
    })
    after(() => cloud.stop())

    for (const one of cases.filter((each) => each.operation === operation)) {
      test(`${one.victim} at ${one.point}: ${one.end}`, () => crash(cloud, one))
    }
  })
}
