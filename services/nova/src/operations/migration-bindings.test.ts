import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PortBinding } from '../neutron.ts'
import { StaleAttempt } from './failure.ts'
import { settleBindings } from './migration-bindings.ts'

const binding = (host: string, status: string): PortBinding => ({ host, status }) as PortBinding

/** Ports that all have the same bindings. @returns also what was done to them */
function network(bindings: PortBinding[]) {
  const done: string[] = []
  const neutron = {
    port: () => Promise.reject(new Error('it is not asked for')),
    bindings: async () => bindings,
    createBinding: async (id: string, host: string) => {
      done.push(`create ${id} ${host}`)
      return binding(host, 'INACTIVE')
    },
    activateBinding: async (id: string, host: string) => void done.push(`activate ${id} ${host}`),
    deleteBinding: async (id: string, host: string) => void done.push(`delete ${id} ${host}`),
  }
  return { neutron: neutron as Parameters<typeof settleBindings>[0], done }
}

test('ports are where the server runs and nowhere else', async () => {
  const { neutron, done } = network([binding('source', 'ACTIVE')])
  await settleBindings(neutron, ['p'], 'destination', async () => {})
  assert.deepEqual(done, ['create p destination', 'activate p destination', 'delete p source'])
})

test('whoever was replaced on the way changes no further port', async () => {
  const { neutron, done } = network([binding('source', 'ACTIVE'), binding('destination', 'INACTIVE')])
  const unlessReplaced = async () => {
    if (done.length === 2) throw new StaleAttempt()
  }
  await assert.rejects(settleBindings(neutron, ['p', 'q'], 'destination', unlessReplaced), StaleAttempt)
  assert.deepEqual(done, ['activate p destination', 'delete p source'])
})
