// kill -9 of every process at every place of every operation, as the table says.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { TestCloud } from '../cloud/test-cloud.ts'
import { crash, snapshotBandwidth } from './crash.ts'
import { cases, type OperationName } from './table.ts'

const operations: readonly OperationName[] = ['create-server', 'create-image', 'delete-server']

test('The table has at least 90 cases', () => {
  assert.ok(cases.length >= 90, `${cases.length} cases`)
})

describe('kill -9', () => {
  let cloud: TestCloud
  before(async () => {
    cloud = await TestCloud.start({ snapshotBandwidth })
  })
  after(() => cloud.stop())

  for (const operation of operations) {
    describe(operation, () => {
      for (const one of cases.filter((each) => each.operation === operation)) {
        test(`${one.victim} at ${one.point}: ${one.end}`, () => crash(cloud, one))
      }
    })
  }
})
