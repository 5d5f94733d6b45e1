import { channel } from 'node:diagnostics_channel'
import type { JobKind } from '../jobs-protocol.ts'

/** Where a job of this host is. */
export interface JobPoint {
  operation: string
  server: string
  kind: JobKind
  /** `begin`: before the work; `progress`: in the middle of it; `done`: after it, nothing is recorded yet. */
  at: 'begin' | 'progress' | 'done'
}

/** Every job of this agent, told synchronously; see `operations/step-channel.ts`. */
export const jobChannel = channel('longhaul:nova:job')
