import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Migration, Migrations } from '@longhaul/oslo/db'
import type { CinderTables } from './tables.ts'

/** The type of volumes whose creator names none. */
export const defaultTypeName = '__DEFAULT__'

const initial: Migration = {
  async up(db) {
    await db.schema
      .createTable('volume_types')
      .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
      .addColumn('name', 'varchar(255)', (column) => column.notNull().unique())
      .addColumn('description', 'varchar(255)')
      .addColumn('is_public', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('updated_at', 'varchar(30)')
      .execute()
    await db.schema
      .createTable('volume_type_extra_specs')
      .addColumn('volume_type_id', 'varchar(36)', (column) =>
        column.notNull().references('volume_types.id').onDelete('cascade'),
      )
      .addColumn('key', 'varchar(255)', (column) => column.notNull())
      .addColumn('value', 'varchar(255)', (column) => column.notNull())
      .addPrimaryKeyConstraint('volume_type_extra_specs_key', ['volume_type_id', 'key'])
      .execute()
    await db.schema
      .createTable('volume_type_projects')
      .addColumn('volume_type_id', 'varchar(36)', (column) =>
        column.notNull().references('volume_types.id').onDelete('cascade'),
      )
      .addColumn('project_id', 'varchar(255)', (column) => column.notNull())
      .addPrimaryKeyConstraint('volume_type_projects_key', ['volume_type_id', 'project_id'])
      .execute()
    const type = { id: randomUUID(), name: defaultTypeName, description: 'Default Volume Type' }
    await (db as unknown as Kysely<CinderTables>)
      .insertInto('volume_types')
      .values({ ...type, is_public: 1, created_at: new Date().toISOString(), updated_at: null })
      .execute()
    await db.schema
      .createTable('volumes')
      .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
      .addColumn('project_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('user_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('name', 'varchar(255)')
      .addColumn('description', 'varchar(255)')
      .addColumn('size', 'integer', (column) => column.notNull())
      .addColumn('status', 'varchar(30)', (column) => column.notNull())
      .addColumn('attach_status', 'varchar(30)', (column) => column.notNull())
      .addColumn('previous_status', 'varchar(30)')
      .addColumn('new_size', 'integer')
      .addColumn('bootable', 'integer', (column) => column.notNull())
      .addColumn('multiattach', 'integer', (column) => column.notNull())
      .addColumn('readonly', 'integer', (column) => column.notNull())
      .addColumn('volume_type_id', 'varchar(36)', (column) => column.notNull().references('volume_types.id'))
      .addColumn('availability_zone', 'varchar(255)', (column) => column.notNull())
      .addColumn('host', 'varchar(255)', (column) => column.notNull())
      .addColumn('snapshot_id', 'varchar(36)')
      .addColumn('source_volid', 'varchar(36)')
      .addColumn('image_id', 'varchar(36)')
      .addColumn('created_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('updated_at', 'varchar(30)')
      .execute()
    await db.schema
      .createIndex('volumes_by_project')
      .on('volumes')
      .columns(['project_id', 'created_at'])
      .execute()
    await db.schema.createIndex('volumes_by_status').on('volumes').column('status').execute()
    await db.schema
      .createTable('snapshots')
      .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
      .addColumn('project_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('user_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('volume_id', 'varchar(36)', (column) => column.notNull().references('volumes.id'))
      .addColumn('name', 'varchar(255)')
      .addColumn('description', 'varchar(255)')
      .addColumn('status', 'varchar(30)', (column) => column.notNull())
      .addColumn('volume_size', 'integer', (column) => column.notNull())
      .addColumn('volume_type_id', 'varchar(36)', (column) => column.notNull().references('volume_types.id'))
      .addColumn('created_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('updated_at', 'varchar(30)')
      .execute()
    await db.schema
      .createIndex('snapshots_by_project')
      .on('snapshots')
      .columns(['project_id', 'created_at'])
      .execute()
    await db.schema.createIndex('snapshots_by_volume').on('snapshots').column('volume_id').execute()
    await db.schema.createIndex('snapshots_by_status').on('snapshots').column('status').execute()
    await db.schema
      .createTable('metadata')
      .addColumn('owner_id', 'varchar(36)', (column) => column.notNull())
      .addColumn('kind', 'varchar(5)', (column) => column.notNull())
      .addColumn('key', 'varchar(255)', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('metadata_key', ['owner_id', 'kind', 'key'])
      .execute()
    await db.schema
      .createTable('volume_attachment')
      .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
      .addColumn('volume_id', 'varchar(36)', (column) => column.notNull().references('volumes.id'))
      .addColumn('project_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('instance_uuid', 'varchar(36)')
      .addColumn('attached_host', 'varchar(255)')
      .addColumn('mountpoint', 'varchar(255)')
      .addColumn('attach_mode', 'varchar(5)')
      .addColumn('attach_status', 'varchar(30)', (column) => column.notNull())
      .addColumn('connector', 'text')
      .addColumn('connection_info', 'text')
      .addColumn('attach_time', 'varchar(30)')
      .addColumn('created_at', 'varchar(30)', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('attachments_by_volume').on('volume_attachment').column('volume_id').execute()
    await db.schema
      .createTable('quotas')
      .addColumn('project_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('resource', 'varchar(255)', (column) => column.notNull())
      .addColumn('hard_limit', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('quotas_key', ['project_id', 'resource'])
      .execute()
    await db.schema
      .createTable('quota_locks')
      .addColumn('project_id', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('turn', 'integer', (column) => column.notNull())
      .execute()
  },
}

/** The steps of the schema, by name; `cinder-manage db sync` applies what is missing. */
export const migrations: Migrations = { '0001-volumes': initial }
