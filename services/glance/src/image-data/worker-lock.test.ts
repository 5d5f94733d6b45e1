import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { lockWorkerName, WorkerNameInUseError } from './worker-lock.ts'

const onLinux = { skip: process.platform === 'linux' ? false : 'abstract sockets exist on Linux only' }

test('a name of a worker is held by one process at a time', onLinux, async () => {
  const name = `http://host:9292/${randomUUID()}`
  const release = await lockWorkerName(name)
  await assert.rejects(lockWorkerName(name), WorkerNameInUseError)
  const other = await lockWorkerName(`${name}/other`)
  await release()
  const again = await lockWorkerName(name)
  await again()
  await other()
})
