import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ensureCertificates } from './certificates.ts'

const day = 86_400_000

test('A certificate for loopback comes from the authority of the cloud, is kept, and renewed before it ends', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'certificates-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const now = new Date()
  const files = await ensureCertificates(directory, now)
  const [ca, first] = [files.ca, files.certificate].map((file) => new X509Certificate(readFileSync(file)))
  assert.ok(first!.verify(ca!.publicKey))
  assert.ok(ca!.ca && !first!.ca)
  assert.equal(first!.checkIP('127.0.0.1'), '127.0.0.1')
  for (const name of ['localhost', 'compute1', 'compute2']) assert.equal(first!.checkHost(name), name)
  for (const key of [files.key, join(directory, 'ca.key')]) assert.equal(statSync(key).mode & 0o777, 0o600)
  for (const side of ['server', 'client']) {
    const [certificate, key] = ['cert', 'key'].map((what) =>
      readFileSync(join(files.machines, `${side}-${what}.pem`)),
    )
    assert.deepEqual([certificate, key], [readFileSync(files.certificate), readFileSync(files.key)])
  }

  await ensureCertificates(directory, now)
  assert.equal(new X509Certificate(readFileSync(files.certificate)).serialNumber, first!.serialNumber)
  const later = new Date(Date.parse(first!.validTo) - 20 * day)
  await ensureCertificates(directory, later)
  const second = new X509Certificate(readFileSync(files.certificate))
  assert.notEqual(second.serialNumber, first!.serialNumber)
  assert.ok(second.verify(ca!.publicKey))
})
