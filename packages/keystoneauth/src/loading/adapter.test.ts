import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config, ConfigError } from '@longhaul/oslo-config'
import { stage } from '../fixtures/stage.ts'
import {
  contextAuth,
  loadAdapterFromConfOptions,
  loadSessionFromConfOptions,
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

test('What is written without a value is not set', async (t) => {
  const { session } = await stage(t)
  const endpoints = [{ interface: 'internal', region_id: 'R', url: 'http://image' }]
  const auth = contextAuth({ token: 't', catalog: [{ type: 'image', endpoints }] })
  const empty = [
    'service_type',
    'service_name',
    'valid_interfaces',
    'region_name',
    'endpoint_override',
    'version',
  ]
  const text = empty.map((name) => `${name} =\n`).join('')
  const conf = Config.parse(
    `[glance]\n${text}interface = internal\nmin_version =\nretriable_status_codes =\n`,
  )
  const adapter = loadAdapterFromConfOptions(conf, 'glance', { session, auth, serviceType: 'image' })
  assert.equal(await adapter.getEndpoint(), 'http://image')
})

const contradictions: [string, ...string[]][] = [
  ['interface = public\nvalid_interfaces = internal', 'interface'],
  ['version = 2\nmin_version = 2', 'version'],
  ['version = 2\nmax_version = 2', 'version'],
  ['min_version = 3\nmax_version = 2', 'min_version'],
  ['service_type = volumev2\nmax_version = 1', 'max_version'],
  ['valid_interfaces = public, secret', 'valid_interfaces'],
  ['interface = secret', 'interface'],
  [
    'version = two\nmin_version = 2\nmax_version = 3.x\ninterface = public\nvalid_interfaces = internal,foo\nconnect_retries = many',
    'connect_retries',
    'version',
    'max_version',
    'version',
    'interface',
    'valid_interfaces',
  ],
]
for (const [text, ...options] of contradictions) {
  test(`${JSON.stringify(text)} is refused, with file and line of each option at fault`, async (t) => {
    const { session } = await stage(t)
    const conf = Config.parse(`[x]\n${text}\n`, 'nova.conf')
    assert.throws(
      () => loadAdapterFromConfOptions(conf, 'x', { session }),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(
          error.problems.map(({ file, group, option }) => [file, group, option]),
          options.map((option) => ['nova.conf', 'x', option]),
        )
        const lines = text.split('\n')
        return error.problems.every(({ line = 0, option }) => lines[line - 2]?.startsWith(`${option} =`))
      },
    )
  })
}

test('What the section says of versions may not contradict the caller', async (t) => {
  const { session } = await stage(t)
  const conf = Config.parse('[x]\nversion = 2\n')
  const load = (own: object) => loadAdapterFromConfOptions(conf, 'x', { session, ...own })
  assert.throws(() => load({ minVersion: '2.1' }), /\[x\] version: version excludes min_version/)
  assert.throws(
    () => load({ serviceType: 'volumev3' }),
    /\[x\] version: service type volumev3 is of version 3/,
  )
})

test('Older names that a service brings along are found, also in other groups, and told', async (t) => {
  const { session } = await stage(t)
  const conf = Config.parse(
    '[DEFAULT]\nimage_url = http://image\n[glance]\nca_certificates = /nonexistent/ca.pem\ntries = 2\nretries = 1\n',
    'nova.conf',
  )
  registerAdapterConfOptions(conf, 'glance', {
    endpoint_override: [['DEFAULT', 'image_url']],
    connect_retries: ['tries', 'retries'],
  })
  registerSessionConfOptions(conf, 'glance', { cafile: ['ca_file', 'ca_certificates'] })
  assert.deepEqual(conf.warnings, [
    'nova.conf:2: [DEFAULT] image_url is deprecated, write [glance] endpoint_override',
    'nova.conf:5: [glance] tries is deprecated, write [glance] connect_retries',
    'nova.conf:4: [glance] ca_certificates is deprecated, write [glance] cafile',
  ])
  const adapter = loadAdapterFromConfOptions(conf, 'glance', { session })
  assert.equal(await adapter.getEndpoint(), 'http://image')
  assert.throws(() => loadSessionFromConfOptions(conf, 'glance'), /\/nonexistent\/ca\.pem cannot be read/)
  const wrong = Config.parse('[DEFAULT]\nimage_tries = many\n', 'nova.conf')
  assert.throws(
    () => registerAdapterConfOptions(wrong, 'glance', { connect_retries: [['DEFAULT', 'image_tries']] }),
    /^ConfigError: nova\.conf:2: \[glance\] connect_retries/,
  )
})

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
