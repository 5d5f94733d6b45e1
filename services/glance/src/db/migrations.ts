import type { Migration, Migrations } from '@longhaul/oslo/db'

const initial: Migration = {
  async up(db) {
    await db.schema
      .createTable('images')
      .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
      .addColumn('name', 'varchar(255)')
      .addColumn('status', 'varchar(30)', (column) => column.notNull())
      .addColumn('visibility', 'varchar(9)', (column) => column.notNull())
      .addColumn('owner', 'varchar(255)')
      .addColumn('protected', 'integer', (column) => column.notNull())
      .addColumn('os_hidden', 'integer', (column) => column.notNull())
      .addColumn('container_format', 'varchar(20)')
      .addColumn('disk_format', 'varchar(20)')
      .addColumn('min_disk', 'bigint', (column) => column.notNull())
      .addColumn('min_ram', 'bigint', (column) => column.notNull())
      .addColumn('size', 'bigint')
      .addColumn('virtual_size', 'bigint')
      .addColumn('checksum', 'varchar(32)')
      .addColumn('os_hash_algo', 'varchar(64)')
      .addColumn('os_hash_value', 'varchar(128)')
      .addColumn('upload_id', 'varchar(36)')
      .addColumn('worker', 'varchar(255)')
      .addColumn('data_id', 'varchar(36)')
      .addColumn('staged_id', 'varchar(36)')
      .addColumn('import_id', 'varchar(36)')
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('updated_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('deleted_at', 'varchar(30)')
      .execute()
    await db.schema.createIndex('images_by_age').on('images').columns(['created_at', 'id']).execute()
    await db.schema.createIndex('images_by_owner').on('images').columns(['owner', 'status']).execute()
    await db.schema.createIndex('images_by_name').on('images').column('name').execute()
    await db.schema.createIndex('images_by_upload').on('images').column('upload_id').execute()
    await db.schema
      .createTable('image_properties')
      .addColumn('image_id', 'varchar(36)', (column) =>
        column.notNull().references('images.id').onDelete('cascade'),
      )
      .addColumn('name', 'varchar(255)', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('image_properties_key', ['image_id', 'name'])
      .execute()
    await db.schema
      .createTable('image_tags')
      .addColumn('image_id', 'varchar(36)', (column) =>
        column.notNull().references('images.id').onDelete('cascade'),
      )
      .addColumn('value', 'varchar(255)', (column) => column.notNull())
      .addPrimaryKeyConstraint('image_tags_key', ['image_id', 'value'])
      .execute()
    await db.schema
      .createTable('image_members')
      .addColumn('image_id', 'varchar(36)', (column) =>
        column.notNull().references('images.id').onDelete('cascade'),
      )
      .addColumn('member_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('status', 'varchar(20)', (column) => column.notNull())
      .addColumn('created_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('updated_at', 'varchar(30)', (column) => column.notNull())
      .addPrimaryKeyConstraint('image_members_key', ['image_id', 'member_id'])
      .execute()
    await db.schema
      .createIndex('image_members_by_member')
      .on('image_members')
      .columns(['member_id', 'status'])
      .execute()
    await db.schema
      .createTable('tasks')
      .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
      .addColumn('type', 'varchar(30)', (column) => column.notNull())
      .addColumn('status', 'varchar(30)', (column) => column.notNull())
      .addColumn('owner', 'varchar(255)')
      .addColumn('image_id', 'varchar(36)', (column) =>
        column.notNull().references('images.id').onDelete('cascade'),
      )
      .addColumn('user_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('request_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('input', 'text', (column) => column.notNull())
      .addColumn('result', 'text')
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('created_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('updated_at', 'varchar(30)', (column) => column.notNull())
      .addColumn('expires_at', 'varchar(30)')
      .execute()
    await db.schema.createIndex('tasks_by_image').on('tasks').column('image_id').execute()
    await db.schema
      .createTable('workers')
      .addColumn('name', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('seen_at', 'varchar(30)', (column) => column.notNull())
      .execute()
  },
}

/** The steps of the schema, by name; `glance-manage db sync` applies what is missing. */
export const migrations: Migrations = { '0001-images': initial }
