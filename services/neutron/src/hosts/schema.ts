import { z } from 'zod'
import { integer, text } from '@longhaul/oslo/api'

/** Body of `PUT /internal/v1/hosts/{host}`. */
export const hostReport = z
  .strictObject({
    /** Address on the host's loopback that guests send datagrams to. */
    local_ip: z.ipv4().regex(/^127\./, 'is no address on loopback'),
    /** Ports there that bindings may have. */
    first_port: integer(1, 65_535),
    last_port: integer(1, 65_535),
    /** Where agents of other hosts reach this one, `address:port`. */
    link: text(1, 255),
    /** Ports that are wired. */
    plugged: z.array(text(1, 36)).max(100_000),
  })
  .refine(({ first_port, last_port }) => first_port <= last_port, 'last_port is below first_port')
export type HostReport = z.infer<typeof hostReport>

/** Query of `GET /internal/v1/hosts/{host}/ports`. */
export const portsQuery = z.object({
  /** Version of what the agent has wired; it is answered when there is another. */
  since: integer(0).default(0),
  /** Seconds to wait for that. */
  wait: integer(0, 60).default(0),
})
