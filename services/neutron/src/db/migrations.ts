import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import type { Migration, Migrations, MigrationSchema } from '@longhaul/oslo/db'

const text = (size: number) => `varchar(${size})` as const

function resourceTable(db: Kysely<MigrationSchema>, name: string): CreateTableBuilder<string> {
  return db.schema
    .createTable(name)
    .addColumn('id', text(36), (column) => column.primaryKey())
    .addColumn('project_id', text(255), (column) => column.notNull())
    .addColumn('name', text(255), (column) => column.notNull())
    .addColumn('description', text(255), (column) => column.notNull())
    .addColumn('revision_number', 'bigint', (column) => column.notNull())
    .addColumn('created_at', text(30), (column) => column.notNull())
    .addColumn('updated_at', text(30), (column) => column.notNull())
}

const initial: Migration = {
  async up(db) {
    await resourceTable(db, 'networks')
      .addColumn('admin_state_up', 'integer', (column) => column.notNull())
      .addColumn('shared', 'integer', (column) => column.notNull())
      .addColumn('mtu', 'integer', (column) => column.notNull())
      .addColumn('status', text(16), (column) => column.notNull())
      .execute()
    await db.schema.createIndex('networks_by_project').on('networks').column('project_id').execute()
    await resourceTable(db, 'subnets')
      .addColumn('network_id', text(36), (column) =>
        column.notNull().references('networks.id').onDelete('cascade'),
      )
      .addColumn('ip_version', 'integer', (column) => column.notNull())
      .addColumn('cidr', text(64), (column) => column.notNull())
      .addColumn('gateway_ip', text(64))
      .addColumn('enable_dhcp', 'integer', (column) => column.notNull())
      .addColumn('ipv6_ra_mode', text(16))
      .addColumn('ipv6_address_mode', text(16))
      .addColumn('allocation_pools', 'text', (column) => column.notNull())
      .addColumn('dns_nameservers', 'text', (column) => column.notNull())
      .addColumn('host_routes', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('subnets_by_network').on('subnets').column('network_id').execute()
    await resourceTable(db, 'ports')
      .addColumn('network_id', text(36), (column) => column.notNull().references('networks.id'))
      .addColumn('mac_address', text(17), (column) => column.notNull())
      .addColumn('admin_state_up', 'integer', (column) => column.notNull())
      .addColumn('status', text(16), (column) => column.notNull())
      .addColumn('device_id', text(255), (column) => column.notNull())
      .addColumn('device_owner', text(255), (column) => column.notNull())
      .addColumn('allowed_address_pairs', 'text', (column) => column.notNull())
      .addUniqueConstraint('ports_by_mac', ['network_id', 'mac_address'])
      .execute()
    await db.schema.createIndex('ports_by_device').on('ports').column('device_id').execute()
    await db.schema.createIndex('ports_by_project').on('ports').column('project_id').execute()
    await db.schema
      .createTable('ip_allocations')
      .addColumn('subnet_id', text(36), (column) => column.notNull().references('subnets.id'))
      .addColumn('ip_address', text(64), (column) => column.notNull())
      .addColumn('port_id', text(36), (column) => column.notNull().references('ports.id').onDelete('cascade'))
      .addColumn('position', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('ip_allocations_key', ['subnet_id', 'ip_address'])
      .execute()
    await db.schema.createIndex('ip_allocations_by_port').on('ip_allocations').column('port_id').execute()
    await db.schema
      .createTable('port_bindings')
      .addColumn('port_id', text(36), (column) => column.notNull().references('ports.id').onDelete('cascade'))
      .addColumn('host', text(255), (column) => column.notNull())
      .addColumn('vnic_type', text(64), (column) => column.notNull())
      .addColumn('profile', 'text', (column) => column.notNull())
      .addColumn('vif_type', text(64), (column) => column.notNull())
      .addColumn('vif_details', 'text', (column) => column.notNull())
      .addColumn('udp_port', 'integer')
      .addColumn('status', text(16), (column) => column.notNull())
      .addColumn('plugged', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('port_bindings_key', ['port_id', 'host'])
      .addUniqueConstraint('port_bindings_by_udp_port', ['host', 'udp_port'])
      .execute()
    await sql`create unique index port_bindings_active on port_bindings (port_id) where status = 'ACTIVE'`.execute(
      db,
    )
    await db.schema.createIndex('port_bindings_by_host').on('port_bindings').column('host').execute()
    await db.schema
      .createTable('agents')
      .addColumn('host', text(255), (column) => column.primaryKey())
      .addColumn('local_ip', text(45), (column) => column.notNull())
      .addColumn('first_port', 'integer', (column) => column.notNull())
      .addColumn('last_port', 'integer', (column) => column.notNull())
      .addColumn('link', text(255), (column) => column.notNull())
      .addColumn('seen_at', text(30), (column) => column.notNull())
      .addColumn('wanted', 'bigint', (column) => column.notNull())
      .addColumn('wired', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('quotas')
      .addColumn('project_id', text(255), (column) => column.notNull())
      .addColumn('resource', text(64), (column) => column.notNull())
      .addColumn('hard_limit', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('quotas_key', ['project_id', 'resource'])
      .execute()
    await db.schema
      .createTable('quota_locks')
      .addColumn('project_id', text(255), (column) => column.primaryKey())
      .execute()
  },
}

/** The steps of the schema, by name; `neutron-db-manage upgrade heads` applies what is missing. */
export const migrations: Migrations = { '0001-networks': initial }
