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
    disk integer not null, ephemeral integer not null default 0, swap integer not null default 0,
    rxtx_factor double precision not null default 1, is_public boolean not null default true,
    disabled boolean not null default false, description text, extra_specs jsonb not null default '{}',
    created_at timestamptz not null default date_trunc('milliseconds', now()), updated_at timestamptz)`,
  `create table flavor_projects (
    flavor_id text not null references flavors (id) on delete cascade, project_id text not null,
    primary key (flavor_id, project_id))`,
  `create table servers (
    id text primary key, name text not null, description text, hostname text not null,
    project_id text not null, user_id text not null, image_id text not null, flavor jsonb not null,
    metadata jsonb not null, tags text[] not null default '{}', key_name text, user_data text,
    access_ip_v4 text, access_ip_v6 text, auto_disk_config boolean not null default false,
    reservation_id text not null, launch_index integer not null default 0, availability_zone text,
    requested_host text, locked_by text, locked_reason text, host text,
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
  `create table services (
    id bigint generated always as identity primary key, uuid text not null unique, host text not null,
    "binary" text not null, disabled boolean not null default false, disabled_reason text,
    forced_down boolean not null default false, created_at timestamptz not null,
    reported_at timestamptz not null, unique (host, "binary"))`,
  `create table hosts (
    host text primary key, id bigint generated always as identity unique, uuid text not null unique, url text not null, protocol integer not null, vcpus integer not null,
    memory_mb integer not null, disk_gb integer not null, guests jsonb not null, jobs jsonb not null,
    hypervisor jsonb, reported_at timestamptz not null)`,
  `create table key_pairs (
    id bigint generated always as identity primary key, user_id text not null, name text not null,
    type text not null, public_key text not null, fingerprint text not null, created_at timestamptz not null,
    unique (user_id, name))`,
  `create table quotas (
    project_id text not null, resource text not null, hard_limit integer not null,
    primary key (project_id, resource))`,
  `create table quota_classes (
    class_name text not null, resource text not null, hard_limit integer not null,
    primary key (class_name, resource))`,
  `create table image_reservations (
    image_id text primary key, server_id text not null, operation_id text not null,
    created_at timestamptz not null)`,
  `create table leftovers (
    id bigint generated always as identity primary key, kind text not null, resource_id text not null,
    operation_id text, host text, attempt integer not null, reason text not null, tries integer not null default 0,
    created_at timestamptz not null, next_try_at timestamptz not null, unique (kind, resource_id))`,
]

const blockDeviceMappings = `create table block_device_mappings (
  id bigint generated always as identity primary key, uuid text not null unique,
  server_id text not null references servers (id), volume_id text not null, attachment_id text unique,
  device_name text not null, tag text, delete_on_termination boolean not null, reserved_at timestamptz,
  created_at timestamptz not null, updated_at timestamptz not null, unique (server_id, volume_id))`

const serverPorts = [
  `create table server_ports (
    id bigint generated always as identity primary key, uuid text not null unique,
    server_id text not null references servers (id), port_id text unique, network_id text not null, tag text,
    created_by_nova boolean not null, reserved_at timestamptz, created_at timestamptz not null,
    updated_at timestamptz not null)`,
  'create index server_ports_of_server on server_ports (server_id, id)',
]

const portAddresses = `alter table server_ports add column network_name text, add column mac_address text,
  add column addresses text[] not null default '{}'`

const migrationsTable = [
  `create table migrations (
    id bigint generated always as identity primary key, uuid text not null unique,
    server_id text not null references servers (id), operation_id text not null unique, status text not null,
    source_compute text not null, dest_compute text, force_complete boolean not null default false,
    started_at timestamptz, memory_total bigint, memory_processed bigint, memory_remaining bigint,
    disk_total bigint, disk_processed bigint, disk_remaining bigint, user_id text not null,
    project_id text not null, created_at timestamptz not null, updated_at timestamptz not null)`,
  'alter table leftovers drop constraint leftovers_kind_resource_id_key',
  `create unique index leftovers_once on leftovers (kind, resource_id, coalesce(host, ''))`,
  `create index migrations_of_server on migrations (server_id, id desc)`,
]

/** Applied by `nova-manage db sync`. */
export const migrations: Migrations = {
  '0001-servers': {
    async up(db: Kysely<MigrationSchema>) {
      for (const statement of tables) await sql.raw(statement).execute(db)
      await db.insertInto('flavors').values(flavors).execute()
    },
  },
  '0002-block-device-mappings': {
    async up(db: Kysely<MigrationSchema>) {
      await sql.raw(blockDeviceMappings).execute(db)
    },
  },
  '0003-migrations': {
    async up(db: Kysely<MigrationSchema>) {
      for (const statement of migrationsTable) await sql.raw(statement).execute(db)
    },
  },
  '0004-server-ports': {
    async up(db: Kysely<MigrationSchema>) {
      for (const statement of serverPorts) await sql.raw(statement).execute(db)
    },
  },
  '0005-port-addresses': {
    async up(db: Kysely<MigrationSchema>) {
      await sql.raw(portAddresses).execute(db)
    },
  },
  '0006-claims-of-leftovers': {
    async up(db: Kysely<MigrationSchema>) {
      await sql.raw('alter table leftovers add column claimed_until timestamptz').execute(db)
    },
  },
}
