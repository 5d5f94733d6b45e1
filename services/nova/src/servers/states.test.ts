import assert from 'node:assert/strict'
import { test } from 'node:test'
import { powerStateOf, snapshotStates, statesOf, statusOf, vmStateFor, vmStates } from './states.ts'

test('every vm_state shows as a status of its own, and a status leads back to it', () => {
  const shown = vmStates.map((state) => statusOf(state, null))
  assert.deepEqual(shown, ['BUILD', 'ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'ERROR', 'DELETED'])
  for (const vmState of vmStates) {
    assert.deepEqual(statesOf(statusOf(vmState, null).toLowerCase()), { vmState })
  }
  assert.equal(statesOf('NO_SUCH_STATUS'), undefined)
  assert.equal(statusOf('rescued-by-a-newer-release', null), 'UNKNOWN')
})

test('a reboot shows as a status of its own, of an active server only; other tasks do not', () => {
  assert.equal(statusOf('active', 'rebooting'), 'REBOOT')
  assert.equal(statusOf('active', 'rebooting_hard'), 'HARD_REBOOT')
  assert.equal(statusOf('stopped', 'rebooting_hard'), 'SHUTOFF')
  assert.equal(statusOf('active', 'image_uploading'), 'ACTIVE')
  assert.deepEqual(statesOf('hard_reboot'), { vmState: 'active', taskState: 'rebooting_hard' })
})

test('what a host reports moves a server between active, paused and stopped, and out of nothing else', () => {
  const table = [
    ['active', 'running', undefined],
    ['active', 'shutdown', 'stopped'],
    ['active', 'crashed', 'stopped'],
    ['active', 'absent', 'stopped'],
    ['active', 'paused', 'paused'],
    ['stopped', 'running', 'active'],
    ['stopped', 'shutdown', undefined],
    ['paused', 'running', 'active'],
    ['paused', 'absent', 'stopped'],
    ['error', 'running', undefined],
    ['building', 'running', undefined],
    ['active', 'something new', undefined],
  ] as const
  for (const [state, reported, next] of table)
    assert.equal(vmStateFor(state, reported), next, `${state}, ${reported}`)
})

test("power states are the API's numbers", () => {
  const reported = ['running', 'paused', 'shutdown', 'crashed', 'absent', 'something new']
  assert.deepEqual(reported.map(powerStateOf), [1, 3, 4, 6, 4, 0])
})

test('a snapshot needs a disk that is there', () => {
  assert.deepEqual(
    vmStates.filter((state) => snapshotStates.has(state)),
    ['active', 'stopped', 'paused', 'suspended'],
  )
})
