import { booleanOption, stringOption } from '@longhaul/oslo-config'
import type { OptionTable, Values } from '@longhaul/oslo-config'

/** What `[DEFAULT]` says of the log, the same in every service. */
export const logOptions = {
  log_file: stringOption({
    help: 'File that the log is appended to, opened anew at SIGHUP; by default the standard output.',
  }),
  log_level: stringOption({
    help: 'Lowest level that is logged.',
    default: 'info',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    mutable: true,
  }),
  debug: booleanOption({
    help: 'Whether everything down to the level debug is logged, whatever log_level says.',
    default: false,
    mutable: true,
  }),
} satisfies OptionTable

/** The level that the options ask for. */
export function levelOf({
  debug,
  log_level,
}: Pick<Values<typeof logOptions>, 'debug' | 'log_level'>): string {
  return debug && log_level !== 'trace' ? 'debug' : log_level
}
