import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Adapter } from '@longhaul/keystoneauth'
import { callerSection, runProgram, writeAhead, type Place, type ServiceRecipe } from './real-service.ts'

/** As NFS names it; it is mounted already wherever somebody would mount it. */
const share = '127.0.0.1:/export'

/** OpenStack's own Cinder: api, scheduler and volume in one process, and its NFS driver. */
export const realCinder: ServiceRecipe = {
  name: 'cinder',
  log: 'cinder-api',
  sections: (place) => ({
    DEFAULT: {
      osapi_volume_listen: '127.0.0.1',
      osapi_volume_listen_port: place.port,
      osapi_volume_workers: 1,
      auth_strategy: 'keystone',
      api_paste_config: '/etc/cinder/api-paste.ini',
      rootwrap_config: '/etc/cinder/rootwrap.conf',
      resource_query_filters_file: '/etc/cinder/resource_filters.json',
      state_path: place.directory,
      my_ip: '127.0.0.1',
      host: 'storage',
      transport_url: 'fake:/',
      graceful_shutdown_timeout: 2,
      periodic_fuzzy_delay: 0,
      periodic_interval: 5,
      enabled_backends: 'nfs',
      scheduler_default_weighers: '',
      scheduler_default_filters: 'CapabilitiesFilter',
    },
    nfs: {
      volume_backend_name: 'nfs',
      volume_driver: 'cinder.volume.drivers.nfs.NfsDriver',
      nfs_shares_config: join(place.directory, 'shares'),
      nfs_mount_point_base: mountPoints(place),
      nas_secure_file_operations: false,
      nas_secure_file_permissions: false,
    },
    service_user: { ...callerSection(place, 'cinder'), send_service_user_token: true },
    nova: { ...callerSection(place, 'cinder'), interface: 'public' },
  }),
  async prepare(place, conf) {
    writeFileSync(join(place.directory, 'shares'), `${share}\n`)
    await runProgram('/usr/bin/cinder-manage', '--config-file', conf, 'db', 'sync')
    await writeAhead(place)
  },
  command: (_place, conf) => ({
    file: '/usr/bin/python3',
    args: [join(import.meta.dirname, 'cinder-all.py'), '--config-file', conf],
    env: process.env,
  }),
}

/** Waits until its scheduler knows where volumes may be made. @param cinder as an administrator */
export async function untilStorage(cinder: Adapter, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await cinder.get('/scheduler-stats/get_pools')
    if ((await answer.json<{ pools: object[] }>()).pools.length > 0) return
    await delay(200, undefined, { signal })
  }
}

function mountPoints({ directory }: Pick<Place, 'directory'>): string {
  return join(directory, 'mnt')
}

/**
 * A directory in the place of an NFS export, as containers may not mount one: it is found mounted where the driver of Cinder
 * and each host would mount it.
 */
export class NfsExport {
  readonly #mounted: string[] = []
  readonly #directory: string

  /** @param directory of the files */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true })
  }

  /** @param place directories below which somebody mounts shares */
  async mount(place: { cinder: string; hosts: readonly string[] }): Promise<void> {
    for (const base of [mountPoints({ directory: place.cinder }), ...place.hosts]) {
      const point = join(base, createHash('md5').update(share).digest('hex'))
      mkdirSync(point, { recursive: true })
      await runProgram('/usr/bin/mount', '--bind', this.#directory, point)
      this.#mounted.push(point)
    }
  }

  async unmount(): Promise<void> {
    for (const point of this.#mounted.splice(0)) await runProgram('/usr/bin/umount', '--lazy', point)
  }
}
