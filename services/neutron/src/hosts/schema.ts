import { z } from 'zod'
import { integer, text } from '@longhaul/oslo/api'

/** Body of `PUT /internal/v1/hosts/{host}`. */
export const hostReport = z.strictObject({
  /** Directory of the sockets that guests connect to. */
  socket_directory: text(1, 80).regex(/^\//, 'is no absolute path'),
  /** Where agents of other hosts reach this one, `address:port`. */
  link: text(1, 255),
  /** Ports that a guest is connected to. */
  plugged: z.array(text(1, 36)).max(100_000),
})
export type HostReport = z.infer<typeof hostReport>

/** Query of `GET /internal/v1/hosts/{host}/ports`. */
export const portsQuery = z.object({
  /** Version of what the agent has wired; it is answered when there is another. */
  since: integer(0).default(0),
  /** Seconds to wait for that. */
  wait: integer(0, 60).default(0),
})
