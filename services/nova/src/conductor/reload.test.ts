import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { test } from 'node:test'
import { testCloud } from '../testing/cloud.ts'

test('At SIGHUP a conductor takes other times of its cleaning and reporting', async (t) => {
  const cloud = await testCloud({ conductor: false })
  t.after(() => cloud.close())
  const conductor = cloud.anotherConductor('second')
  appendFileSync(conductor.file, '[conductor]\nreap_after = 86400\n')
  await conductor.start()
  const image_id = randomUUID()
  const reserved = { image_id, server_id: randomUUID(), operation_id: randomUUID() }
  const created_at = new Date(Date.now() - 3_600_000)
  await cloud.db.kysely
    .insertInto('image_reservations')
    .values({ ...reserved, created_at })
    .execute()
  appendFileSync(
    conductor.file,
    'reap_after = 60\nmaintenance_interval = 2\n[DEFAULT]\nreport_interval = 3\n',
  )
  const { changed, ignored } = await conductor.hangUp()
  assert.deepEqual(changed, [
    '[DEFAULT] report_interval',
    '[conductor] reap_after',
    '[conductor] maintenance_interval',
  ])
  assert.deepEqual(ignored, [])
  await cloud.eventually(async () => {
    const left = await cloud.db.kysely.selectFrom('image_reservations').select('image_id').execute()
    return left.length === 0
  })
})
