import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { findQemu } from '@longhaul/qemu'
import { Listr, type ListrTask } from 'listr2'
import { ensureCertificates } from './certificates.ts'
import {
  newCloudRecord,
  readCloudRecord,
  writeCloudRecord,
  type CloudRecord,
  type CloudSettings,
} from './cloud-record.ts'
import { conductorsOf } from './conductors.ts'
import { hostsOf } from './compute-hosts.ts'
import { urlOf } from './endpoints.ts'
import { DevstackError } from './errors.ts'
import { untilReady } from './health.ts'
import { setUpIdentity, userAuth } from './identity-setup.ts'
import { setUpImage } from './image-setup.ts'
import { alone } from './alone.ts'
import { prepare } from './prepare.ts'
import { choosePorts, isFree, portInUse, refuseTwice, type Ports } from './ports.ts'
import { isAlive, readProcessRecord, startDetached, writeProcessRecord } from './processes.ts'
import { program, serviceDefinitions, type ServiceDefinition } from './services.ts'
import { cloudSession } from './session.ts'
import { stateDirectory, type StateDirectory } from './state-directory.ts'

export const supervisorName = 'supervisor'

export interface UpOptions {
  root: string
  ports?: Partial<Ports>
  /** False: every port from the kernel, so that several clouds stand side by side; default true. */
  standardPorts?: boolean
  settings?: Partial<Omit<CloudSettings, 'ports'>>
  renderer?: 'default' | 'simple' | 'silent'
}

/** A cloud that is up. */
export interface Cloud {
  state: StateDirectory
  record: CloudRecord
  services: ServiceDefinition[]
  imageId: string
}

/**
 * Brings a cloud up, from nothing or from where an earlier call left it. Safe to repeat: what runs goes on running.
 *
 * @throws DevstackError `port_in_use`, `port_twice`, `stale_state_directory`, `directory_not_empty`, `directory_in_use`,
 *   `service_not_ready`, `verb_failed`, `postgresql_missing`, `cloud_running`, `openssl_missing`
 * @throws QemuMissingError when the driver is qemu and QEMU is not installed
 */
export async function up(options: UpOptions): Promise<Cloud> {
  const state = stateDirectory(options.root)
  mkdirSync(state.root, { recursive: true, mode: 0o711 })
  return await alone(state, () => bringUp(state, options))
}

async function bringUp(state: StateDirectory, options: UpOptions): Promise<Cloud> {
  const record = await recordFor(state, options)
  if (record.tls) await ensureCertificates(state.tls, new Date())
  const services = await serviceDefinitions(state, record)
  const service = (name: string) => services.find((one) => one.name === name)!
  const session = cloudSession(state, record)
  // One login for all that is set up.
  const admin = userAuth(record, 'admin')
  let imageId = ''
  const ready = (name: string): ListrTask => ({ title: name, task: () => untilReady(state, service(name)) })
  const tasks = new Listr(
    [
      {
        title: 'configuration, keys and databases',
        task: () => prepare(state, record, service('postgresql')),
      },
      { title: 'supervisor', task: () => startSupervisor(state) },
      ready('keystone'),
      { title: 'projects, users and endpoints', task: () => setUpIdentity(record, session, admin) },
      ready('glance-api'),
      {
        title: 'guest image',
        task: async () => {
          imageId = await setUpImage(state, session, admin, urlOf(record, record.ports.glance))
        },
      },
      ready('cinder-api'),
      ready('neutron-server'),
      ready('nova-api'),
      ...conductorsOf(record).map((conductor) => ready(conductor.service)),
      ...hostsOf(record).flatMap((host) => [ready(host.service), ready(host.switch.service)]),
    ],
    {
      renderer: options.renderer ?? 'default',
      fallbackRenderer: 'simple',
      // The caller decides what an interrupted start leaves.
      registerSignalListeners: false,
    },
  )
  try {
    await tasks.run()
  } finally {
    await session.close()
  }
  return { state, record, services, imageId }
}

/** The definitions of a cloud that exists; undefined when there is none. */
export async function existingCloud(root: string): Promise<Omit<Cloud, 'imageId'> | undefined> {
  const state = stateDirectory(root)
  const record = readCloudRecord(state)
  if (!record) return undefined
  return { state, record, services: await serviceDefinitions(state, record) }
}

async function recordFor(state: StateDirectory, options: UpOptions): Promise<CloudRecord> {
  const found = readCloudRecord(state)
  const driver = options.settings?.driver ?? found?.driver ?? 'qemu'
  if (driver === 'qemu') await findQemu()
  if (found) {
    const ports = { ...found.ports, ...options.ports }
    refuseChangesOfRunning(state, found, { ...options.settings, ports })
    refuseTwice(ports)
    const record = { ...found, ...options.settings, ports }
    await refuseTakenPorts(state, record)
    writeCloudRecord(state, record)
    return record
  }
  refuseForeign(state)
  const ports = await choosePorts(options.ports ?? {}, options.standardPorts ?? true)
  const record = newCloudRecord({
    driver,
    tokenExpiration: 3600,
    sendServiceUserToken: true,
    snapshotBandwidth: 0,
    tls: false,
    ...options.settings,
    ports,
  })
  // First of all: what is in a directory with a record is the cloud's.
  writeCloudRecord(state, record)
  for (const path of [state.etc, state.log, state.run]) mkdirSync(path, { recursive: true, mode: 0o700 })
  mkdirSync(state.data, { recursive: true, mode: 0o711 })
  return record
}

// `down --purge` removes the directory.
function refuseForeign(state: StateDirectory): void {
  if (readdirSync(state.root).length === 0) return
  throw new DevstackError(
    'directory_not_empty',
    `${state.root} holds files but no cloud; choose an empty or a new directory`,
  )
}

// Services read their files when they start, and clients know the URLs.
function refuseChangesOfRunning(
  state: StateDirectory,
  record: CloudRecord,
  settings: Partial<CloudSettings>,
): void {
  const changes: string[] = (['tls', 'driver', 'hosts', 'conductors'] as const).filter(
    (name) => settings[name] !== undefined && settings[name] !== record[name],
  )
  for (const [name, port] of Object.entries(settings.ports ?? {})) {
    if (port !== record.ports[name as keyof Ports]) changes.push(`port of ${name}`)
  }
  if (changes.length === 0 || !isAlive(readProcessRecord(state.run, supervisorName))) return
  throw new DevstackError(
    'cloud_running',
    `the cloud in ${state.root} is up with another ${changes.join(' and ')}: take it down first (longhaul down)`,
  )
}

// A port of a cloud that is down may have gone to somebody else meanwhile.
async function refuseTakenPorts(state: StateDirectory, record: CloudRecord): Promise<void> {
  const owners: Record<keyof Ports, string> = {
    keystone: 'keystone',
    glance: 'glance-api',
    cinder: 'cinder-api',
    neutron: 'neutron-server',
    l2Agent: 'neutron-l2-agent',
    l2Agent2: 'neutron-l2-agent2',
    l2Agent3: 'neutron-l2-agent3',
    l2Link: 'neutron-l2-agent',
    l2Link2: 'neutron-l2-agent2',
    l2Link3: 'neutron-l2-agent3',
    nova: 'nova-api',
    novaInternal: 'nova-api',
    novaCompute: 'nova-compute',
    novaCompute2: 'nova-compute2',
    novaCompute3: 'nova-compute3',
    postgresql: 'postgresql',
  }
  for (const [name, owner] of Object.entries(owners) as [keyof Ports, string][]) {
    const runs = isAlive(readProcessRecord(state.run, owner))
    if (!runs && !(await isFree(record.ports[name]))) throw portInUse(name, record.ports[name])
  }
}

/** Starts the supervisor unless it runs. */
export async function startSupervisor(state: StateDirectory): Promise<void> {
  if (isAlive(readProcessRecord(state.run, supervisorName))) return
  const command = program('tools/devstack/src/supervise.ts', [state.root])
  writeProcessRecord(
    state.run,
    supervisorName,
    await startDetached(command, join(state.log, `${supervisorName}.log`)),
  )
}
