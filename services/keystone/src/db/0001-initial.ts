import type { Migration, MigrationSchema } from '@longhaul/oslo/db'
import type { CreateTableBuilder, Kysely } from 'kysely'

type Table = CreateTableBuilder<string, string>

const id = 'varchar(64)'
const name = 'varchar(255)'

/** The tables of a first installation. */
export const initial: Migration = {
  async up(db) {
    await withColumns(db, 'projects', {
      name,
      domain_id: id,
      parent_id: id,
      is_domain: 'integer',
      enabled: 'integer',
      ...json('tags', 'options', 'extra'),
    })
      .addColumn('description', 'text')
      .addUniqueConstraint('projects_name', ['domain_id', 'name'])
      .execute()
    await index(db, 'projects', ['parent_id'])
    await withColumns(db, 'users', { name, domain_id: id, enabled: 'integer', ...json('options', 'extra') })
      .addColumn('password_hash', name)
      .addColumn('default_project_id', id)
      .addUniqueConstraint('users_name', ['domain_id', 'name'])
      .execute()
    await withColumns(db, 'groups', { name, domain_id: id, ...json('extra') })
      .addColumn('description', 'text')
      .addUniqueConstraint('groups_name', ['domain_id', 'name'])
      .execute()
    await keyless(db, 'group_members', { group_id: id, user_id: id })
      .addPrimaryKeyConstraint('group_members_key', ['group_id', 'user_id'])
      .execute()
    await index(db, 'group_members', ['user_id'])
    await withColumns(db, 'roles', { name, domain_id: id, ...json('options', 'extra') })
      .addColumn('description', 'text')
      .addUniqueConstraint('roles_name', ['domain_id', 'name'])
      .execute()
    await keyless(db, 'implied_roles', { prior_role_id: id, implied_role_id: id })
      .addPrimaryKeyConstraint('implied_roles_key', ['prior_role_id', 'implied_role_id'])
      .execute()
    await keyless(db, 'grants', {
      actor_kind: 'varchar(8)',
      actor_id: id,
      target_kind: 'varchar(8)',
      target_id: id,
      role_id: id,
      inherited: 'integer',
    })
      .addPrimaryKeyConstraint('grants_key', [
        'actor_id',
        'target_id',
        'role_id',
        'inherited',
        'actor_kind',
        'target_kind',
      ])
      .execute()
    await index(db, 'grants', ['target_id'])
    await index(db, 'grants', ['role_id'])
    await keyless(db, 'regions', { description: 'text', ...json('extra') })
      .addColumn('id', name, (column) => column.primaryKey())
      .addColumn('parent_region_id', name)
      .execute()
    await withColumns(db, 'services', { type: name, name, enabled: 'integer', ...json('extra') }).execute()
    await withColumns(db, 'endpoints', {
      service_id: id,
      interface: 'varchar(8)',
      url: 'text',
      enabled: 'integer',
      ...json('extra'),
    })
      .addColumn('region_id', name)
      .execute()
    await index(db, 'endpoints', ['service_id'])
    await revocationEvents(db)
    await db.schema
      .createTable('service_state')
      .addColumn('name', 'varchar(32)', (column) => column.primaryKey())
      .addColumn('value', 'bigint', (column) => column.notNull())
      .execute()
    await db.insertInto('service_state').values({ name: 'epoch', value: 0 }).execute()
  },
}

async function revocationEvents(db: Kysely<MigrationSchema>): Promise<void> {
  let table = withColumns(db, 'revocation_events', {
    issued_before: 'bigint',
    revoked_at: 'bigint',
  }).addColumn('expires_at', 'bigint')
  for (const column of [
    'audit_id',
    'audit_chain_id',
    'trust_id',
    'consumer_id',
    'access_token_id',
    'domain_id',
    'project_id',
    'user_id',
    'role_id',
  ]) {
    table = table.addColumn(column, id)
  }
  await table.execute()
  await index(db, 'revocation_events', ['revoked_at'])
}

type ColumnType = 'integer' | 'bigint' | 'text' | typeof id | typeof name | `varchar(${number})`

/** A table of required columns with an id. */
function withColumns(db: Kysely<MigrationSchema>, table: string, columns: Record<string, ColumnType>): Table {
  return keyless(db, table, columns).addColumn('id', id, (column) => column.primaryKey())
}

function keyless(db: Kysely<MigrationSchema>, table: string, columns: Record<string, ColumnType>): Table {
  let builder: Table = db.schema.createTable(table)
  for (const [column, type] of Object.entries(columns))
    builder = builder.addColumn(column, type, (definition) => definition.notNull())
  return builder
}

async function index(db: Kysely<MigrationSchema>, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_${columns.join('_')}`)
    .on(table)
    .columns(columns)
    .execute()
}

function json(...columns: string[]): Record<string, ColumnType> {
  return Object.fromEntries(columns.map((column) => [column, 'text' as const]))
}
