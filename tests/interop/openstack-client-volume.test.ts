// Debian's python3-openstackclient, unmodified, and the volumes of a cloud of ours.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { TestCloud } from '../cloud/test-cloud.ts'
import { needPackages } from './debian.ts'
import { assertLike, forms, type Expected } from './like.ts'
import { OpenStackClient } from './openstack-client.ts'

const { id, uuid } = forms
/** Block Storage's times have no zone. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/

let cloud: TestCloud
let admin: OpenStackClient
let demo: OpenStackClient

before(async () => {
  await needPackages('python3-openstackclient')
  cloud = await TestCloud.start({ driver: 'fake' })
  const { cloudsYaml } = cloud.cloud.state
  admin = new OpenStackClient(cloudsYaml, 'longhaul-admin')
  demo = new OpenStackClient(cloudsYaml, 'longhaul')
})
after(() => cloud.stop())

const words = (command: string) => command.split(' ')

/** Runs a command and compares its JSON. */
async function shows(client: OpenStackClient, command: string, expected: Expected): Promise<void> {
  assertLike(await client.json(...words(command)), expected, command)
}

/** Runs a command that has nothing to say. */
async function says(client: OpenStackClient, command: string): Promise<void> {
  assert.equal(await client.text(...words(command)), '', command)
}

/** Waits until a resource has a status. @param show such as `volume show v1` */
async function becomes(show: string, status: string): Promise<void> {
  const seen = async () => (await demo.text(...words(show), '-f', 'value', '-c', 'status')).trim()
  for (let now = await seen(); now !== status; now = await seen()) {
    assert.notEqual(now, 'error', show)
    await delay(200)
  }
}

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
    await shows(
      demo,
      'volume create --size 1 --description d --property a=b v1',
      shown({ status: 'creating', updated_at: null }),
    )
    await becomes('volume show v1', 'available')
    const row = { ID: uuid, Name: 'v1', Status: 'available', Size: 1, 'Attached to': [] }
    await shows(demo, 'volume list', [row])
    await shows(demo, 'volume list --long', [
      { ...row, Type: '__DEFAULT__', Bootable: 'false', Properties: { a: 'b' } },
    ])
    await says(demo, 'volume set --name v2 --property c=d --size 2 --bootable v1')
    await becomes('volume show v2', 'available')
    await says(demo, 'volume unset --property a v2')
    await shows(
      demo,
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
    await shows(demo, 'volume snapshot create --volume v2 --property e=f s1', made)
    await becomes('volume snapshot show s1', 'available')
    await shows(demo, 'volume snapshot list', [
      { ID: uuid, Name: 's1', Description: null, Status: 'available', Size: 2 },
    ])
    await says(demo, 'volume snapshot set --description sd s1')
    for (const [source, name] of [
      ['--snapshot s1', 'of-snapshot'],
      ['--source v2', 'of-volume'],
      ['--image tick --size 1', 'of-image'],
    ] as const) {
      await demo.json(...words(`volume create ${source} ${name}`))
      await becomes(`volume show ${name}`, 'available')
      await says(demo, `volume delete ${name}`)
    }
    await says(demo, 'volume snapshot delete s1')
    while ((await demo.text('volume', 'snapshot', 'list', '-f', 'value')) !== '') await delay(200)
    await says(demo, 'volume delete v2')
    while ((await demo.text('volume', 'list', '-f', 'value')) !== '') await delay(200)
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
  await says(admin, 'volume type set --property k=v t1')
  const { access_project_ids: _, ...shown } = (await admin.json('volume', 'type', 'show', 't1')) as Record<
    string,
    unknown
  >
  assertLike(shown, made({ multiattach: 'x', k: 'v' }), 'volume type show t1')
  await shows(demo, 'volume type list', [
    { ID: uuid, Name: 't1', 'Is Public': true },
    { ID: uuid, Name: '__DEFAULT__', 'Is Public': true },
  ])
  await says(admin, 'volume type delete t1')
})

test('limits, zones and services', async () => {
  const limits = (await demo.json('limits', 'show', '--absolute')) as { Name: string; Value: number }[]
  const value = (name: string) => limits.find(({ Name }) => Name === name)?.Value
  assert.deepEqual(
    ['maxTotalVolumes', 'maxTotalVolumeGigabytes', 'totalVolumesUsed', 'maxTotalSnapshots'].map(value),
    [10, 1000, 0, 10],
  )
  await shows(demo, 'availability zone list --volume', [{ 'Zone Name': 'nova', 'Zone Status': 'available' }])
  await shows(admin, 'volume service list', [
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
