import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { readErrorBody } from './error-body.ts'
import { isSecretHeader, redactHeaders, redactText } from './redaction.ts'
import { withoutSecrets } from './response.ts'

const secretNames = [
  'Authorization',
  'Authentication-Info',
  'Cookie',
  'OpenStack-Auth-Receipt',
  'Proxy-Authorization',
  'Set-Cookie',
  'X-Account-Meta-Temp-URL-Key',
  'X-Account-Meta-Temp-Url-Key-2',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Api-Key',
  'X-AUTH-TOKEN',
  'X-Auth-Key',
  'X-Auth-Receipt',
  'X-Container-Meta-Temp-URL-Key',
  'X-Container-Sync-Auth',
  'X-Container-Sync-Key',
  'X-GitHub-OTP',
  'X-Image-Meta-Property-Admin_Password',
  'X-Object-Meta-Client-Secret',
  'X-Private-Value',
  'X-Server-Side-Encryption-Customer-Key',
  'X-Service-Token',
  'X-Session-Id',
  'X-Storage-Token',
  'x-subject-token',
]
for (const name of secretNames) {
  test(`The value of ${name} becomes its digest`, () => {
    const digest = `{SHA256}${createHash('sha256').update('value').digest('hex')}`
    assert.deepEqual(redactHeaders({ [name]: 'value' }), { [name]: digest })
    assert.ok(isSecretHeader(name))
  })
}

test('What a log is read for stays', () => {
  const open = [
    'Accept',
    'Content-Length',
    'Content-Type',
    'ETag',
    'If-Match',
    'Location',
    'OpenStack-API-Version',
    'OpenStack-Identity-Access-Rules',
    'Retry-After',
    'Server',
    'User-Agent',
    'Via',
    'WWW-Authenticate',
    'X-Account-Meta-Quota-Bytes',
    'X-Compute-Request-Id',
    'X-Container-Object-Count',
    'X-Identity-Status',
    'X-Keystone-Region',
    'X-OpenStack-Nova-API-Version',
    'X-OpenStack-Request-ID',
    'X-Project-Id',
    'X-Roles',
    'X-Trans-Id',
    'X-User-Domain-Name',
  ]
  const headers = Object.fromEntries(open.map((name) => [name, 'value']))
  assert.deepEqual(redactHeaders(headers), headers)
})

test('A secret is taken out of a text wherever it stands; a very short one cannot be told from the text', () => {
  assert.equal(redactText('tokentoken and token.', ['token', 'a', '']), '****** and ***.')
})

test('A secret is found in every spelling that an answer may use', () => {
  const secret = 'pä"ss\\w<ö>r&d\'/💩'
  const spellings = [
    secret,
    JSON.stringify(secret),
    String.raw`p\u00e4\"ss\\w<\u00f6>r&d'/\ud83d\udca9`,
    'pä&quot;ss\\w&lt;ö&gt;r&amp;d&#x27;/💩',
    'pä&quot;ss\\w&lt;ö&gt;r&amp;d&#39;/💩',
    'pä"ss\\w&lt;ö&gt;r&amp;d\'/💩',
    "pä&quot;ss\\w&lt;ö&gt;r&amp;d'/💩",
    encodeURIComponent(secret),
  ]
  for (const spelling of spellings)
    assert.match(redactText(`got ${spelling}.`, [secret]), /^got "?\*{3}"?\.$/)
})

test('A secret is found when a message has lost some of its spaces, and before the message is cut', async () => {
  assert.equal(redactText('got a b c.', ['a  b\n c']), 'got ***.')
  const secret = 's3cret-'.repeat(20)
  const long = `${'x'.repeat(450)} ${secret}`
  const { message } = readErrorBody(long, 'text/plain', '', (text) => redactText(text, [secret]))
  assert.doesNotMatch(message, /s3cret/)
})

const urls: [string, string][] = [
  ['https://user:secret@host:5000/v3?token=secret#x', 'https://host:5000/v3'],
  ['http://host/a@b', 'http://host/a@b'],
  ['http://host', 'http://host'],
]
for (const [url, shown] of urls) {
  test(`${shown} is what a message says of a URL`, () => assert.equal(withoutSecrets(url), shown))
}
