import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '@longhaul/oslo-config'
import { stage } from '../fixtures/stage.ts'
import {
  contextAuth,
  loadAdapterFromConfOptions,
  loadSessionFromConfOptions,
  OptionError,
  registerAdapterConfOptions,
  registerSessionConfOptions,
} from '../index.ts'

test('A section says which endpoint, and how often to try', async (t) => {
  const { session, service, waits } = await stage(t)
  const target = await service(() => 409)
  const endpoint = (side: string, region: string, url: string) => ({
    interface: side,
    region_id: region,
    url,
  })
  const auth = contextAuth({
    token: 't',
    catalog: [
      {
        type: 'volumev3',
        endpoints: [
          endpoint('public', 'A', 'http://127.0.0.1:1'),
          endpoint('internal', 'A', 'http://127.0.0.1:1'),
          endpoint('internal', 'B', target.url),
        ],
      },
    ],
  })
  const conf = Config.parse(`[cinder]
service_type = volumev3
valid_interfaces = internal, public
region_name = B
status_code_retries = 2
status_code_retry_delay = 0.25
retriable_status_codes = 409, 503
`)
  registerAdapterConfOptions(conf, 'cinder')
  const adapter = loadAdapterFromConfOptions(conf, 'cinder', { session, auth, serviceType: 'ignored' })
  assert.equal((await adapter.get('/v3', { raiseExc: false })).status, 409)
  assert.equal(target.seen.length, 3)
  assert.deepEqual(waits, [250, 250])
})

test('What the section leaves out, the caller may say', async (t) => {
  const { session } = await stage(t)
  const conf = Config.parse('[glance]\nendpoint_override = http://image:9292\n')
  const adapter = loadAdapterFromConfOptions(conf, 'glance', { session, serviceType: 'image' })
  assert.equal(await adapter.getEndpoint(), 'http://image:9292')
})

const contradictions = [
  'interface = public\nvalid_interfaces = internal',
  'version = 2\nmin_version = 2',
  'version = 2\nmax_version = 2',
  'valid_interfaces = public, secret',
]
for (const text of contradictions) {
  test(`${JSON.stringify(text)} is refused`, async (t) => {
    const { session } = await stage(t)
    const conf = Config.parse(`[x]\n${text}\n`)
    assert.throws(
      () => loadAdapterFromConfOptions(conf, 'x', { session }),
      (error) => error instanceof OptionError && error.message.includes('[x]'),
    )
  })
}

test("A session takes the section's timeout; what the caller fixes wins", async (t) => {
  const { service } = await stage(t)
  const target = await service(() => undefined)
  const conf = Config.parse('[x]\ntimeout = 0.01\ncafile = /nonexistent/ca.pem\n')
  registerSessionConfOptions(conf, 'x')
  assert.throws(() => loadSessionFromConfOptions(conf, 'x'), {
    code: 'option_error',
    message: 'cafile /nonexistent/ca.pem cannot be read: ENOENT',
  })
  const session = loadSessionFromConfOptions(conf, 'x', { insecure: true })
  t.after(() => session.close())
  await assert.rejects(session.get(target.url), { code: 'connect_timeout' })
  const preset = loadSessionFromConfOptions(Config.parse(''), 'x', {}, { timeout: 0.01 })
  t.after(() => preset.close())
  await assert.rejects(preset.get(target.url), { code: 'connect_timeout' })
})
