// A cloud in which nothing crosses a wire in clear, not even on loopback.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { acceptsConnections } from '@longhaul/oslo/db/provision'
import { postgresqlUrls } from '../../tools/devstack/src/config-files.ts'
import { TestCloud } from './test-cloud.ts'

describe('With --tls', { timeout: 120_000 }, () => {
  let cloud: TestCloud
  before(async () => {
    cloud = await TestCloud.start({ tls: true })
  })
  after(() => cloud.stop())

  test('a machine is booted and its snapshot becomes an active image', async () => {
    const server = await cloud.idleServer()
    const image = await cloud.snapshot(server, 'over tls')
    await cloud.until('the image is active', async () => (await cloud.imageStatus(image)) === 'active')
  })

  test('no listener answers plain HTTP', async () => {
    const listening = cloud.cloud.services.filter(({ health }) => health?.startsWith('https:'))
    assert.ok(listening.length > 5, `${listening.length} listeners`)
    for (const { name, health } of listening) {
      const { port } = new URL(health!)
      assert.ok(!(await plainAnswer(Number(port))).startsWith('HTTP/1.1 2'), `${name} on ${port}`)
    }
    const { novaInternal } = cloud.cloud.record.ports
    assert.ok(
      !(await plainAnswer(novaInternal)).startsWith('HTTP/1.1 2'),
      'the internal listener of nova-api',
    )
  })

  test('PostgreSQL lets nobody in without encryption', async () => {
    const { admin } = postgresqlUrls(cloud.cloud.state, cloud.cloud.record)
    assert.equal(await acceptsConnections(admin), true)
    const plain = admin.replace(/\?.*$/, '')
    await assert.rejects(acceptsConnections(plain), { code: '28000' })
  })
})

async function plainAnswer(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.write('GET /healthcheck HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.on('error', () => {})
  await once(socket, 'close')
  return text
}
