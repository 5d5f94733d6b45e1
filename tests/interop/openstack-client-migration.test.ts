// Debian's python3-openstackclient, unmodified: a server with a volume and a port moves between two hosts, under QEMU.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { writeConfigFiles } from '../../tools/devstack/src/config-files.ts'
import { readProcessRecord, signalProcess } from '../../tools/devstack/src/processes.ts'
import type { TestCloud } from '../cloud/test-cloud.ts'
import { assertLike, forms, type Expected } from './like.ts'
import { words, type OpenStackClient } from './openstack-client.ts'
import { startOpenStackCloud } from './openstack-cloud.ts'

const { id, uuid } = forms
/** Of migrations, without a zone. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/

let cloud: TestCloud
let admin: OpenStackClient
let demo: OpenStackClient
let server: string
let volume: string
let port: string

/** MiB a second: a migration can be looked at while it is under way; or is forced to its end; or takes no time. */
const speeds = { slow: 0.02, steady: 0.1, unlimited: 0 }

before(async () => {
  ;({ cloud, admin, demo } = await startOpenStackCloud({ hosts: 2, migrationBandwidth: speeds.slow }))
  const made = async (command: string) => ((await demo.json(...words(command))) as { id: string }).id
  await made('network create n1')
  await made('subnet create --network n1 --subnet-range 10.0.0.0/24 subnet')
  port = await made('port create --network n1 p1')
  volume = await made('volume create --size 1 v1')
  server = await made(`server create --image tick --flavor m1.nano --port ${port} --wait s1`)
  await demo.json(...words('server add volume s1 v1'))
  await demo.becomes('volume show v1', 'in-use')
})
after(() => cloud.stop())

/** Has machines move with another speed from now on. */
function setSpeed(migrationBandwidth: number): void {
  const { state, record } = cloud.cloud
  writeConfigFiles(state, { ...record, migrationBandwidth })
  signalProcess(readProcessRecord(state.run, 'nova-conductor')!, 'SIGHUP')
}

/** Asks for it as an administrator does, in a version. */
const at = (version: string, command: string) => `--os-compute-api-version ${version} ${command}`

/** Waits until the newest migration has a status. */
async function newestIs(status: string): Promise<void> {
  const list = at('2.80', `server migration list --server ${server} --limit 1`)
  await admin.becomes(list, status, 'Status')
}

/** What a server, its volume and its port have when no migration is under way. */
async function restsOn(host: string): Promise<void> {
  await demo.becomes('server show s1', 'ACTIVE')
  await admin.becomes(`server show ${server}`, 'None', 'OS-EXT-STS:task_state')
  const shown = (command: string, columns: string) =>
    admin.json(...words(command), ...words(columns).flatMap((column) => ['-c', column]))
  const place = await shown(`server show ${server}`, 'OS-EXT-SRV-ATTR:host')
  const { attachments } = (await shown(`volume show ${volume}`, 'attachments')) as {
    attachments: { host_name: string; device: string }[]
  }
  const bound = await shown(`port show ${port}`, 'binding_host_id status')
  assert.deepEqual(
    { ...(place as object), attachments: attachments.map((one) => [one.host_name, one.device]), bound },
    {
      'OS-EXT-SRV-ATTR:host': host,
      attachments: [[host, '/dev/vdb']],
      bound: { binding_host_id: host, status: 'ACTIVE' },
    },
  )
}

/** A migration as the list of a version shows it. */
function row(number: number, status: string, [from, to]: [string, string]): Record<string, Expected> {
  return {
    'Source Node': from,
    'Dest Node': to,
    'Source Compute': from,
    'Dest Compute': to,
    'Dest Host': null,
    Status: status,
    'Server UUID': server,
    'Old Flavor': null,
    'New Flavor': null,
    'Created At': time,
    'Updated At': time,
    Id: number,
    UUID: uuid,
    Type: 'live-migration',
  }
}

/** A migration that is under way, in whatever state its progress is. */
async function isUnderWay(number: number, [from, to]: [string, string]): Promise<void> {
  const shown = await admin.json(...words(at('2.80', `server migration show ${server} ${number}`)))
  const bytes = Object.entries(shown as object).filter(([name]) => name.endsWith(' Bytes'))
  for (const [name, value] of bytes) assert.ok(Number.isInteger(value) && value >= 0, `${name}: ${value}`)
  const { 'Disk Total Bytes': disk, 'Memory Total Bytes': memory } = Object.fromEntries(bytes)
  assert.ok(disk > 0 && memory > 0, 'disk and memory are moved')
  const rest = Object.fromEntries(
    Object.entries(shown as object).filter(([name]) => !name.endsWith(' Bytes')),
  )
  assertLike(
    rest,
    {
      ID: number,
      'Server UUID': server,
      Status: 'running',
      'Source Compute': from,
      'Source Node': from,
      'Dest Compute': to,
      'Dest Host': null,
      'Dest Node': to,
      'Created At': time,
      'Updated At': time,
      UUID: uuid,
      'User ID': id,
      'Project ID': id,
    },
    'server migration show',
  )
}

describe('server migrate --live-migration', () => {
  test('--block-migration, and server migration abort', async () => {
    await admin.says(`server migrate --live-migration --block-migration ${server}`)
    await newestIs('running')
    await isUnderWay(1, ['compute1', 'compute2'])
    await demo.becomes('server show s1', 'MIGRATING')
    await demo.fails(
      'server stop s1',
      /Cannot 'stop' instance \S+ while it is in task_state migrating \(HTTP 409\)/,
    )
    await admin.says(at('2.24', `server migration abort ${server} 1`))
    await newestIs('cancelled')
    await restsOn('compute1')
    await admin.fails(at('2.24', `server migration abort ${server} 1`), /HTTP 409/)
  })

  test('--host, and server migration force complete', async () => {
    setSpeed(speeds.steady)
    await admin.says(
      at('2.30', `server migrate --live-migration --host compute2 --block-migration ${server}`),
    )
    await newestIs('running')
    await isUnderWay(2, ['compute1', 'compute2'])
    await admin.says(at('2.22', `server migration force complete ${server} 2`))
    await newestIs('completed')
    await restsOn('compute2')
    await admin.fails(at('2.22', `server migration force complete ${server} 2`), /HTTP 409/)
    await admin.fails(at('2.24', `server migration show ${server} 2`), /HTTP 404/)
  })

  test('--wait, as the storage is', async () => {
    setSpeed(speeds.unlimited)
    await admin.says(at('2.30', `server migrate --live-migration --wait ${server}`), 'Complete\n')
    await newestIs('completed')
    await restsOn('compute1')
  })

  test('a shared migration of a disk that is not shared is refused, and the reason told', async () => {
    await admin.says(`server migrate --live-migration --shared-migration ${server}`)
    await newestIs('error')
    await restsOn('compute1')
    const [newest] = (await demo.json('server', 'event', 'list', 's1')) as { 'Request ID': string }[]
    const event = await demo.json('server', 'event', 'show', 's1', newest!['Request ID'])
    const { action, message } = event as Record<string, string>
    assert.equal(action, 'live-migration')
    assert.match(message!, /the disk is not on storage that both hosts have/)
  })

  test('what cannot be is refused', async () => {
    const to = (host: string) => at('2.30', `server migrate --live-migration --host ${host} ${server}`)
    await admin.fails(to('nowhere'), /Compute host nowhere could not be found\. \(HTTP 400\)/)
    await admin.fails(
      to('compute1'),
      /Unable to migrate instance \(\S+\) to current host \(compute1\)\. \(HTTP 400\)/,
    )
    await demo.fails(
      `server migrate --live-migration ${server}`,
      /Policy doesn't allow os_compute_api:os-migrate-server:migrate_live to be performed\. \(HTTP 403\)/,
    )
  })
})

describe('server migration list', () => {
  const rows = () => [
    row(4, 'error', ['compute1', 'compute2']),
    row(3, 'completed', ['compute2', 'compute1']),
    row(2, 'completed', ['compute1', 'compute2']),
    row(1, 'cancelled', ['compute1', 'compute2']),
  ]

  test('in every version', async () => {
    const without = (...names: string[]) =>
      rows().map((one) => Object.fromEntries(Object.entries(one).filter(([name]) => !names.includes(name))))
    await admin.shows(`server migration list --server ${server}`, without('Id', 'UUID', 'Type'))
    await admin.shows(at('2.23', 'server migration list'), without('UUID'))
    await admin.shows(at('2.59', 'server migration list'), rows())
    const more = rows().map((one) => ({ ...one, Project: id, User: id }))
    await admin.shows(at('2.80', 'server migration list --user admin --project admin'), more)
  })

  test('filtered, and page by page', async () => {
    const list = at('2.80', 'server migration list')
    await admin.shows(`${list} --status completed --host compute2`, rows().slice(1, 3))
    await admin.shows(`${list} --type evacuation`, [])
    const { UUID: marker } = ((await admin.json(...words(`${list} --limit 1`))) as { UUID: string }[])[0]!
    await admin.shows(`${list} --limit 2 --marker ${marker}`, rows().slice(1, 3))
    await admin.shows(`${list} --changes-before 2020-01-01T00:00:00Z`, [])
    await demo.fails(list, /HTTP 403/)
  })
})
