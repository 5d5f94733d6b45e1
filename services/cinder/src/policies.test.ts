import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { routesOf, shapeOf } from '@longhaul/oslo/testing'
import { policyRules } from './policy-rules.ts'
import { testCinder, type TestCinder } from './testing/cinder.ts'

interface Stage {
  cinder: TestCinder
  volume: string
  snapshot: string
  attachment: string
  type: string
}

interface Guarded {
  action: string
  method: string
  path: (stage: Stage) => string
  body?: (stage: Stage) => object
}

const volume =
  (rest = '') =>
  (stage: Stage) =>
    `/volumes/${stage.volume}${rest}`
const snapshot =
  (rest = '') =>
  (stage: Stage) =>
    `/snapshots/${stage.snapshot}${rest}`
const attachment =
  (rest = '') =>
  (stage: Stage) =>
    `/attachments/${stage.attachment}${rest}`
const type =
  (rest = '') =>
  (stage: Stage) =>
    `/types/${stage.type}${rest}`
const act = (action: string, name: string, body: unknown = null): Guarded => ({
  action,
  method: 'POST',
  path: volume('/action'),
  body: () => ({ [name]: body }),
})
const connector = { host: 'h' }
const actions = 'volume_extension:volume_actions'
const admin = 'volume_extension:volume_admin_actions'
const specs = 'volume_extension:types_extra_specs'
const access = 'volume_extension:volume_type_access'

/** A call for each rule; what it does not come to is refused by the rule. */
const guarded: Guarded[] = [
  { action: 'volume:create', method: 'POST', path: () => '/volumes', body: () => ({ volume: { size: 1 } }) },
  {
    action: 'volume:create_from_image',
    method: 'POST',
    path: () => '/volumes',
    body: () => ({ volume: { size: 1, imageRef: 'x' } }),
  },
  { action: 'volume:get', method: 'GET', path: volume() },
  { action: 'volume:get_all', method: 'GET', path: () => '/volumes/detail' },
  { action: 'volume:update', method: 'PUT', path: volume(), body: () => ({ volume: { name: 'x' } }) },
  { action: 'volume:delete', method: 'DELETE', path: volume() },
  { action: 'volume:force_delete', method: 'DELETE', path: volume('?force=true') },
  {
    action: 'volume:multiattach',
    method: 'POST',
    path: () => '/volumes',
    body: (stage) => ({ volume: { size: 1, volume_type: stage.type } }),
  },
  act('volume:extend', 'os-extend', { new_size: 2 }),
  act('volume:update_readonly_flag', 'os-update_readonly_flag', { readonly: true }),
  act(`${admin}:reset_status`, 'os-reset_status', { status: 'error' }),
  act(`${admin}:force_delete`, 'os-force_delete'),
  act(`${admin}:force_detach`, 'os-force_detach', {}),
  act(`${actions}:attach`, 'os-attach', { host_name: 'h', mountpoint: '/x' }),
  act(`${actions}:detach`, 'os-detach', {}),
  act(`${actions}:reserve`, 'os-reserve'),
  act(`${actions}:unreserve`, 'os-unreserve'),
  act(`${actions}:begin_detaching`, 'os-begin_detaching'),
  act(`${actions}:roll_detaching`, 'os-roll_detaching'),
  act(`${actions}:initialize_connection`, 'os-initialize_connection', { connector }),
  act(`${actions}:terminate_connection`, 'os-terminate_connection', { connector }),
  act('volume_extension:volume_image_metadata:set', 'os-set_image_metadata', { metadata: {} }),
  act('volume_extension:volume_image_metadata:remove', 'os-unset_image_metadata', { key: 'x' }),
  { action: 'volume:get_volume_metadata', method: 'GET', path: volume('/metadata') },
  {
    action: 'volume:create_volume_metadata',
    method: 'POST',
    path: volume('/metadata'),
    body: () => ({ metadata: {} }),
  },
  {
    action: 'volume:update_volume_metadata',
    method: 'PUT',
    path: volume('/metadata'),
    body: () => ({ metadata: {} }),
  },
  { action: 'volume:delete_volume_metadata', method: 'DELETE', path: volume('/metadata/x') },
  { action: 'volume:get_snapshot_metadata', method: 'GET', path: snapshot('/metadata') },
  {
    action: 'volume:update_snapshot_metadata',
    method: 'PUT',
    path: snapshot('/metadata'),
    body: () => ({ metadata: {} }),
  },
  { action: 'volume:delete_snapshot_metadata', method: 'DELETE', path: snapshot('/metadata/x') },
  {
    action: 'volume:create_snapshot',
    method: 'POST',
    path: () => '/snapshots',
    body: (stage) => ({ snapshot: { volume_id: stage.volume } }),
  },
  { action: 'volume:get_snapshot', method: 'GET', path: snapshot() },
  { action: 'volume:get_all_snapshots', method: 'GET', path: () => '/snapshots/detail' },
  {
    action: 'volume:update_snapshot',
    method: 'PUT',
    path: snapshot(),
    body: () => ({ snapshot: { name: 'x' } }),
  },
  { action: 'volume:delete_snapshot', method: 'DELETE', path: snapshot() },
  {
    action: 'volume_extension:snapshot_admin_actions:reset_status',
    method: 'POST',
    path: snapshot('/action'),
    body: () => ({ 'os-reset_status': { status: 'error' } }),
  },
  {
    action: 'volume_extension:snapshot_admin_actions:force_delete',
    method: 'POST',
    path: snapshot('/action'),
    body: () => ({ 'os-force_delete': {} }),
  },
  {
    action: 'volume:attachment_create',
    method: 'POST',
    path: () => '/attachments',
    body: (stage) => ({ attachment: { volume_uuid: stage.volume } }),
  },
  {
    action: 'volume:attachment_update',
    method: 'PUT',
    path: attachment(),
    body: () => ({ attachment: { connector } }),
  },
  { action: 'volume:attachment_delete', method: 'DELETE', path: attachment() },
  {
    action: 'volume:attachment_complete',
    method: 'POST',
    path: attachment('/action'),
    body: () => ({ 'os-complete': {} }),
  },
  { action: 'volume_extension:type_get', method: 'GET', path: type() },
  { action: 'volume_extension:type_get_all', method: 'GET', path: () => '/types' },
  {
    action: 'volume_extension:type_create',
    method: 'POST',
    path: () => '/types',
    body: () => ({ volume_type: { name: 'x' } }),
  },
  {
    action: 'volume_extension:type_update',
    method: 'PUT',
    path: type(),
    body: () => ({ volume_type: { name: 'x' } }),
  },
  { action: 'volume_extension:type_delete', method: 'DELETE', path: type() },
  { action: `${specs}:index`, method: 'GET', path: type('/extra_specs') },
  { action: `${specs}:show`, method: 'GET', path: type('/extra_specs/multiattach') },
  {
    action: `${specs}:create`,
    method: 'POST',
    path: type('/extra_specs'),
    body: () => ({ extra_specs: {} }),
  },
  { action: `${specs}:update`, method: 'PUT', path: type('/extra_specs/x'), body: () => ({ x: 'y' }) },
  { action: `${specs}:delete`, method: 'DELETE', path: type('/extra_specs/multiattach') },
  { action: `${access}:get_all_for_type`, method: 'GET', path: type('/os-volume-type-access') },
  {
    action: `${access}:addProjectAccess`,
    method: 'POST',
    path: type('/action'),
    body: () => ({ addProjectAccess: { project: 'p' } }),
  },
  {
    action: `${access}:removeProjectAccess`,
    method: 'POST',
    path: type('/action'),
    body: () => ({ removeProjectAccess: { project: 'p' } }),
  },
  { action: 'volume_extension:quotas:show', method: 'GET', path: () => '/os-quota-sets/p' },
  {
    action: 'volume_extension:quotas:update',
    method: 'PUT',
    path: () => '/os-quota-sets/p',
    body: () => ({ quota_set: {} }),
  },
  { action: 'volume_extension:quotas:delete', method: 'DELETE', path: () => '/os-quota-sets/p' },
  { action: 'volume_extension:services:index', method: 'GET', path: () => '/os-services' },
]

/** Rules that hide a part of an answer, with the part; rules about volumes in use; what other rules refer to. */
const others = [
  'volume_extension:volume_host_attribute',
  'volume_extension:volume_tenant_attribute',
  'volume_extension:volume_mig_status_attribute',
  'volume_extension:volume_image_metadata:show',
  'volume_extension:extended_snapshot_attributes',
  'volume_extension:access_types_extra_specs',
  'volume_extension:access_types_qos_specs_id',
  `${specs}:read_sensitive`,
  access,
  'limits_extension:used_limits',
  'volume:extend_attached_volume',
  'volume:multiattach_bootable_volume',
  'context_is_admin',
  'admin_api',
  'xena_system_admin_or_project_reader',
  'xena_system_admin_or_project_member',
]

async function setStage(cinder: TestCinder): Promise<Stage> {
  const id = await cinder.volume()
  const made = await cinder.call('POST', '/snapshots', { snapshot: { volume_id: id } })
  const snapshotId = made.json.snapshot.id
  await cinder.until(`/snapshots/${snapshotId}`, 'available')
  const reserved = { attachment: { volume_uuid: await cinder.volume(), instance_uuid: randomUUID() } }
  const attached = await cinder.call('POST', '/attachments', reserved, { version: '3.27' })
  const shared = { volume_type: { name: 'shared', extra_specs: { multiattach: '<is> True' } } }
  const types = await cinder.call('POST', '/types', shared, { as: cinder.asAdmin() })
  return {
    cinder,
    volume: id,
    snapshot: snapshotId,
    attachment: attached.json.attachment.id,
    type: types.json.volume_type.id,
  }
}

test('every action is refused to everybody if a file says so, and every rule names calls that exist', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cinder-policy-'))
  t.after(() => rm(directory, { recursive: true }))
  const policyFile = join(directory, 'policy.yaml')
  await writeFile(policyFile, '{}')
  const cinder = await testCinder(t, { policyFile })
  const stage = await setStage(cinder)
  const as = cinder.asAdmin()
  for (const { action, method, path, body } of guarded) {
    await writeFile(policyFile, JSON.stringify({ [action]: '!' }))
    cinder.policy.reload()
    const answer = await cinder.call(method, path(stage), body?.(stage), { as, version: '3.70' })
    assert.ok([403, 404].includes(answer.status), `${action}: ${answer.status}`)
    if (answer.status === 404) assert.ok(['volume:get', 'volume:get_snapshot'].includes(action), action)
  }
  await writeFile(policyFile, '(')
  assert.throws(() => cinder.policy.reload())

  const tested = [...guarded.map(({ action }) => action), ...others]
  assert.deepEqual(policyRules.map(({ action }) => action).toSorted(), tested.toSorted())
  const routes = new Set((await routesOf(cinder.app)).map(shapeOf))
  const named = policyRules.flatMap(({ operations = [] }) => operations.map(shapeOf))
  assert.deepEqual(
    named.filter((call) => !routes.has(call)),
    [],
  )
})

test('what a rule hides is not in the answer', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cinder-policy-'))
  t.after(() => rm(directory, { recursive: true }))
  const policyFile = join(directory, 'policy.yaml')
  await writeFile(policyFile, '{}')
  const cinder = await testCinder(t, { policyFile })
  const stage = await setStage(cinder)
  const as = cinder.asAdmin()
  const metadata = { 'os-set_image_metadata': { metadata: { a: 'b' } } }
  await cinder.call('POST', `/volumes/${stage.volume}/action`, metadata)
  const hidden: [action: string, path: string, key: string][] = [
    [others[0]!, `/volumes/${stage.volume}`, 'os-vol-host-attr:host'],
    [others[1]!, `/volumes/${stage.volume}`, 'os-vol-tenant-attr:tenant_id'],
    [others[2]!, `/volumes/${stage.volume}`, 'os-vol-mig-status-attr:migstat'],
    [others[3]!, `/volumes/${stage.volume}`, 'volume_image_metadata'],
    [others[4]!, `/snapshots/${stage.snapshot}`, 'os-extended-snapshot-attributes:progress'],
    [others[5]!, `/types/${stage.type}`, 'extra_specs'],
    [others[6]!, `/types/${stage.type}`, 'qos_specs_id'],
    [access, `/types/${stage.type}`, 'os-volume-type-access:is_public'],
    ['limits_extension:used_limits', '/limits', 'totalVolumesUsed'],
  ]
  for (const [action, path, key] of hidden) {
    for (const shown of [true, false]) {
      await writeFile(policyFile, JSON.stringify(shown ? {} : { [action]: '!' }))
      cinder.policy.reload()
      const { json } = await cinder.call('GET', path, undefined, { as, version: '3.70' })
      assert.equal(JSON.stringify(json).includes(`"${key}"`), shown, `${action} ${key}`)
    }
  }
})
