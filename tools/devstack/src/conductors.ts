import { join } from 'node:path'
import type { CloudRecord } from './cloud-record.ts'
import type { StateDirectory } from './state-directory.ts'

/** A process that runs nova's operations. */
export interface Conductor {
  /** Name among the services. */
  service: string
  /** Its name in nova, unless it is the one in nova.conf. */
  host?: string
}

/** All that a cloud can have; the first one is always there. */
const conductors: readonly Conductor[] = [
  { service: 'nova-conductor' },
  { service: 'nova-conductor2', host: 'controller2' },
]

/** Names of all possible ones. */
export const conductorNames: readonly string[] = conductors.map(({ service }) => service)

/** Those of a cloud. */
export function conductorsOf(record: CloudRecord): readonly Conductor[] {
  return conductors.slice(0, record.conductors ?? 1)
}

/** The file with what is a conductor's own, which is read after nova.conf. */
export function conductorConfig(state: StateDirectory, { service }: Conductor): string {
  return join(state.etc, `nova/${service}.conf`)
}
