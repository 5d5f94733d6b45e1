import { isoTimeWithoutZone } from '../iso-time.ts'
import { resourceLinks, type Links } from '../links.ts'
import type { Microversion } from '../microversions.ts'
import { underWay } from './states.ts'
import type { MigrationRow } from './store.ts'

interface ViewOptions {
  version: Microversion
  /** Whether the caller sees hosts. */
  hosts: boolean
}

/** A live migration that is under way. @see openstack/nova nova/api/openstack/compute/server_migrations.py, output */
export function serverMigrationView(migration: MigrationRow, { version, hosts }: ViewOptions) {
  return {
    ...common(migration, version, hosts),
    server_uuid: migration.server_id,
    memory_total_bytes: migration.memory_total,
    memory_processed_bytes: migration.memory_processed,
    memory_remaining_bytes: migration.memory_remaining,
    disk_total_bytes: migration.disk_total,
    disk_processed_bytes: migration.disk_processed,
    disk_remaining_bytes: migration.disk_remaining,
  }
}

/** One of a list. @see openstack/nova nova/api/openstack/compute/migrations.py, _output */
export function migrationView(
  migration: MigrationRow,
  { version, hosts, links }: ViewOptions & { links: Links },
) {
  const { id, server_id } = migration
  const path = `/servers/${server_id}/migrations/${id}`
  return {
    ...common(migration, version, hosts),
    instance_uuid: server_id,
    old_instance_type_id: null,
    new_instance_type_id: null,
    ...(version.atLeast('2.23') ? { migration_type: 'live-migration' } : {}),
    ...(version.atLeast('2.23') && underWay(migration) ? { links: resourceLinks(links, path) } : {}),
  }
}

function common(migration: MigrationRow, version: Microversion, hosts: boolean) {
  const { id, uuid, status, source_compute, dest_compute, user_id, project_id } = migration
  return {
    id,
    ...(version.atLeast('2.59') ? { uuid } : {}),
    status,
    source_compute: hosts ? source_compute : null,
    source_node: hosts ? source_compute : null,
    dest_compute: hosts ? dest_compute : null,
    dest_host: null,
    dest_node: hosts ? dest_compute : null,
    created_at: isoTimeWithoutZone(migration.created_at),
    updated_at: isoTimeWithoutZone(migration.updated_at),
    ...(version.atLeast('2.80') ? { user_id, project_id } : {}),
  }
}
