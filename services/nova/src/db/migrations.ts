import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { MigrationSchema, Migrations } from '@longhaul/oslo/db'

/** Names and sizes that DevStack's users know; `disk` in GiB (0: as large as the image), `ram` in MiB. */
const flavors = [
  { id: '42', name: 'm1.nano', ram: 128, vcpus: 1, disk: 0 },
  { id: '84', name: 'm1.micro', ram: 192, vcpus: 1, disk: 0 },
  { id: '1', name: 'm1.tiny', ram: 512, vcpus: 1, disk: 1 },
  { id: '2', name: 'm1.small', ram: 2048, vcpus: 1, disk: 20 },
  { id: '3', name: 'm1.medium', ram: 4096, vcpus: 2, disk: 40 },
  { id: '4', name: 'm1.large', ram: 8192, vcpus: 4, disk: 80 },
  { id: '5', name: 'm1.xlarge', ram: 16384, vcpus: 8, disk: 160 },
]

/** The tables of nova, in PostgreSQL. */
const tables = [
  `create table flavors (
    id text primary key, name text not null unique, ram integer not null, vcpus integer not null,
    disk integer not null, is_public boolean not null default true)`,
  `create table servers (
    id text primary key, name text not null, project_id text not null, user_id text not null,
    image_id text not null, flavor jsonb not null, metadata jsonb not null, host text,
    vm_state text not null, task_state text, power_state integer not null default 0, operation_id text,
    created_at timestamptz not null, updated_at timestamptz not null, launched_at timestamptz,
    deleted_at timestamptz)`,
  `create index servers_of_project on servers (project_id, created_at desc, id desc) where deleted_at is null`,
  `create index servers_of_host on servers (host) where deleted_at is null`,
  `create table instance_actions (
    id bigint generated always as identity primary key, server_id text not null references servers (id),
    request_id text not null, action text not null, user_id text not null, project_id text not null,
    start_time timestamptz not null, updated_at timestamptz not null, finish_time timestamptz, message text)`,
  `create index instance_actions_of_server on instance_actions (server_id, id desc)`,
  `create table instance_action_events (
    id bigint generated always as identity primary key,
    action_id bigint not null references instance_actions (id), event text not null,
    start_time timestamptz not null, finish_time timestamptz, result text, details text, host text,
    unique (action_id, event))`,
  `create table instance_faults (
    id bigint generated always as identity primary key, server_id text not null references servers (id),
    code integer not null, message text not null, details text, created_at timestamptz not null)`,
  `create index instance_faults_of_server on instance_faults (server_id, id desc)`,
  `create table operations (
    id text primary key, kind text not null, server_id text not null references servers (id),
    action_id bigint not null references instance_actions (id), attempt integer not null default 0,
    context text, input jsonb not null, state text not null, request text, error text,
    created_at timestamptz not null, finished_at timestamptz)`,
  `create index operations_unfinished on operations (server_id) where finished_at is null`,
  `create table hosts (
    host text primary key, url text not null, protocol integer not null, vcpus integer not null,
    memory_mb integer not null, disk_gb integer not null, guests jsonb not null, jobs jsonb not null,
    reported_at timestamptz not null)`,
  `create table image_reservations (
    image_id text primary key, server_id text not null, operation_id text not null,
    created_at timestamptz not null)`,
  `create table leftovers (
    id bigint generated always as identity primary key, kind text not null, resource_id text not null,
    operation_id text, host text, attempt integer not null, reason text not null, tries integer not null default 0,
    created_at timestamptz not null, next_try_at timestamptz not null, unique (kind, resource_id))`,
]

/** Applied by `nova-manage db sync`. */
export const migrations: Migrations = {
  '0001-servers': {
    async up(db: Kysely<MigrationSchema>) {
      for (const statement of tables) await sql.raw(statement).execute(db)
      await db.insertInto('flavors').values(flavors).execute()
    },
  },
}
