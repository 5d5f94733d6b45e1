import {
  booleanOption,
  floatOption,
  stringOption,
  type Config,
  type ConfigProblem,
  type OptionTable,
} from '@longhaul/oslo-config'
import { Session, type SessionOptions } from '../session.ts'
import { withOlderNames, type DeprecatedOpts } from './deprecated-opts.ts'

/** Options of a section that say how to reach a service. @see keystoneauth1.loading.session */
const sessionOptions = {
  cafile: stringOption({
    help: "PEM file of the certificate authorities to trust; by default the system's.",
  }),
  certfile: stringOption({ help: "PEM file of the client's certificate, for servers that ask for one." }),
  keyfile: stringOption({ help: "PEM file of the key of the client's certificate." }),
  insecure: booleanOption({
    help: 'Whether any certificate is accepted; tokens may then go to whoever pretends to be the server.',
    default: false,
  }),
  timeout: floatOption({
    help: 'How long an answer is waited for; without a value, as long as it takes.',
    unit: 'seconds',
    min: 0,
  }),
  collect_timing: booleanOption({
    help: 'Whether the session keeps how long each of its last requests took.',
    default: false,
  }),
  split_loggers: booleanOption({
    help: 'Has no effect; accepted so that an existing section works.',
    default: false,
  }),
} satisfies OptionTable

/**
 * Declares the options of a session in a group.
 *
 * @param deprecatedOpts older names that a service still accepts, also in other groups; a file that uses one is warned of
 * @see keystoneauth1.loading.register_session_conf_options
 */
export function registerSessionConfOptions(
  conf: Config,
  group: string,
  deprecatedOpts: DeprecatedOpts<typeof sessionOptions> = {},
): void {
  conf.register(group, withOlderNames(sessionOptions, deprecatedOpts))
}

/** What is wrong of the session options of a section. */
export function sessionProblems(conf: Config, group: string): ConfigProblem[] {
  return conf.tryRegister(group, sessionOptions).problems
}

/** Whether a section says anything of how Keystone is reached. */
export function setsSessionOptions(conf: Config, group: string): boolean {
  return ['cafile', 'certfile', 'insecure', 'timeout'].some((name) => conf.where(group, name) !== 'default')
}

/**
 * The session a section describes.
 *
 * @param own what the caller fixes; wins over the section
 * @param presets what holds where the section says nothing
 * @see keystoneauth1.loading.load_session_from_conf_options
 */
export function loadSessionFromConfOptions(
  conf: Config,
  group: string,
  own: SessionOptions = {},
  presets: Pick<SessionOptions, 'timeout'> = {},
): Session {
  const {
    insecure,
    cafile,
    certfile,
    keyfile,
    timeout = presets.timeout,
    collect_timing: collectTiming,
  } = conf.register(group, sessionOptions)
  return new Session({ insecure, cafile, certfile, keyfile, timeout, collectTiming, ...own })
}
