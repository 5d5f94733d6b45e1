import { z } from 'zod'
import { agentProtocol } from '../jobs-protocol.ts'

/** Body of `PUT /internal/v1/hosts/{host}`. */
export const hostReportBody = z.object({
  /** Where conductors reach the host's agent. */
  url: z.url({ protocol: /^https?$/ }),
  protocol: z.literal(agentProtocol, { error: `this release speaks version ${agentProtocol}` }),
  capacity: z.object({
    vcpus: z.int().min(0),
    memory_mb: z.int().min(0),
    disk_gb: z.int().min(0),
  }),
  guests: z.array(z.object({ id: z.string(), power_state: z.string() })),
  /** Milliseconds since the host began to look at its guests. */
  age_ms: z.int().min(0).max(3_600_000).default(0),
  /** What runs the guests; a host that does not say is shown without. */
  hypervisor: z
    .object({
      type: z.string(),
      /** As Nova counts: 7.2.1 is 7002001. */
      version: z.int().min(0),
      cpu_info: z.record(z.string(), z.unknown()),
      /** A sentence, as `uptime` prints it. */
      uptime: z.string().optional(),
    })
    .optional(),
  jobs: z.array(z.record(z.string(), z.unknown())).default([]),
})

export type HostReport = z.infer<typeof hostReportBody>
