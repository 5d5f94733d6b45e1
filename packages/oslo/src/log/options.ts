import { stringOption } from '@longhaul/oslo-config'
import type { OptionTable } from '@longhaul/oslo-config'

/** What `[DEFAULT]` says of the log, the same in every service. */
export const logOptions = {
  log_file: stringOption({
    help: 'File that the log is appended to, reopened at SIGHUP; default: standard output.',
  }),
  log_level: stringOption({
    help: 'Lowest level that is logged.',
    default: 'info',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    mutable: true,
  }),
} satisfies OptionTable
