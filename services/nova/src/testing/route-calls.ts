import type { Version } from '../microversions.ts'

/** A call that a route takes. */
export interface RouteCall {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Relative to `/v2.1`. `{server}` and the like stand for things that exist. */
  path: string
  /** Path of the route as the application knows it, if it differs in more than those. */
  route: string
  body?: object
  version: Version
  /** Rules that refuse the call when they are not met. */
  rules: readonly string[]
}

const os = (name: string) => `os_compute_api:${name}`

function call(
  method: RouteCall['method'],
  path: string,
  rules: readonly string[],
  more: { body?: object; version?: Version } = {},
): RouteCall {
  const { body, version = '2.52' } = more
  const route = path.split('?', 1)[0]!.replaceAll('{', ':').replaceAll('}', '')
  return { method, path, route, version, rules, ...(body ? { body } : {}) }
}

const action = (name: string, value: unknown, rules: readonly string[]) =>
  call('POST', '/servers/:server_id/action', rules, { body: { [name]: value } })
const newServer = { name: 'vm', imageRef: ':image_id', flavorRef: '42', networks: 'none' }
const service = '/os-services'
const metadata = '/servers/:server_id/metadata'
const tags = '/servers/:server_id/tags'
const attachments = '/servers/:server_id/os-volume_attachments'
const interfaces = '/servers/:server_id/os-interface'
const migrations = '/servers/:server_id/migrations'
const volume = { volumeAttachment: { volumeId: ':volume_id' } }
const specs = '/flavors/:flavor_id/os-extra_specs'
const quotas = '/os-quota-sets/:tenant_id'
const hypervisor = '/os-hypervisors'

/** Every route of the Compute API, called so that it would do something; `:names` are filled in by who calls. */
export const routeCalls: readonly RouteCall[] = [
  call('GET', '/servers', [os('servers:index')]),
  call('GET', '/servers?all_tenants=1', [os('servers:index:get_all_tenants')]),
  call('GET', '/servers/detail', [os('servers:detail')]),
  call('GET', '/servers/detail?all_tenants=1', [os('servers:detail:get_all_tenants')]),
  call('POST', '/servers', [os('servers:create')], { body: { server: newServer } }),
  call('POST', '/servers', [os('servers:create:forced_host')], {
    body: { server: { ...newServer, availability_zone: 'nova:compute1' } },
  }),
  call('POST', '/servers', ['compute:servers:create:requested_destination'], {
    body: { server: { ...newServer, host: 'compute1' } },
    version: '2.74',
  }),
  call('GET', '/servers/:server_id', [os('servers:show')]),
  call('PUT', '/servers/:server_id', [os('servers:update')], { body: { server: { name: 'vm' } } }),
  call('GET', '/servers/:server_id/ips', [os('ips:index')]),
  call('GET', '/servers/:server_id/ips/:network', [os('ips:show')]),
  action('os-getConsoleOutput', {}, [os('os-console-output')]),
  action('lock', null, [os('os-lock-server:lock')]),
  action('unlock', null, [os('os-lock-server:unlock'), os('os-lock-server:unlock:unlock_override')]),
  call('GET', metadata, [os('server-metadata:index')]),
  call('POST', metadata, [os('server-metadata:create')], { body: { metadata: { key: 'v' } } }),
  call('PUT', metadata, [os('server-metadata:update_all')], { body: { metadata: { key: 'v' } } }),
  call('PUT', `${metadata}/:key`, [os('server-metadata:update')], { body: { meta: { key: 'v' } } }),
  call('GET', `${metadata}/:key`, [os('server-metadata:show')]),
  call('DELETE', `${metadata}/:key`, [os('server-metadata:delete')]),
  call('PUT', `${tags}/:tag`, [os('os-server-tags:update')]),
  call('GET', `${tags}/:tag`, [os('os-server-tags:show')]),
  call('DELETE', `${tags}/:tag`, [os('os-server-tags:delete')]),
  call('GET', tags, [os('os-server-tags:index')]),
  call('PUT', tags, [os('os-server-tags:update_all')], { body: { tags: [] } }),
  call('DELETE', tags, [os('os-server-tags:delete_all')]),
  call('GET', attachments, [os('os-volumes-attachments:index')]),
  call('POST', attachments, [os('os-volumes-attachments:create')], { body: volume }),
  call('GET', `${attachments}/:volume_id`, [os('os-volumes-attachments:show')]),
  call('PUT', `${attachments}/:volume_id`, [os('os-volumes-attachments:update')], {
    body: volume,
    version: '2.85',
  }),
  call('PUT', `${attachments}/:volume_id`, [os('os-volumes-attachments:swap')], { body: volume }),
  call('GET', interfaces, [os('os-attach-interfaces:list')]),
  call('GET', `${interfaces}/:port_id`, [os('os-attach-interfaces:show')]),
  call('POST', interfaces, [os('os-attach-interfaces:create')], {
    body: { interfaceAttachment: { port_id: ':port_id' } },
  }),
  call('POST', '/os-server-external-events', [os('os-server-external-events:create')], {
    body: { events: [{ name: 'network-changed', server_uuid: ':server_id', tag: ':port_id' }] },
  }),
  call('GET', '/servers/:server_id/os-instance-actions', [os('os-instance-actions:list')]),
  call('GET', '/servers/:server_id/os-instance-actions/:request_id', [os('os-instance-actions:show')]),
  action('os-migrateLive', { host: null, block_migration: 'auto' }, [os('os-migrate-server:migrate_live')]),
  action('os-migrateLive', { host: 'compute1', block_migration: 'auto' }, [
    os('os-migrate-server:migrate_live:host'),
  ]),
  call('GET', '/os-migrations', [os('os-migrations:index')]),
  call('GET', '/os-migrations?project_id=p', [os('os-migrations:index:all_projects')], { version: '2.80' }),
  call('GET', migrations, [os('servers:migrations:index')]),
  call('GET', `${migrations}/:migration_id`, [os('servers:migrations:show')]),
  call('POST', `${migrations}/:migration_id/action`, [os('servers:migrations:force_complete')], {
    body: { force_complete: null },
  }),
  call('DELETE', `${migrations}/:migration_id`, [os('servers:migrations:delete')]),

  call('GET', '/flavors', []),
  call('GET', '/flavors/detail', []),
  call('GET', '/flavors/:flavor_id', []),
  call('POST', '/flavors', [os('os-flavor-manage:create')], {
    body: { flavor: { name: 'made', id: 'made', ram: 1, vcpus: 1, disk: 0 } },
  }),
  call('PUT', '/flavors/:flavor_id', [os('os-flavor-manage:update')], {
    body: { flavor: { description: 'd' } },
    version: '2.55',
  }),
  call('POST', '/flavors/:flavor_id/action', [os('os-flavor-access:add_tenant_access')], {
    body: { addTenantAccess: { tenant: 'p' } },
  }),
  call('GET', '/flavors/:flavor_id/os-flavor-access', [os('os-flavor-access')]),
  call('POST', '/flavors/:flavor_id/action', [os('os-flavor-access:remove_tenant_access')], {
    body: { removeTenantAccess: { tenant: 'p' } },
  }),
  call('POST', specs, [os('os-flavor-extra-specs:create')], { body: { extra_specs: { key: 'v' } } }),
  call('GET', specs, [os('os-flavor-extra-specs:index')]),
  call('GET', `${specs}/:key`, [os('os-flavor-extra-specs:show')]),
  call('PUT', `${specs}/:key`, [os('os-flavor-extra-specs:update')], { body: { key: 'v' } }),
  call('DELETE', `${specs}/:key`, [os('os-flavor-extra-specs:delete')]),

  call('POST', '/os-keypairs', [os('os-keypairs:create')], { body: { keypair: { name: ':keypair_name' } } }),
  call('GET', '/os-keypairs', [os('os-keypairs:index')]),
  call('GET', '/os-keypairs/:keypair_name', [os('os-keypairs:show')]),
  call('DELETE', '/os-keypairs/:keypair_name', [os('os-keypairs:delete')]),

  call('GET', service, [os('os-services:list')]),
  call('PUT', `${service}/:service_id`, [os('os-services:update')], {
    body: { status: 'enabled' },
    version: '2.53',
  }),
  call('GET', hypervisor, [os('os-hypervisors:list')]),
  call('GET', `${hypervisor}/detail`, [os('os-hypervisors:list-detail')]),
  call('GET', `${hypervisor}/statistics`, [os('os-hypervisors:statistics')]),
  call('GET', `${hypervisor}/:hypervisor_id`, [os('os-hypervisors:show')]),
  call('GET', `${hypervisor}/:hypervisor_id/uptime`, [os('os-hypervisors:uptime')]),
  call('GET', `${hypervisor}/:hypervisor_id/search`, [os('os-hypervisors:search')]),
  call('GET', `${hypervisor}/:hypervisor_id/servers`, [os('os-hypervisors:servers')]),
  call('GET', '/os-aggregates', [os('os-aggregates:index')]),
  call('GET', '/os-availability-zone', [os('os-availability-zone:list')]),
  call('GET', '/os-availability-zone/detail', [os('os-availability-zone:detail')]),

  call('GET', '/limits', [os('limits')]),
  call('GET', '/limits?tenant_id=p', [os('limits:other_project')]),
  call('GET', quotas, [os('os-quota-sets:show')]),
  call('GET', `${quotas}/detail`, [os('os-quota-sets:detail')]),
  call('GET', `${quotas}/defaults`, [os('os-quota-sets:defaults')]),
  call('PUT', quotas, [os('os-quota-sets:update')], { body: { quota_set: { cores: -1 } } }),
  call('DELETE', quotas, [os('os-quota-sets:delete')]),
  call('GET', '/os-quota-class-sets/:quota_class', [os('os-quota-class-sets:show')]),
  call('PUT', '/os-quota-class-sets/:quota_class', [os('os-quota-class-sets:update')], {
    body: { quota_class_set: { cores: 99 } },
  }),

  action('os-start', null, [os('servers:start')]),
  action('os-stop', null, [os('servers:stop')]),
  action('reboot', { type: 'SOFT' }, [os('servers:reboot')]),
  action('pause', null, [os('os-pause-server:pause')]),
  action('unpause', null, [os('os-pause-server:unpause')]),
  action('suspend', null, [os('os-suspend-server:suspend')]),
  action('resume', null, [os('os-suspend-server:resume')]),
  // What ends things comes last.
  call('DELETE', `${interfaces}/:port_id`, [os('os-attach-interfaces:delete')]),
  call('DELETE', `${attachments}/:volume_id`, [os('os-volumes-attachments:delete')]),
  action('createImage', { name: 'snap' }, [os('servers:create_image')]),
  call('DELETE', '/servers/:server_id', [os('servers:delete')]),
  call('DELETE', '/flavors/:flavor_id', [os('os-flavor-manage:delete')]),
  call('DELETE', `${service}/:service_id`, [os('os-services:delete')], { version: '2.53' }),
]
