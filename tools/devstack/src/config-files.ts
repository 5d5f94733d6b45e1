import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { certificateFiles } from './certificates.ts'
import type { CloudRecord } from './cloud-record.ts'
import { conductorConfig, conductorsOf } from './conductors.ts'
import { firstHost, hostDirectory, hostsOf, type ComputeHost } from './compute-hosts.ts'
import { identityUrl, urlOf } from './endpoints.ts'
import type { StateDirectory } from './state-directory.ts'

type Section = Record<string, string | number | boolean | undefined>
/** Options of a configuration file, by section; undefined: left out. */
export type Sections = Record<string, Section>
/** Users that services are in Keystone. */
export type ServiceUser = 'nova' | 'glance' | 'cinder' | 'neutron' | 'neutron-l2-agent'

export const regionName = 'RegionOne'
const novaDatabase = 'nova'

/** The configuration files, by name. */
export function configPaths(state: StateDirectory) {
  return {
    keystone: join(state.etc, 'keystone/keystone.conf'),
    glance: join(state.etc, 'glance/glance-api.conf'),
    cinder: join(state.etc, 'cinder/cinder.conf'),
    neutron: join(state.etc, 'neutron/neutron.conf'),
    nova: join(state.etc, 'nova/nova.conf'),
  }
}

/** The file for options of one's own beside a configuration file: `up` reads it and never writes it. */
export function ownFile(file: string): string {
  return file.replace(/\.conf$/, '.local.conf')
}

/** How a program is told of its configuration: the file that `up` writes and, where there is one, the file of one's own. */
export function configArguments(file: string): string[] {
  const own = ownFile(file)
  return ['--config-file', file, ...(existsSync(own) ? ['--config-file', own] : [])]
}

/** Where the files of volumes are. */
export function volumesDirectory(state: StateDirectory): string {
  return join(state.data, 'cinder/volumes')
}

/** Key files that `up` makes. */
export function keyPaths(state: StateDirectory) {
  return {
    fernet: join(state.etc, 'keystone/fernet-keys'),
    sealing: join(state.etc, 'nova/context.key'),
  }
}

/** The configuration file of a host's agent. */
export function agentConfig(state: StateDirectory, { service }: ComputeHost): string {
  return join(state.etc, `nova/${service}.conf`)
}

/** The configuration file of a host's switch. */
export function switchConfig(state: StateDirectory, host: ComputeHost): string {
  return join(state.etc, `neutron/${host.switch.service}.conf`)
}

/** The key file of a host's agent. */
export function sealingKeyOf(state: StateDirectory, { host }: ComputeHost): string {
  return join(state.etc, `nova/context-${host}.key`)
}

/** Connection of nova's database; also the one of the superuser, for making it. */
export function postgresqlUrls(state: StateDirectory, record: CloudRecord): { nova: string; admin: string } {
  const at = `127.0.0.1:${record.ports.postgresql}`
  const trust = record.tls
    ? `?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificateFiles(state.tls).ca)}`
    : ''
  return {
    nova: `postgresql://nova:${record.novaDatabasePassword}@${at}/${novaDatabase}${trust}`,
    admin: `postgresql://postgres:${record.passwords.postgresql}@${at}/postgres${trust}`,
  }
}

/**
 * Writes the services' configuration files, as an operator would: one file a service, mode 0600 (they hold passwords).
 */
export function writeConfigFiles(state: StateDirectory, record: CloudRecord): void {
  const paths = configPaths(state)
  writeIni(paths.keystone, keystoneConf(state, record))
  writeIni(paths.glance, glanceConf(state, record))
  writeIni(paths.cinder, cinderConf(state, record))
  writeIni(paths.neutron, neutronConf(state, record))
  writeIni(paths.nova, novaConf(state, record))
  for (const conductor of conductorsOf(record)) {
    const { host } = conductor
    if (host !== undefined) writeIni(conductorConfig(state, conductor), { DEFAULT: { host } })
  }
  for (const host of hostsOf(record)) {
    writeIni(agentConfig(state, host), novaComputeConf(state, record, host))
    writeIni(switchConfig(state, host), switchConf(state, record, host))
  }
}

/**
 * The configuration of a further Keystone on the same database and keys, with tokens of another length.
 *
 * @param port where it listens
 * @param expiration seconds its tokens live
 */
export function writeFurtherKeystoneConf(
  state: StateDirectory,
  record: CloudRecord,
  further: { name: string; port: number; expiration: number },
): string {
  const file = join(state.etc, `keystone/${further.name}.conf`)
  const conf = keystoneConf(state, record)
  conf['listen']!['port'] = further.port
  conf['token']!['expiration'] = further.expiration
  writeIni(file, conf)
  return file
}

function keystoneConf(state: StateDirectory, record: CloudRecord): Sections {
  return {
    listen: listener(state, record, record.ports.keystone),
    database: { connection: `sqlite:///${join(state.data, 'keystone/keystone.db')}` },
    token: { provider: 'fernet', expiration: record.tokenExpiration },
    fernet_tokens: { key_repository: keyPaths(state).fernet },
  }
}

function glanceConf(state: StateDirectory, record: CloudRecord): Sections {
  return {
    listen: listener(state, record, record.ports.glance),
    database: { connection: `sqlite:///${join(state.data, 'glance/glance.db')}` },
    glance_store: { filesystem_store_datadir: join(state.data, 'glance/images') },
    keystone_authtoken: authtoken(state, record, 'glance'),
  }
}

function cinderConf(state: StateDirectory, record: CloudRecord): Sections {
  const others = { valid_interfaces: 'internal', region_name: regionName, ...trust(state, record) }
  return {
    DEFAULT: {
      host: firstHost,
      volumes_dir: volumesDirectory(state),
      // The path of a socket must be short.
      nbd_socket_dir: join(state.run, 'nbd'),
    },
    listen: listener(state, record, record.ports.cinder),
    database: { connection: `sqlite:///${join(state.data, 'cinder/cinder.db')}` },
    keystone_authtoken: authtoken(state, record, 'cinder'),
    service_user: {
      send_service_user_token: true,
      ...credentials(record, 'cinder'),
      ...trust(state, record),
    },
    nova: { ...credentials(record, 'cinder'), ...others },
    glance: others,
  }
}

function neutronConf(state: StateDirectory, record: CloudRecord): Sections {
  return {
    // A machine that starts waits for what nova is told.
    DEFAULT: { send_events_interval: 0.1 },
    listen: listener(state, record, record.ports.neutron),
    database: { connection: `sqlite:///${join(state.data, 'neutron/neutron.db')}` },
    keystone_authtoken: authtoken(state, record, 'neutron'),
    nova: {
      ...credentials(record, 'neutron'),
      valid_interfaces: 'internal',
      region_name: regionName,
      ...trust(state, record),
    },
  }
}

function switchConf(state: StateDirectory, record: CloudRecord, at: ComputeHost): Sections {
  const link = record.ports[at.switch.link]
  return {
    DEFAULT: { host: at.host, state_path: join(state.data, at.switch.service) },
    listen: listener(state, record, record.ports[at.switch.port]),
    // As nobody else listens on that port, nobody else has the address that is made of it.
    switch: { local_ip: `127.1.${link >> 8}.${link & 255}` },
    link: { ...listener(state, record, link), ...trust(state, record) },
    neutron: {
      ...credentials(record, 'neutron-l2-agent'),
      valid_interfaces: 'internal',
      region_name: regionName,
      ...trust(state, record),
    },
  }
}

function novaConf(state: StateDirectory, record: CloudRecord): Sections {
  return {
    // The small guest does not know how to power itself off.
    DEFAULT: { host: 'controller', shutdown_timeout: 2, service_down_time: record.serviceDownTime },
    listen: listener(state, record, record.ports.nova),
    internal: listener(state, record, record.ports.novaInternal),
    database: { connection: postgresqlUrls(state, record).nova },
    context: { sealing_key_file: keyPaths(state).sealing },
    conductor: { maintenance_interval: 2 },
    libvirt: { live_migration_bandwidth: record.migrationBandwidth },
    ...novaAuth(state, record),
  }
}

function novaComputeConf(state: StateDirectory, record: CloudRecord, at: ComputeHost): Sections {
  return {
    DEFAULT: {
      host: at.host,
      state_path: hostDirectory(state, at),
      instances_path: record.sharedInstances?.includes(at.host) ? join(state.data, 'instances') : undefined,
      compute_driver: record.driver,
      report_interval: 2,
    },
    listen: listener(state, record, record.ports[at.port]),
    compute: { internal_url: urlOf(record, record.ports.novaInternal) },
    context: { sealing_key_file: sealingKeyOf(state, at) },
    qemu: {
      accel: 'tcg',
      snapshot_bandwidth: record.snapshotBandwidth,
      migrate_tls_x509_cert_dir: record.tls ? certificateFiles(state.tls).machines : undefined,
    },
    ...novaAuth(state, record),
  }
}

function novaAuth(state: StateDirectory, record: CloudRecord): Sections {
  return {
    keystone_authtoken: authtoken(state, record, 'nova'),
    service_user: {
      send_service_user_token: record.sendServiceUserToken,
      ...credentials(record, 'nova'),
      ...trust(state, record),
    },
    glance: {
      valid_interfaces: 'internal',
      region_name: regionName,
      auth_section: 'service_user',
      ...trust(state, record),
    },
    // Nova's own credentials are for undoing what an operation left at cinder.
    cinder: { os_region_name: regionName, auth_section: 'service_user', ...trust(state, record) },
    // Nova's own credentials bind ports to hosts.
    neutron: {
      valid_interfaces: 'internal',
      region_name: regionName,
      auth_section: 'service_user',
      ...trust(state, record),
    },
    compute_agent: { auth_section: 'keystone_authtoken', ...trust(state, record) },
  }
}

/** What a service of the cloud knows of the Identity service. */
export function authtoken(state: StateDirectory, record: CloudRecord, user: ServiceUser): Section {
  return {
    www_authenticate_uri: identityUrl(record),
    ...credentials(record, user),
    ...trust(state, record),
    service_token_roles: 'service',
  }
}

function listener(state: StateDirectory, { tls }: CloudRecord, port: number): Section {
  const { certificate, key } = certificateFiles(state.tls)
  return { host: '127.0.0.1', port, ...(tls ? { certfile: certificate, keyfile: key } : {}) }
}

function trust(state: StateDirectory, { tls }: CloudRecord): Section {
  return tls ? { cafile: certificateFiles(state.tls).ca } : {}
}

/** Credentials of a service user, as options of a section. */
export function credentials(record: CloudRecord, user: ServiceUser): Section {
  return {
    auth_type: 'password',
    auth_url: identityUrl(record),
    username: user,
    password: record.passwords[user],
    user_domain_name: 'Default',
    project_name: 'service',
    project_domain_name: 'Default',
  }
}

/** Writes a configuration file that only its owner can read, whole or not at all. */
export function writeIni(file: string, sections: Sections): void {
  const blocks = Object.entries(sections).map(([name, options]) => {
    const lines = Object.entries(options).flatMap(([option, value]) =>
      value === undefined ? [] : [`${option} = ${value}`],
    )
    return [`[${name}]`, ...lines, ''].join('\n')
  })
  const note = `# "longhaul up" writes this file anew. Options of your own belong into ${basename(ownFile(file))} beside it.\n`
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, [note, ...blocks].join('\n'), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
