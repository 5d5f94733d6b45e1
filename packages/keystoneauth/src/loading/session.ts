import {
  booleanOption,
  floatOption,
  stringOption,
  type Config,
  type OptionTable,
} from '@longhaul/oslo-config'
import { Session, type SessionOptions } from '../session.ts'

/** Options of a section that say how to reach a service. @see keystoneauth1.loading.session */
const sessionOptions = {
  cafile: stringOption({ help: 'PEM file of the authorities to trust; default: the system.' }),
  certfile: stringOption({ help: "PEM file of the client's certificate." }),
  keyfile: stringOption({ help: "PEM file of the client's key." }),
  insecure: booleanOption({ help: 'Accept any certificate.', default: false }),
  timeout: floatOption({ help: 'Seconds to wait for an answer; unset: for ever.', min: 0 }),
  collect_timing: booleanOption({
    help: 'Accepted for compatibility; timings are in the metrics.',
    default: false,
  }),
  split_loggers: booleanOption({
    help: 'Accepted for compatibility; log lines are structured.',
    default: false,
  }),
} satisfies OptionTable

export function registerSessionConfOptions(conf: Config, group: string): void {
  conf.register(group, sessionOptions)
}

/** Whether a section says anything of how Keystone is reached. */
export function setsSessionOptions(conf: Config, group: string): boolean {
  return ['cafile', 'certfile', 'insecure', 'timeout'].some((name) => conf.has(group, name))
}

/**
 * The session a section describes.
 *
 * @param own what the caller fixes; wins over the section
 * @see keystoneauth1.loading.load_session_from_conf_options
 */
export function loadSessionFromConfOptions(conf: Config, group: string, own: SessionOptions = {}): Session {
  const { insecure, cafile, certfile, keyfile, timeout } = conf.register(group, sessionOptions)
  return new Session({ insecure, cafile, certfile, keyfile, timeout, ...own })
}
