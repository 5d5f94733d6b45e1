import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, after, test } from 'node:test'
import { makeCertificates } from './fixtures/certificates.ts'
import { held, slow } from './fixtures/held-migration.ts'
import { countingGuest, type Lab } from './fixtures/lab.ts'
import { labSettings } from './fixtures/lab-settings.ts'
import { operation, TwoHosts } from './fixtures/two-hosts.ts'

let certificates = ''

/** What QEMU would use, or uses. */
async function capabilitiesOf(lab: Lab, id: string): Promise<string[]> {
  const operator = await lab.operator(id)
  const all = await operator.execute<{ capability: string; state: boolean }[]>('query-migrate-capabilities')
  operator.close()
  return all.filter(({ state }) => state).map(({ capability }) => capability)
}

/** Has the memory that follows a guest come slowly. @returns what ends that */
async function holdPostCopy(hosts: TwoHosts): Promise<() => Promise<void>> {
  const operator = await hosts.source.operator(hosts.id)
  const limit = (bytes: number) =>
    operator.execute<void>('migrate-set-parameters', { 'max-postcopy-bandwidth': bytes })
  await limit(slow)
  return () => limit(0)
}

before(() => {
  certificates = mkdtempSync(join(tmpdir(), 'nova-certificates-'))
  makeCertificates(join(certificates, 'one'))
  makeCertificates(join(certificates, 'other'))
})
after(() => rmSync(certificates, { recursive: true }))

test('Memory and disk are encrypted between hosts of one authority; another one gets no machine in', async (t) => {
  const settings = { ...labSettings, migrate_tls_x509_cert_dir: join(certificates, 'one') }
  const hosts = await TwoHosts.with(t, { settings })
  const destination = await hosts.prepare()
  assert.equal(destination.tls, true)
  for (const directory of [undefined, join(certificates, 'other')]) {
    hosts.from.close()
    hosts.from = hosts.source.driver(undefined, {
      settings: { ...settings, migrate_tls_x509_cert_dir: directory },
    })
    await assert.rejects(hosts.migrate(destination), { code: 'migration_failed' })
    await hosts.from.reclaimSource(hosts.id, operation)
    await hosts.goesOnHere()
  }
  hosts.from.close()
  hosts.from = hosts.source.driver()
  await hosts.to.abandonIncoming(hosts.id, operation)
  await hosts.finish(await hosts.migrate(await hosts.prepare()))
  await hosts.goesOnThere()
  await hosts.from.confirmSource(hosts.id, operation)
})

test('A machine whose end is wished goes on before its memory is there, if that is permitted', async (t) => {
  const hosts = await TwoHosts.with(t, { shared: true }, countingGuest(2))
  const destination = await hosts.prepare()
  if (!destination.post_copy) return t.skip('the kernel does not permit it to this user')
  const { options, underWay } = held()
  const moving = hosts.migrate(destination, { ...options, postCopy: true, autoConverge: true })
  await underWay
  const arriving = await hosts.destination.operator(hosts.id)
  const used = ['auto-converge', 'events', 'postcopy-ram', 'return-path']
  assert.deepEqual(await capabilitiesOf(hosts.source, hosts.id), used)
  const release = await holdPostCopy(hosts)
  await hosts.from.forceComplete(hosts.id)
  const moved = await moving
  assert.deepEqual(moved, { running: true, post_copy: true })
  assert.deepEqual(await hosts.migrate(destination), moved)
  await assert.rejects(hosts.from.reclaimSource(hosts.id, operation), { code: 'guest_moved', terminal: true })
  await arriving.waitFor(({ event, data }) => event === 'MIGRATION' && data?.['status'] === 'postcopy-active')
  await assert.rejects(hosts.to.abandonIncoming(hosts.id, operation), { code: 'guest_present' })
  const arrived = hosts.finish(moved)
  await release()
  assert.deepEqual(await arrived, { restarted: false })
  await hosts.from.confirmSource(hosts.id, operation)
  assert.deepEqual(await hosts.states(), { from: 'absent', to: 'running' })
  arriving.close()
  assert.deepEqual(await capabilitiesOf(hosts.destination, hosts.id), [])
})

test('A machine whose memory is lost when there is no way back begins anew at the destination', async (t) => {
  const hosts = await TwoHosts.with(t, { shared: true }, countingGuest(2))
  // QEMU may wait for a piece of the memory, and not answer meanwhile.
  hosts.to = hosts.destination.driver(undefined, { answerMilliseconds: 3000 })
  const destination = await hosts.prepare()
  if (!destination.post_copy) return t.skip('the kernel does not permit it to this user')
  const { options, underWay } = held()
  const moving = hosts.migrate(destination, { ...options, postCopy: true })
  await underWay
  await holdPostCopy(hosts)
  await hosts.from.forceComplete(hosts.id)
  const moved = await moving
  process.kill(hosts.source.process(hosts.id).pid, 'SIGKILL')
  assert.deepEqual(await hosts.finish(moved), { restarted: true })
  await hosts.from.confirmSource(hosts.id, operation)
  assert.deepEqual(await hosts.states(), { from: 'absent', to: 'running' })
  await hosts.destination.tick(hosts.id, 2)
})

test('The first free port is taken, a host that has none may have one later, and on a network it takes certificates', async (t) => {
  const taken: Server = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as { port: number }
  const settings = { migration_port_min: port, migration_port_max: port }
  const hosts = await TwoHosts.with(t, { shared: true, settings })
  await assert.rejects(hosts.prepare(), { code: 'no_free_port', terminal: false })
  assert.equal(await hosts.to.powerState(hosts.id), 'absent')
  hosts.to = hosts.destination.driver(undefined, {
    settings: { ...labSettings, live_migration_inbound_addr: '192.0.2.1' },
  })
  await assert.rejects(hosts.prepare(), { code: 'migration_unprotected', terminal: true })
  hosts.to = hosts.destination.driver(undefined, {
    settings: { ...labSettings, ...settings, migration_port_max: port + 20 },
  })
  const destination = await hosts.prepare()
  assert.ok(destination.port > port)
  await hosts.finish(await hosts.migrate(destination))
  await hosts.goesOnThere()
})
