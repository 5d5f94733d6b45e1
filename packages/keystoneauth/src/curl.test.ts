import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { stage } from './fixtures/stage.ts'
import { curlCommand } from './index.ts'

const command = (more: object) =>
  curlCommand({ method: 'GET', url: 'http://h/v3', headers: {}, body: undefined, ...more })

test('A request is told as a command, with digests for its secrets', () => {
  const told = command({
    method: 'POST',
    headers: { 'X-Container-Sync-Key': 'a-key', 'X-Auth-Token': 'a-token', Accept: "it's" },
    body: '{"server":{"name":"vm","flavorRef":"1","adminPass":"p4ss","user_data":"c2VjcmV0"}}',
  })
  assert.match(
    told,
    /^curl -g -i -X POST 'http:\/\/h\/v3' -H 'Accept: it'\\''s' -H 'X-Auth-Token: \{SHA256\}[0-9a-f]{64}' -H 'X-Container-Sync-Key: \{SHA256\}[0-9a-f]{64}' -d /,
  )
  assert.ok(
    told.endsWith(`-d '{"server":{"name":"vm","flavorRef":"1","adminPass":"***","user_data":"***"}}'`),
    told,
  )
})

const urls: [string, string][] = [
  ['http://h/servers?limit=2&status=ACTIVE&nocatalog', 'http://h/servers?limit=2&status=ACTIVE&nocatalog'],
  ['http://u:very-secret@h/x?temp_url_sig=very-secret#very-secret', 'http://h/x?temp_url_sig=***'],
  ['http://h/x?whatever=very-secret&token_id=very-secret', 'http://h/x?whatever=***&token_id=***'],
]
for (const [url, shown] of urls) {
  test(`${shown} is shown`, () => {
    assert.equal(command({ url }), `curl -g -i -X GET '${shown}'`)
  })
}

const bodies: [unknown, string][] = [
  [
    {
      auth: {
        identity: { methods: ['token'], token: { id: 'very-secret' } },
        scope: { project: { id: 'p' } },
      },
    },
    '{"auth":{"identity":{"methods":["token"],"token":"***"},"scope":{"project":{"id":"p"}}}}',
  ],
  [
    { auth: { identity: { methods: ['totp'], totp: { user: { id: 'u', passcode: 123456 } } } } },
    '{"auth":{"identity":{"methods":["totp"],"totp":"***"}}}',
  ],
  [
    { credential: { id: 'very-secret' }, size: 3, enabled: true, none: null },
    '{"credential":"***","size":3,"enabled":true,"none":null}',
  ],
  ['grant_type=password&password=very-secret', '<text>'],
  [new Uint8Array(3), '<bytes>'],
  [Readable.from(['very-secret']), '<stream>'],
]
for (const [body, shown] of bodies) {
  test(`A body is shown as ${shown}`, () => {
    const given = typeof body === 'object' && Object.getPrototypeOf(body) === Object.prototype
    assert.ok(command({ body: given ? JSON.stringify(body) : body }).endsWith(`-d '${shown}'`))
  })
}

test('A session logs the command of each sending, that of a login too, without a secret', async (t) => {
  const lines: { curl?: string }[] = []
  const logger = { debug: (line: object) => void lines.push(line) }
  const { session, login, service } = await stage(t, { session: { logger } })
  const target = await service(() => 200)
  const auth = login()
  await session.post(target.url, { auth, json: { secret: 'another-secret' } })
  const commands = lines.flatMap(({ curl = [] }) => curl)
  assert.equal(commands.length, 2)
  assert.match(commands[0]!, /"user"|"password":"\*\*\*"/)
  const token = await auth.getToken(session)
  for (const secret of ['very-secret-password', 'another-secret', token!])
    assert.ok(!inspect(lines).includes(secret), secret)
})
