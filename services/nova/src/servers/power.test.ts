import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { JobParams, PowerState } from '../jobs-protocol.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

let cloud: TestCloud
let id: string

before(async () => {
  cloud = await testCloud()
  await cloud.report([])
  id = await cloud.activeServer()
})
after(async () => {
  await cloud.close()
})
beforeEach(() => {
  cloud.agent.plans.clear()
  cloud.agent.calls.length = 0
  cloud.agent.jobs.length = 0
})

const act = (name: string, value: unknown = null, headers?: Record<string, string>) =>
  cloud.call('POST', `/servers/${id}/action`, { [name]: value }, headers)
const status = async () => (await cloud.serverIs(id, () => true))['status']
const idle = (server: Record<string, unknown>) => server['OS-EXT-STS:task_state'] === null
const idleStatus = async () => (await cloud.serverIs(id, idle))['status']
const fault = (answer: { json: Record<string, unknown> }) =>
  (answer.json['conflictingRequest'] as { message: string } | undefined)?.message

/** Each change, what the host is asked for, and what comes of it; each begins where the last one ended. */
const changes: readonly [
  action: string,
  value: unknown,
  step: string,
  params: object,
  end: string,
  power: number,
][] = [
  ['pause', null, 'pause', {}, 'PAUSED', 3],
  ['unpause', null, 'unpause', {}, 'ACTIVE', 1],
  ['suspend', null, 'suspend', {}, 'SUSPENDED', 4],
  ['resume', null, 'resume', {}, 'ACTIVE', 1],
  ['reboot', { type: 'SOFT' }, 'reboot', { type: 'SOFT', shutdown_timeout: 60 }, 'ACTIVE', 1],
  ['reboot', { type: 'Hard' }, 'reboot', { type: 'HARD', shutdown_timeout: 60 }, 'ACTIVE', 1],
  ['os-stop', null, 'power-off', { shutdown_timeout: 60 } satisfies JobParams['stop'], 'SHUTOFF', 4],
  ['reboot', { type: 'hard' }, 'reboot', { type: 'HARD', shutdown_timeout: 60 }, 'ACTIVE', 1],
  ['os-stop', {}, 'power-off', { shutdown_timeout: 60 }, 'SHUTOFF', 4],
  ['os-start', null, 'power-on', {}, 'ACTIVE', 1],
]

describe('a change of power', () => {
  for (const [action, value, step, params, end, power] of changes) {
    test(`${action} ${JSON.stringify(value)} asks the host and ends in ${end}`, async () => {
      const answer = await act(action, value)
      assert.equal(answer.status, 202, JSON.stringify(answer.json))
      const server = await cloud.serverIs(id, idle)
      assert.deepEqual([server['status'], server['OS-EXT-STS:power_state']], [end, power])
      assert.deepEqual(cloud.agent.calls, [`PUT ${step}`, 'FORGET'])
      assert.deepEqual(cloud.agent.jobs[0]?.request.params, params)
      assert.equal(cloud.agent.jobs[0]?.request.context, undefined, 'it needs nobody’s token')
    })
  }

  test('is told as an instance action with its steps', async () => {
    const request = String((await act('reboot', { type: 'SOFT' })).headers['x-openstack-request-id'])
    await cloud.serverIs(id, idle)
    const path = `/servers/${id}/os-instance-actions/${request}`
    const { json } = await cloud.call('GET', path, undefined, cloud.in('2.51'))
    const action = json['instanceAction'] as { action: string; events: { event: string; result: string }[] }
    assert.equal(action.action, 'reboot')
    assert.deepEqual(action.events.map(({ event }) => event).toSorted(), [
      'compute_reboot_instance',
      'finish',
      'forget',
      'reboot',
    ])
  })

  test('shows while it goes on, and nothing else begins meanwhile', async () => {
    cloud.agent.plans.set('reboot', () => ({ state: 'running' }))
    await act('reboot', { type: 'HARD' })
    assert.equal(await status(), 'HARD_REBOOT')
    const listed = async (status: string) => {
      const { json } = await cloud.call('GET', `/servers?status=${status}`)
      return (json['servers'] as unknown[]).length
    }
    assert.deepEqual([await listed('HARD_REBOOT'), await listed('REBOOT'), await listed('ACTIVE')], [1, 0, 1])
    const refused = await act('os-stop')
    assert.equal(refused.status, 409)
    assert.equal(fault(refused), `Cannot 'stop' instance ${id} while it is in task_state rebooting_hard`)
    cloud.agent.plans.clear()
    assert.equal(await idleStatus(), 'ACTIVE')
  })

  test('from a state that does not allow it is refused in Nova’s words', async () => {
    for (const [action, value, word] of [
      ['os-start', null, 'start'],
      ['unpause', null, 'unpause'],
      ['resume', null, 'resume'],
    ] as const) {
      const refused = await act(action, value)
      assert.equal(refused.status, 409)
      assert.equal(fault(refused), `Cannot '${word}' instance ${id} while it is in vm_state active`)
    }
    assert.deepEqual(cloud.agent.calls, [])
  })

  for (const [reported, end] of [
    ['shutdown', 'SHUTOFF'],
    ['running', 'ACTIVE'],
  ] as const satisfies [PowerState, string][]) {
    test(`that fails leaves the server as its host says it is: ${reported}`, async () => {
      cloud.agent.powerState = reported
      cloud.agent.plans.set('power-off', () => ({
        state: 'failed',
        error: { code: 'guest_not_ended', message: 'the guest does not end', terminal: true },
      }))
      const request = String((await act('os-stop')).headers['x-openstack-request-id'])
      assert.equal(await idleStatus(), end)
      const { json } = await cloud.call('GET', `/servers/${id}/os-instance-actions/${request}`)
      const { message } = json['instanceAction'] as { message: string }
      assert.equal(message, 'Error: the guest does not end')
      cloud.agent.plans.clear()
      cloud.agent.powerState = 'running'
      if (end === 'SHUTOFF') await act('os-start')
      await cloud.serverIs(id, idle)
    })
  }

  test('of a locked server is for administrators', async () => {
    await act('lock')
    assert.equal(fault(await act('os-stop')), `Instance ${id} is locked`)
    const admin = cloud.as(['admin', 'member', 'reader'], 'demo')
    assert.equal((await act('reboot', { type: 'SOFT' }, admin)).status, 202)
    await cloud.serverIs(id, idle)
    await act('unlock')
  })

  test('of a kind that does not exist is a bad request', async () => {
    for (const value of [{ type: 'WARM' }, {}, null]) assert.equal((await act('reboot', value)).status, 400)
  })
})
