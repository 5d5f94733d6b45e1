import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { standardPorts } from './ports.ts'
import { newCloudRecord } from './cloud-record.ts'
import { configArguments, configPaths, ownFile, writeConfigFiles } from './config-files.ts'
import { stateDirectory } from './state-directory.ts'

test('A file of one’s own is read after the one that up writes, and never written', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'config-files-'))
  t.after(() => rmSync(root, { recursive: true }))
  const state = stateDirectory(root)
  const { nova } = configPaths(state)
  const ports = standardPorts
  const record = newCloudRecord({
    driver: 'fake',
    tokenExpiration: 3600,
    sendServiceUserToken: true,
    snapshotBandwidth: 0,
    tls: false,
    ports,
  })
  writeConfigFiles(state, record)
  assert.deepEqual(configArguments(nova), ['--config-file', nova])
  assert.match(readFileSync(nova, 'utf8'), /^# .*nova\.local\.conf/)
  writeFileSync(ownFile(nova), '[DEFAULT]\nhost = mine\n')
  writeConfigFiles(state, record)
  assert.deepEqual(configArguments(nova), ['--config-file', nova, '--config-file', ownFile(nova)])
  assert.equal(readFileSync(ownFile(nova), 'utf8'), '[DEFAULT]\nhost = mine\n')
})
