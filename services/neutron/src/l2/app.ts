import { join } from 'node:path'
import type { Adapter } from '@longhaul/keystoneauth'
import { createApi, networkErrorFormat, type ApiApp, type TlsMaterial } from '@longhaul/oslo/api'
import type { Logger } from '@longhaul/oslo/log'
import { L2Agent } from './agent.ts'
import { GuestFile } from './guest-file.ts'
import type { LinkTls } from './link-sockets.ts'
import { Links } from './links.ts'
import { switchMetrics } from './metrics.ts'
import { NetworkServer } from './network-server.ts'
import { Switch } from './switch.ts'
import { udpSockets } from './udp-sockets.ts'

export interface AgentOptions {
  host: string
  version: string
  stateDirectory: string
  /** A client of neutron-server, with the agent's own credentials. */
  server: Pick<Adapter, 'get' | 'put'>
  /** Where guests send to: an address on loopback, and ports there. */
  guests: { localIp: string; firstPort: number; lastPort: number }
  link: { host: string; port: number; publicAddress?: string | undefined; tls?: LinkTls | undefined }
  /** Milliseconds between two reports; asked after each. */
  reportInterval: () => number
  tls?: TlsMaterial | undefined
  logger: Logger
  /** Monotonic, in milliseconds. */
  clock: () => number
}

/** The switch of a host, ready to begin; its application answers to probes. */
export interface RunningAgent {
  app: ApiApp
  /** Waits until what is bound to the host is wired. @throws PlainLinkError `plain_link_refused`; the system's error */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Puts the agent together. */
export function createAgent(options: AgentOptions): RunningAgent {
  const { host, logger, guests, link, clock } = options
  const traffic = { refused: 0, dropped: 0 }
  // The switch and the links know each other.
  const links: Links = new Links({
    self: host,
    listen: { host: link.host, port: link.port },
    tls: link.tls,
    traffic,
    onFrame: (frame, network, from) => bridges.receive(frame, network, from),
    onClose: (closed) => bridges.forget(closed),
    logger,
  })
  const bridges = new Switch({
    links: links.open,
    guests: new GuestFile(join(options.stateDirectory, 'guests.json')),
    sockets: udpSockets,
    traffic,
    clock,
    logger,
  })
  let address = link.publicAddress ?? ''
  const agent = new L2Agent({
    host,
    server: new NetworkServer(options.server, host),
    switch: bridges,
    links,
    place: () => ({
      local_ip: guests.localIp,
      first_port: guests.firstPort,
      last_port: guests.lastPort,
      link: address,
    }),
    interval: options.reportInterval,
    logger,
  })
  const app = createApi({
    service: 'neutron-l2-agent',
    version: options.version,
    logger,
    errorFormat: networkErrorFormat,
    ...(options.tls ? { tls: options.tls } : {}),
  })
  if (app.api.metrics) switchMetrics(app.api.metrics, { switch: bridges, links, traffic })
  return {
    app,
    async start() {
      const port = await links.listen()
      address ||= link.host.includes(':') ? `[${link.host}]:${port}` : `${link.host}:${port}`
      await agent.start()
    },
    async stop() {
      await agent.stop()
      await links.close()
      await bridges.close()
    },
  }
}
