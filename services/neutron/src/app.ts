import type { AuthToken } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import {
  badRequest,
  createApi,
  networkErrorFormat,
  openPaths,
  serviceUnavailable,
  type ApiApp,
  type ApiError,
  type ApiOptions,
} from '@longhaul/oslo/api'
import { isBadValue, isConnectionError, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { createEnforcer, type Enforcer } from '@longhaul/oslo/policy'
import { Guard } from './api/guard.ts'
import { Bindings } from './bindings/bindings.ts'
import { bindingRoutes } from './bindings/routes.ts'
import type { NeutronTables } from './db/tables.ts'
import { extensionRoutes } from './extensions/routes.ts'
import { Hosts } from './hosts/hosts.ts'
import { hostRoutes } from './hosts/routes.ts'
import { Agents } from './ml2/agents.ts'
import type { PortListener } from './ml2/port-listener.ts'
import { WiringSignals } from './ml2/wiring-signals.ts'
import { Networks } from './networks/networks.ts'
import { networkRoutes } from './networks/routes.ts'
import { NetworkStore } from './networks/store.ts'
import type { NovaEvent } from './nova/event.ts'
import { PortEvents } from './nova/port-events.ts'
import { policyRules } from './policy-rules.ts'
import { PortChanges } from './ports/changes.ts'
import { newMac } from './ports/mac-address.ts'
import { Ports } from './ports/ports.ts'
import { portRoutes } from './ports/routes.ts'
import { PortStore } from './ports/store.ts'
import { Quotas, type Limits } from './quota/quotas.ts'
import { quotaRoutes } from './quotas/routes.ts'
import { subnetRoutes } from './subnets/routes.ts'
import { SubnetStore } from './subnets/store.ts'
import { Subnets } from './subnets/subnets.ts'
import { versionPaths, versionRoutes } from './versions/routes.ts'

export interface NeutronOptions {
  database: Database<NeutronTables>
  authToken: AuthToken
  logger: Logger
  policyFile?: string | undefined
  /** Limits of projects that have none of their own; read at each use. */
  quotas: () => Limits
  /** Bytes of a packet, unless the network says otherwise. */
  defaultMtu: number
  /** The first three octets of new MAC addresses and, unless it is zero, the fourth: `fa:16:3e:00:00:00`. */
  baseMac: string
  /** Milliseconds after which a host's agent that is silent counts as dead; read at each use. */
  agentDownTime: () => number
  /** Milliseconds that a request waits for a host to wire a port. */
  wiringPatience: number
  /** Takes what nova is told. */
  nova: {
    send(event: NovaEvent): void
    onStatusChanges: () => boolean
    onDataChanges: () => boolean
  }
  api: Pick<ApiOptions, 'version' | 'publicEndpoint' | 'enableProxyHeadersParsing' | 'tls'>
  /** Milliseconds since 1970. */
  now: () => number
  randomUUID: () => string
  /** A whole number from 0 to below its argument. */
  random: (below: number) => number
}

/** The service, ready to listen. */
export interface Neutron {
  app: ApiApp
  policy: Enforcer
  agents: Agents
  /** To be called before the app is closed: agents that wait are sent home. */
  stop(): void
}

/** Puts the service together. @throws PolicyError for a bad policy file */
export function createNeutron(options: NeutronOptions): Neutron {
  const { logger, authToken, database, randomUUID, random, nova } = options
  const db = database.kysely
  const now = () => new Date(options.now())
  const policy = createEnforcer({
    rules: policyRules,
    ...(options.policyFile === undefined ? {} : { file: options.policyFile }),
  })
  for (const warning of policy.warnings) logger.warn({ warning }, 'policy')
  const guard = new Guard(policy, policyRules)
  const quotas = new Quotas(db, options.quotas)
  const agents = new Agents({ db, downTime: options.agentDownTime, random, now })
  const signals = new WiringSignals({ db, agents, patience: options.wiringPatience, logger })
  const events = new PortEvents(nova)
  const listener: PortListener = {
    statusChanged: (port, status) => events.statusChanged(port, status),
    updated: (port) => events.updated(port),
    deleted: (port) => events.deleted(port),
    wired: (hosts) => signals.wired(hosts),
    unwired: (hosts) => signals.announce(hosts),
  }
  const networks = new Networks({
    store: new NetworkStore(db),
    guard,
    assertRoom: (trx, projectId) => quotas.assertRoomFor(trx, projectId, 'network'),
    defaultMtu: options.defaultMtu,
    now,
    randomUUID,
  })
  const subnets = new Subnets({
    store: new SubnetStore(db),
    networks,
    guard,
    assertRoom: (trx, projectId) => quotas.assertRoomFor(trx, projectId, 'subnet'),
    now,
    randomUUID,
  })
  const portStore = new PortStore(db)
  const changes = new PortChanges({
    store: portStore,
    agents,
    listener,
    assertRoom: (trx, projectId) => quotas.assertRoomFor(trx, projectId, 'port'),
    newMac: () => newMac(options.baseMac, random),
    random,
    now,
    randomUUID,
  })
  const ports = new Ports({ store: portStore, networks, guard, changes })

  const app = createApi({
    service: 'neutron-server',
    logger,
    errorFormat: networkErrorFormat,
    headRoutes: false,
    now: options.now,
    randomUUID,
    mapError,
    ...options.api,
  })
  fastifyAuthToken(app, authToken, { exempt: ({ url }) => isOpen(url) })
  versionRoutes(app, ['networks', 'subnets', 'ports', 'quotas', 'extensions'])
  extensionRoutes(app)
  networkRoutes(app, networks)
  subnetRoutes(app, subnets)
  portRoutes(app, ports)
  bindingRoutes(app, new Bindings({ db, ports, agents, listener, guard, now }))
  quotaRoutes(app, { quotas, guard })
  hostRoutes(app, { hosts: new Hosts({ db, agents, signals, listener }), guard })
  return { app, policy, agents, stop: () => signals.stop() }
}

function mapError(error: unknown): ApiError | undefined {
  if (isConnectionError(error)) {
    return serviceUnavailable('The database does not answer.', { code: 'database_unavailable', cause: error })
  }
  return isBadValue(error)
    ? badRequest('A value cannot be stored.', { code: 'bad_value', cause: error })
    : undefined
}

/** Version documents and the probes of load balancers answer to everybody. */
function isOpen(url: string): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return versionPaths.has(path) || openPaths.has(path)
}
