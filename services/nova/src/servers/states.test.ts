import assert from 'node:assert/strict'
import { test } from 'node:test'
import { powerStateOf, snapshotStates, statusOf, vmStateFor, vmStates, vmStatesOf } from './states.ts'

test('every vm_state shows as a status of its own, and a status leads back to it', () => {
  const shown = vmStates.map(statusOf)
  assert.deepEqual(shown, ['BUILD', 'ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'ERROR', 'DELETED'])
  for (const state of vmStates) assert.deepEqual(vmStatesOf(statusOf(state).toLowerCase()), [state])
  assert.deepEqual(vmStatesOf('NO_SUCH_STATUS'), [])
  assert.equal(statusOf('rescued-by-a-newer-release'), 'UNKNOWN')
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
