// Debian's python3-openstackclient, unmodified, against a cloud of ours: what every command prints is compared as a whole.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestCloud } from '../cloud/test-cloud.ts'
import { assertLike, forms, type Expected } from './like.ts'
import type { OpenStackClient } from './openstack-client.ts'
import { startOpenStackCloud } from './openstack-cloud.ts'

const { id, uuid, time, requestId, fingerprint, sha512, md5 } = forms
const bytes = 1_048_576
/** Users that `up` makes. */
const users = ['demo', 'nova', 'glance', 'cinder', 'neutron', 'neutron-l2-agent', 'admin']

let cloud: TestCloud
let admin: OpenStackClient
let demo: OpenStackClient
let directory: string
/** Ids that later commands must show again. */
const ids: Record<string, string> = {}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lh-interop-'))
  ;({ cloud, admin, demo } = await startOpenStackCloud())
  ids['image'] = cloud.cloud.imageId
})
after(async () => {
  await cloud.stop()
  rmSync(directory, { recursive: true })
})

/** Remembers the id of what was made. */
async function makes(
  name: string,
  client: OpenStackClient,
  command: string,
  expected: Expected,
): Promise<void> {
  ids[name] = ((await client.shows(command, expected)) as { id: string }).id
}

describe('identity', () => {
  test('token issue', async () => {
    const found = await demo.shows('token issue', {
      expires: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/,
      id: /^gAAAA[\w-]+=*$/,
      project_id: id,
      user_id: id,
    })
    const { project_id, user_id } = found as Record<string, string>
    Object.assign(ids, { demo: project_id, demoUser: user_id })
  })

  test('catalog list', async () => {
    const { ports } = cloud.cloud.record
    const endpoints = (url: string): Expected =>
      ['admin', 'internal', 'public'].map((side) => ({
        id,
        interface: side,
        region_id: 'RegionOne',
        url,
        region: 'RegionOne',
      }))
    const at = (port: number, path: string) => endpoints(`http://127.0.0.1:${port}${path}`)
    const { id: project } = (await admin.json('project', 'show', 'admin')) as { id: string }
    const volumes = at(ports.cinder, `/v3/${project}`)
    await admin.lists('catalog list', [
      { Name: 'nova', Type: 'compute', Endpoints: at(ports.nova, '/v2.1') },
      { Name: 'keystone', Type: 'identity', Endpoints: at(ports.keystone, '/v3') },
      { Name: 'glance', Type: 'image', Endpoints: at(ports.glance, '') },
      { Name: 'cinderv3', Type: 'volumev3', Endpoints: volumes },
      { Name: 'neutron', Type: 'network', Endpoints: at(ports.neutron, '') },
    ])
  })

  test('project create, list, show, set', async () => {
    const made = (name: string, enabled: boolean): Expected => ({
      a: 'b',
      description: 'd',
      domain_id: 'default',
      enabled,
      id,
      is_domain: false,
      name,
      options: {},
      parent_id: 'default',
      tags: [],
    })
    await makes(
      'project',
      admin,
      'project create --description d --domain default --property a=b p1',
      made('p1', true),
    )
    await admin.lists(
      'project list',
      ['p1', 'service', 'demo', 'admin'].map((Name) => ({ ID: id, Name })),
    )
    await admin.shows('project show p1', made('p1', true))
    await admin.says('project set --name p2 --disable p1')
    await admin.shows(`project show ${ids['project']}`, made('p2', false))
    const row = (Name: string, Description: string, Enabled = true): Expected => ({
      ID: id,
      Name,
      'Domain ID': 'default',
      Description,
      Enabled,
    })
    await admin.lists('project list --long', [
      row('p2', 'd', false),
      row('service', ''),
      row('demo', ''),
      row('admin', 'Bootstrap project for initializing the cloud.'),
    ])
  })

  test('user create, list, show, set', async () => {
    const made = (more: Record<string, Expected> = {}): Expected => ({
      default_project_id: ids['project']!,
      domain_id: 'default',
      email: 'e@x',
      enabled: true,
      id,
      name: 'u1',
      options: {},
      password_expires_at: null,
      ...more,
    })
    await makes('user', admin, 'user create --password pw --email e@x --project p2 u1', made())
    await admin.lists(
      'user list',
      [...users, 'u1'].map((Name) => ({ ID: id, Name })),
    )
    await admin.says('user set --description d2 --password pw2 u1')
    await admin.shows('user show u1', made({ description: 'd2' }))
    const row = (Name: string, more: Record<string, Expected> = {}): Expected => ({
      ID: id,
      Name,
      Project: '',
      Domain: 'default',
      Description: '',
      Email: '',
      Enabled: true,
      ...more,
    })
    await admin.lists('user list --long', [
      ...users.map((name) => row(name)),
      row('u1', { Project: ids['project']!, Description: 'd2', Email: 'e@x' }),
    ])
  })

  test('group create, list, show, set, members', async () => {
    const made = (name: string): Expected => ({ description: 'g', domain_id: 'default', id, name })
    await makes('group', admin, 'group create --description g g1', made('g1'))
    await admin.lists('group list', [{ ID: ids['group']!, Name: 'g1' }])
    await admin.shows('group show g1', made('g1'))
    await admin.says('group set --name g2 g1')
    await admin.shows('group show g2', made('g2'))
    await admin.says('group add user g2 u1')
    await admin.says('group contains user g2 u1', 'u1 in group g2\n')
    await admin.lists('user list --group g2', [{ ID: ids['user']!, Name: 'u1' }])
    await admin.says('group remove user g2 u1')
    await admin.lists('user list --group g2', [])
  })

  test('role create, list, show, set, add, remove; role assignment list', async () => {
    const made = (name: string): Expected => ({ description: null, domain_id: null, id, name, options: {} })
    await makes('role', admin, 'role create r1', made('r1'))
    await admin.lists(
      'role list',
      ['r1', 'admin', 'manager', 'member', 'neutron-l2-agent', 'nova-compute', 'reader', 'service'].map(
        (Name) => ({
          ID: id,
          Name,
        }),
      ),
    )
    await admin.says('role set --name r2 r1')
    await admin.shows('role show r2', made('r2'))
    await admin.says('role add --user u1 --project p2 r2')
    const row = (Role: string, User: string, Project: string): Expected => ({
      Role,
      User,
      Group: '',
      Project,
      Domain: '',
      System: '',
      Inherited: false,
    })
    await admin.lists('role assignment list --user u1 --names', [row('r2', 'u1@Default', 'p2@Default')])
    await admin.lists('role assignment list --user u1', [row(ids['role']!, ids['user']!, ids['project']!)])
    await admin.says('role remove --user u1 --project p2 r2')
    await admin.lists('role assignment list --user u1', [])
  })

  test('service and endpoint', async () => {
    const made = (name: string, enabled: boolean): Expected => ({
      description: 'sd',
      enabled,
      id,
      name,
      type: 't1',
    })
    await makes('service', admin, 'service create --name s1 --description sd t1', made('s1', true))
    const row = (Name: string, Type: string, Description = ''): Expected => ({
      ID: id,
      Name,
      Type,
      Description,
      Enabled: true,
    })
    await admin.lists('service list --long', [
      row('s1', 't1', 'sd'),
      row('keystone', 'identity'),
      row('nova', 'compute'),
      row('glance', 'image'),
      row('cinderv3', 'volumev3'),
      row('neutron', 'network'),
    ])
    await admin.says('service set --name s2 s1')
    await admin.shows('service show s2', made('s2', true))
    const endpoint = (url: string): Expected => ({
      enabled: true,
      id,
      interface: 'public',
      region: 'RegionOne',
      region_id: 'RegionOne',
      service_id: ids['service']!,
      service_name: 's2',
      service_type: 't1',
      url,
    })
    await makes(
      'endpoint',
      admin,
      'endpoint create --region RegionOne s2 public http://x',
      endpoint('http://x'),
    )
    await admin.says(`endpoint set --url http://y ${ids['endpoint']}`)
    await admin.shows(`endpoint show ${ids['endpoint']}`, endpoint('http://y'))
    await admin.lists('endpoint list --service s2', [
      {
        ID: ids['endpoint']!,
        Region: 'RegionOne',
        'Service Name': 's2',
        'Service Type': 't1',
        Enabled: true,
        Interface: 'public',
        URL: 'http://y',
      },
    ])
    await admin.says('service set --disable s2')
    await admin.shows('service show s2', made('s2', false))
  })

  test('everything is deleted, and then not found', async () => {
    await admin.says(`endpoint delete ${ids['endpoint']}`)
    for (const [kind, name] of [
      ['service', 's2'],
      ['role', 'r2'],
      ['group', 'g2'],
      ['user', 'u1'],
      ['project', 'p2'],
    ] as const) {
      await admin.says(`${kind} delete ${name}`)
      const { status, err } = await admin.run(kind, 'show', name)
      assert.equal(status, 1)
      assert.match(err, new RegExp(`No ${kind} with a (?:type, )?name or ID of '${name}' exists`))
    }
  })
})

describe('image', () => {
  const properties = (more: Record<string, Expected> = {}): Expected => ({
    os_hidden: false,
    k: 'v',
    'owner_specified.openstack.md5': '',
    'owner_specified.openstack.object': 'images/img',
    'owner_specified.openstack.sha256': '',
    ...more,
  })
  const made = (more: Record<string, Expected>): Expected => ({
    container_format: 'bare',
    created_at: time,
    disk_format: 'raw',
    file: /^\/v2\/images\/[0-9a-f-]{36}\/file$/,
    id: uuid,
    min_disk: 0,
    min_ram: 0,
    name: 'img',
    owner: ids['demo']!,
    protected: false,
    schema: '/v2/schemas/image',
    tags: [],
    updated_at: time,
    visibility: 'shared',
    ...more,
  })
  const whole = { checksum: md5, size: bytes, virtual_size: bytes, status: 'active' }
  const digest = { os_hash_algo: 'sha512', os_hash_value: sha512 }

  test('image create, list, show, set, save, delete', async () => {
    const [source, copy] = [join(directory, 'data'), join(directory, 'copy')]
    writeFileSync(source, Buffer.alloc(bytes, 'longhaul'))
    const create = `image create --disk-format raw --container-format bare --file ${source} --property k=v img`
    await makes('upload', demo, create, made({ status: 'queued', properties: properties() }))
    const names = [
      { ID: ids['upload']!, Name: 'img', Status: 'active' },
      { ID: ids['image']!, Name: 'tick', Status: 'active' },
    ]
    await demo.lists('image list', names)
    await demo.shows('image show img', made({ ...whole, properties: properties(digest) }))
    await demo.says('image set --name img2 --property k2=v2 --tag t img')
    const changed = { name: 'img2', tags: ['t'], properties: properties({ ...digest, k2: 'v2' }) }
    await demo.shows('image show img2', made({ ...whole, ...changed }))
    await demo.says(`image save --file ${copy} img2`)
    assert.ok(readFileSync(copy).equals(readFileSync(source)))
    await demo.says('image delete img2')
    await demo.lists('image list', names.slice(1))
    const { status, err } = await demo.run('image', 'show', 'img2')
    assert.deepEqual([status, err], [1, 'No Image found for img2\n'])
  })
})

describe('flavor and keypair', () => {
  test('flavor create, list, show, set, delete', async () => {
    const made: Record<string, Expected> = {
      'OS-FLV-DISABLED:disabled': false,
      'OS-FLV-EXT-DATA:ephemeral': 0,
      description: null,
      disk: 0,
      id: uuid,
      name: 'f1',
      'os-flavor-access:is_public': true,
      properties: { x: 'y' },
      ram: 128,
      rxtx_factor: 1,
      swap: '',
      vcpus: 1,
    }
    await makes('flavor', admin, 'flavor create --ram 128 --vcpus 1 --disk 0 --property x=y f1', made)
    await admin.says('flavor set --description fd f1')
    await admin.shows('flavor show f1', { ...made, description: 'fd', access_project_ids: null })
    const row = (ID: string, Name: string, RAM: number, Disk: number, VCPUs = 1): Expected => ({
      ID,
      Name,
      RAM,
      Disk,
      Ephemeral: 0,
      VCPUs,
      'Is Public': true,
    })
    const usual = [
      row('42', 'm1.nano', 128, 0),
      row('84', 'm1.micro', 192, 0),
      row('1', 'm1.tiny', 512, 1),
      row('2', 'm1.small', 2048, 20),
      row('3', 'm1.medium', 4096, 40, 2),
      row('4', 'm1.large', 8192, 80, 4),
      row('5', 'm1.xlarge', 16384, 160, 8),
    ]
    await admin.lists('flavor list', [...usual, row(ids['flavor']!, 'f1', 128, 0)])
    await admin.says('flavor delete f1')
    await admin.lists('flavor list', usual)
  })

  test('keypair create, list, show', async () => {
    const key = join(directory, 'key')
    const shown = { fingerprint, id: 'kp1', name: 'kp1', type: 'ssh', user_id: ids['demoUser']! }
    const made = { ...shown, created_at: null, is_deleted: null }
    await demo.shows(`keypair create kp1 --private-key ${key}`, made)
    assert.match(readFileSync(key, 'utf8'), /^-----BEGIN (?:OPENSSH |RSA )?PRIVATE KEY-----\n/)
    await demo.lists('keypair list', [{ Name: 'kp1', Fingerprint: fingerprint, Type: 'ssh' }])
    const kept = { ...shown, created_at: time, is_deleted: false, private_key: null }
    await demo.shows('keypair show kp1', kept)
  })
})

test('availability zone list', async () => {
  const available = (name: string): Record<string, Expected> => ({
    'Zone Name': name,
    'Zone Status': 'available',
  })
  const running = (zone: string, host: string, service: string): Expected => ({
    ...available(zone),
    'Zone Resource': '',
    'Host Name': host,
    'Service Name': service,
    'Service Status': /^enabled :-\) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/,
  })
  await demo.lists('availability zone list --compute', [available('nova')], 'Zone Name')
  await admin.lists(
    'availability zone list --compute',
    [available('internal'), available('nova')],
    'Zone Name',
  )
  const services = [
    running('internal', 'controller', 'nova-conductor'),
    running('nova', 'compute1', 'nova-compute'),
  ]
  await admin.lists('availability zone list --compute --long', services, 'Zone Name')
})

describe('server', () => {
  const shown = (more: Record<string, Expected> = {}): Expected => ({
    'OS-DCF:diskConfig': 'MANUAL',
    'OS-EXT-AZ:availability_zone': 'nova',
    'OS-EXT-STS:power_state': 1,
    'OS-EXT-STS:task_state': null,
    'OS-EXT-STS:vm_state': 'active',
    'OS-SRV-USG:launched_at': time,
    'OS-SRV-USG:terminated_at': null,
    accessIPv4: '',
    accessIPv6: '',
    addresses: {},
    config_drive: '',
    created: time,
    flavor: 'm1.nano (42)',
    hostId: /^[0-9a-f]{56}$/,
    id: uuid,
    image: `tick (${ids['image']})`,
    key_name: 'kp1',
    name: 's1',
    progress: 0,
    project_id: ids['demo']!,
    properties: { p: 'q' },
    status: 'ACTIVE',
    updated: time,
    user_id: ids['demoUser']!,
    volumes_attached: [],
    ...more,
  })

  test('server create, list, show, set', async () => {
    const create = 'server create --image tick --flavor m1.nano --key-name kp1 --property p=q --wait s1'
    await makes('server', demo, create, shown({ security_groups: [{ name: 'default' }] }))
    const row = { ID: ids['server']!, Name: 's1', Status: 'ACTIVE', Networks: {} }
    await demo.lists('server list', [{ ...row, Image: 'tick', Flavor: 'm1.nano' }])
    await demo.lists('server list --long', [
      {
        ...row,
        'Task State': null,
        'Power State': 1,
        'Image Name': 'tick',
        'Image ID': ids['image']!,
        'Flavor Name': 'm1.nano',
        'Flavor ID': '42',
        'Availability Zone': 'nova',
        Host: '',
        Properties: { p: 'q' },
      },
    ])
    await demo.says('server set --name s2 --property p2=q2 s1')
    await demo.shows('server show s2', shown({ name: 's2', properties: { p: 'q', p2: 'q2' } }))
  })

  test('server stop, start, reboot', async () => {
    const power = (more: Record<string, Expected>): Expected =>
      shown({ name: 's2', properties: { p: 'q', p2: 'q2' }, ...more })
    await demo.says('server stop s2')
    await demo.becomes('server show s2', 'SHUTOFF')
    const off = { 'OS-EXT-STS:power_state': 4, 'OS-EXT-STS:vm_state': 'stopped', status: 'SHUTOFF' }
    const { progress: _, ...stopped } = power(off) as Record<string, Expected>
    await demo.shows('server show s2', stopped)
    await demo.says('server start s2')
    await demo.becomes('server show s2', 'ACTIVE')
    await demo.shows('server show s2', power({}))
    await demo.says('server reboot --hard --wait s2', 'Complete\n')
    await demo.shows('server show s2', power({}))
  })

  test('server image create', async () => {
    const properties: Expected = {
      os_hidden: false,
      os_hash_algo: 'sha512',
      os_hash_value: sha512,
      base_image_ref: ids['image']!,
      boot_roles: 'member,reader',
      image_location: 'snapshot',
      image_state: 'available',
      image_type: 'snapshot',
      owner_project_name: 'demo',
      owner_user_name: 'demo',
      user_id: ids['demoUser']!,
      instance_uuid: ids['server']!,
    }
    const found = await demo.json('server', 'image', 'create', '--name', 'snap', '--wait', 's2')
    const { size, ...rest } = found as { size: number }
    assert.ok(Number.isInteger(size) && size > 0)
    assertLike(
      rest,
      {
        checksum: md5,
        container_format: 'bare',
        created_at: time,
        disk_format: 'qcow2',
        file: /^\/v2\/images\/[0-9a-f-]{36}\/file$/,
        id: uuid,
        min_disk: 1,
        min_ram: 0,
        name: 'snap',
        owner: ids['demo']!,
        properties,
        protected: false,
        schema: '/v2/schemas/image',
        status: 'active',
        tags: [],
        updated_at: time,
        virtual_size: 20 * 2 ** 20,
        visibility: 'private',
      },
      'server image create',
    )
  })

  test('console log show, server event list', async () => {
    const console = await demo.text('console', 'log', 'show', '--lines', '5', 's2')
    assert.match(console, /^(?:tick \d{8}\r\n){4,5}/)
    const events = ['createImage', 'reboot', 'start', 'stop', 'create'].map((Action) => ({
      'Request ID': requestId,
      'Server ID': ids['server']!,
      Action,
      'Start Time': time,
    }))
    await demo.shows('server event list s2', events)
  })

  test('server delete, and what was made for it', async () => {
    await demo.says('server delete --wait s2')
    await demo.lists('server list', [])
    await demo.says('keypair delete kp1')
    await demo.lists('keypair list', [])
    await demo.says('image delete snap')
    await demo.lists('image list', [{ ID: ids['image']!, Name: 'tick', Status: 'active' }])
  })
})
