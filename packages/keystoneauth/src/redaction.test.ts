import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { readErrorBody } from './error-body.ts'
import { redactHeaders, redactText, secretHeaders } from './redaction.ts'
import { withoutSecrets } from './response.ts'

test('Every secret header becomes its digest, in any case; others stay', () => {
  const digest = `{SHA256}${createHash('sha256').update('value').digest('hex')}`
  for (const name of [...secretHeaders, 'X-AUTH-TOKEN', 'X-Service-Token']) {
    assert.deepEqual(redactHeaders({ [name]: 'value' }), { [name]: digest })
  }
  assert.deepEqual(redactHeaders({ Accept: 'value' }), { Accept: 'value' })
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
