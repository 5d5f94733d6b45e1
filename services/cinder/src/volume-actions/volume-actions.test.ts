import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCinder } from '../testing/cinder.ts'

test('actions on volumes that are no matter of connections', async (t) => {
  const cinder = await testCinder(t)
  const id = await cinder.volume()
  const act = (body: object, as = cinder.as()) => cinder.call('POST', `/volumes/${id}/action`, body, { as })
  const volume = async () => (await cinder.call('GET', `/volumes/${id}`)).json.volume
  const admin = cinder.asAdmin()

  assert.equal((await act({ 'os-set_bootable': { bootable: 'True' } })).status, 200)
  assert.equal((await volume()).bootable, 'true')
  assert.equal((await act({ 'os-update_readonly_flag': { readonly: true } })).status, 202)
  assert.equal((await volume()).metadata.readonly, 'True')
  assert.equal((await act({ 'os-update_readonly_flag': { readonly: 'no' } })).status, 202)

  const metadata = { os_distro: 'debian' }
  assert.deepEqual((await act({ 'os-set_image_metadata': { metadata } })).json, { metadata })
  assert.deepEqual((await volume()).volume_image_metadata, metadata)
  assert.deepEqual((await act({ 'os-show_image_metadata': null })).json, { metadata })
  assert.equal((await act({ 'os-unset_image_metadata': { key: 'os_distro' } })).status, 200)
  assert.equal((await act({ 'os-unset_image_metadata': { key: 'os_distro' } })).status, 404)

  assert.equal((await act({ 'os-reset_status': { status: 'error' } })).status, 403)
  assert.equal((await act({ 'os-reset_status': { status: 'deleting' } }, admin)).status, 400)
  assert.equal((await act({ 'os-reset_status': { status: 'maintenance' } }, admin)).status, 202)
  assert.equal((await volume()).status, 'maintenance')
  assert.equal((await act({ 'os-initialize_connection': { connector: { host: 'a' } } })).status, 400)
  assert.equal((await act({ 'os-extend': { new_size: 2 } })).status, 400)
  assert.equal((await cinder.call('DELETE', `/volumes/${id}`)).status, 400)
  assert.equal(
    (await cinder.call('DELETE', `/volumes/${id}?force=true`, undefined, { version: '3.23' })).status,
    403,
  )
  for (const body of [{ 'os-nothing': {} }, {}, { 'os-reserve': null, 'os-unreserve': null }]) {
    assert.equal((await act(body)).status, 400)
  }
  assert.equal((await act({ 'os-force_delete': {} })).status, 403)
  assert.equal((await act({ 'os-force_delete': {} }, admin)).status, 202)
  await cinder.until(`/volumes/${id}`, 'gone')
  assert.deepEqual(await cinder.files(), [])
})

test('a readonly volume is attached readonly', async (t) => {
  const cinder = await testCinder(t)
  const id = await cinder.volume()
  const act = (body: object) => cinder.call('POST', `/volumes/${id}/action`, body)
  await act({ 'os-update_readonly_flag': { readonly: true } })
  const attach = (mode: string) => act({ 'os-attach': { host_name: 'h', mountpoint: '/dev/vdb', mode } })
  assert.equal((await attach('rw')).status, 400)
  assert.equal((await attach('ro')).status, 202)
  assert.equal((await act({ 'os-update_readonly_flag': { readonly: false } })).status, 400)
  const again = await attach('ro')
  assert.equal(again.status, 202)
  assert.equal((await cinder.call('GET', `/volumes/${id}`)).json.volume.attachments.length, 1)
})
