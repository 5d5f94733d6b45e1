// Debian's python3-openstackclient, unmodified, and the volumes of a cloud of ours.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestCloud } from '../cloud/test-cloud.ts'
import { assertLike, forms, type Expected } from './like.ts'
import { words, type OpenStackClient } from './openstack-client.ts'
import { startOpenStackCloud } from './openstack-cloud.ts'

const { id, uuid } = forms
/** Block Storage's times have no zone. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/

let cloud: TestCloud
let admin: OpenStackClient
let demo: OpenStackClient

before(async () => {
  ;({ cloud, admin, demo } = await startOpenStackCloud({ driver: 'fake' }))
})
after(() => cloud.stop())

describe('volume', () => {
  const shown = (more: Record<string, Expected> = {}): Expected => ({
    attachments: [],
    availability_zone: 'nova',
    bootable: 'false',
    consistencygroup_id: null,
    created_at: time,
    description: 'd',
    encrypted: false,
    id: uuid,
    multiattach: false,
    name: 'v1',
    'os-vol-tenant-attr:tenant_id': id,
    properties: { a: 'b' },
    replication_status: null,
    size: 1,
    snapshot_id: null,
    source_volid: null,
    status: 'available',
    type: '__DEFAULT__',
    updated_at: time,
    user_id: id,
    ...more,
  })

  test('create, list, show, set, unset', async () => {
    await demo.shows(
      'volume create --size 1 --description d --property a=b v1',
      shown({ status: 'creating', updated_at: null }),
    )
    await demo.becomes('volume show v1', 'available')
    const row = { ID: uuid, Name: 'v1', Status: 'available', Size: 1, 'Attached to': [] }
    await demo.shows('volume list', [row])
    await demo.shows('volume list --long', [
      { ...row, Type: '__DEFAULT__', Bootable: 'false', Properties: { a: 'b' } },
    ])
    await demo.says('volume set --name v2 --property c=d --size 2 --bootable v1')
    await demo.becomes('volume show v2', 'available')
    await demo.says('volume unset --property a v2')
    await demo.shows(
      'volume show v2',
      shown({ name: 'v2', size: 2, bootable: 'true', properties: { c: 'd' } }),
    )
  })

  test('snapshot create, list, show, set, delete; volumes of a snapshot, a volume and an image', async () => {
    const made = {
      created_at: time,
      description: null,
      id: uuid,
      name: 's1',
      properties: { e: 'f' },
      size: 2,
      status: 'creating',
      updated_at: null,
      volume_id: uuid,
    }
    await demo.shows('volume snapshot create --volume v2 --property e=f s1', made)
    await demo.becomes('volume snapshot show s1', 'available')
    await demo.shows('volume snapshot list', [
      { ID: uuid, Name: 's1', Description: null, Status: 'available', Size: 2 },
    ])
    await demo.says('volume snapshot set --description sd s1')
    for (const [source, name] of [
      ['--snapshot s1', 'of-snapshot'],
      ['--source v2', 'of-volume'],
      ['--image tick --size 1', 'of-image'],
    ] as const) {
      await demo.json(...words(`volume create ${source} ${name}`))
      await demo.becomes(`volume show ${name}`, 'available')
      await demo.says(`volume delete ${name}`)
    }
    await demo.says('volume snapshot delete s1')
    await demo.untilNone('volume snapshot list')
    await demo.says('volume delete v2')
    await demo.untilNone('volume list')
  })
})

test('volume type create, set, list, show, delete', async () => {
  const made = (properties: Record<string, Expected>): Expected => ({
    description: 'td',
    id: uuid,
    is_public: true,
    name: 't1',
    properties,
    qos_specs_id: null,
  })
  const found = (await admin.json(
    ...words('volume type create --description td --property multiattach=x t1'),
  )) as object
  assert.equal((found as { name: string }).name, 't1')
  await admin.says('volume type set --property k=v t1')
  const { access_project_ids: _, ...shown } = (await admin.json('volume', 'type', 'show', 't1')) as Record<
    string,
    unknown
  >
  assertLike(shown, made({ multiattach: 'x', k: 'v' }), 'volume type show t1')
  await demo.shows('volume type list', [
    { ID: uuid, Name: 't1', 'Is Public': true },
    { ID: uuid, Name: '__DEFAULT__', 'Is Public': true },
  ])
  await admin.says('volume type delete t1')
})

test('limits, zones and services', async () => {
  const limits = (await demo.json('limits', 'show', '--absolute')) as { Name: string; Value: number }[]
  const value = (name: string) => limits.find(({ Name }) => Name === name)?.Value
  assert.deepEqual(
    ['maxTotalVolumes', 'maxTotalVolumeGigabytes', 'totalVolumesUsed', 'maxTotalSnapshots'].map(value),
    [10, 1000, 0, 10],
  )
  await demo.shows('availability zone list --volume', [{ 'Zone Name': 'nova', 'Zone Status': 'available' }])
  await admin.shows('volume service list', [
    {
      Binary: 'cinder-volume',
      Host: 'compute1@nbd',
      Zone: 'nova',
      Status: 'enabled',
      State: 'up',
      'Updated At': time,
    },
  ])
})
