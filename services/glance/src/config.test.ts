import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '@longhaul/oslo-config'
import { importMethodNames, readSettings, stagingDirectory, storageQuota } from './config.ts'

const least = '[database]\nconnection = sqlite://\n[glance_store]\nfilesystem_store_datadir = /images\n'

test('a glance-api.conf as operators write it is read', () => {
  const conf = Config.parse(
    `[DEFAULT]\nbind_port = 9393\nuser_storage_quota = 1TB\nimage_member_quota = 5\n` +
      'enabled_import_methods = [glance-direct,web-download]\nworkers = 4\n' +
      `disk_formats = raw,qcow2\n${least}[image_format]\nrequire_image_format_match = false\n` +
      '[paste_deploy]\nflavor = keystone\n[task]\ntask_time_to_live = 1\n',
  )
  const { defaults, listen, imageFormat, task } = readSettings(conf)
  assert.equal(listen.port, 9393)
  assert.equal(defaults.user_storage_quota, '1TB')
  assert.equal(defaults.image_member_quota, 5)
  assert.deepEqual(imageFormat.disk_formats, ['raw', 'qcow2'])
  assert.equal(imageFormat.require_image_format_match, false)
  assert.equal(task.task_time_to_live, 1)
  assert.deepEqual(importMethodNames(defaults.enabled_import_methods), ['glance-direct', 'web-download'])
})

test('a storage quota is a number of bytes with a unit', () => {
  for (const [text, bytes] of [
    ['0', undefined],
    ['0GB', undefined],
    ['5', 5],
    ['5B', 5],
    ['2KB', 2048],
    ['3TB', 3 * 2 ** 40],
  ] as const) {
    assert.equal(storageQuota(text), bytes)
  }
  for (const text of ['', '-1', '5 GB', '5PB', '1.5GB', '9'.repeat(30)]) {
    assert.throws(() => storageQuota(text), /user_storage_quota/)
  }
})

test('the staging area is a directory of its own, by default within the store', () => {
  assert.equal(stagingDirectory(undefined, '/images'), '/images/staging')
  assert.equal(stagingDirectory('file:///var/staging/', '/images'), '/var/staging/')
  assert.throws(() => stagingDirectory('http://x', '/images'), /node_staging_uri/)
  assert.throws(() => stagingDirectory('/var/staging', '/images'), /node_staging_uri/)
})
