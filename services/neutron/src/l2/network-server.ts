import type { Adapter } from '@longhaul/keystoneauth'
import { z } from 'zod'
import type { Peer } from './links.ts'
import type { WantedPort } from './switch.ts'

/** What the agent says of its host. */
export interface AgentReport {
  /** Where guests send to: an address and ports on loopback. */
  local_ip: string
  first_port: number
  last_port: number
  /** Where other agents reach it, `address:port`. */
  link: string
  /** Ports that are wired. */
  plugged: readonly string[]
}

/** What a host has to wire. */
export interface Wanted {
  version: number
  ports: WantedPort[]
  peers: Peer[]
}

const wanted: z.ZodType<Wanted> = z.object({
  version: z.int(),
  ports: z.array(
    z.object({
      id: z.string(),
      network_id: z.uuid(),
      mac_addresses: z.array(z.string()),
      local_ip: z.ipv4().regex(/^127\./),
      udp_port: z.int().min(1).max(65_535),
      admin_state_up: z.boolean(),
    }),
  ),
  peers: z.array(z.object({ host: z.string(), link: z.string() })),
})

/** Seconds that an answer may take, besides the time that it was asked to. */
const answerSeconds = 10

/** The inner interface of neutron-server, for one host. */
export class NetworkServer {
  readonly #adapter: Pick<Adapter, 'get' | 'put'>
  readonly #path: string

  constructor(adapter: Pick<Adapter, 'get' | 'put'>, host: string) {
    this.#adapter = adapter
    this.#path = `/internal/v1/hosts/${encodeURIComponent(host)}`
  }

  /** @throws HttpError and the errors of a session */
  async report(json: AgentReport, signal: AbortSignal): Promise<void> {
    await this.#adapter.put(this.#path, { json, signal, timeout: answerSeconds })
  }

  /**
   * What is to be wired, as soon as it differs from a version.
   *
   * @param wait seconds at most @throws HttpError and the errors of a session; ZodError for an answer that is none
   */
  async ports(since: number, wait: number, signal: AbortSignal): Promise<Wanted> {
    const query = { since, wait }
    const timeout = wait + answerSeconds
    const answer = await this.#adapter.get(`${this.#path}/ports`, { query, signal, timeout })
    return wanted.parse(await answer.json())
  }
}
