import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { generateSshKeypair } from './generate.ts'
import { sshFingerprint, x509Fingerprint } from './public-key.ts'

const ed25519 =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBFxvqd4xzVJZCAgsQCVgDgh04AcWEb1olD+UL0ZC1+z somebody@example.org'

const refused = { status: 400, code: 'invalid_keypair' }

test('the fingerprint is the MD5 of the key itself, whatever the comment says', () => {
  const fingerprint = sshFingerprint(ed25519)
  // As ssh-keygen -l -E md5 tells it.
  assert.equal(fingerprint, '20:a1:37:4a:06:a5:d0:a2:bc:5b:c1:51:96:96:d5:1c')
  assert.equal(sshFingerprint(ed25519.split(' ').slice(0, 2).join(' ')), fingerprint)
})

test('what is no public key of OpenSSH is refused', () => {
  const [algorithm, blob] = ed25519.split(' ') as [string, string]
  for (const text of [
    '',
    'ssh-ed25519',
    `ssh-rsa ${blob}`,
    `ssh-unknown ${blob}`,
    `${algorithm} ${blob.slice(0, -8)}`,
    `${algorithm} ${blob}AAAA`,
    `${algorithm} not-base-64!`,
    '-----BEGIN PUBLIC KEY-----',
    'constructor AAAA',
  ]) {
    assert.throws(() => sshFingerprint(text), refused, text)
  }
})

test('a pair that is made here fits together', async () => {
  const { privateKey, publicKey } = await generateSshKeypair()
  assert.match(privateKey, /^-----BEGIN RSA PRIVATE KEY-----\n/)
  const blob = Buffer.from(publicKey.split(' ')[1]!, 'base64')
  const modulus = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).n!, 'base64url')
  assert.ok(blob.includes(modulus))
  assert.match(sshFingerprint(publicKey), /:/)
})

test('a certificate is read, and what is none is refused', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  assert.throws(() => x509Fingerprint(pem), refused)
  assert.throws(() => x509Fingerprint(''), refused)
})
