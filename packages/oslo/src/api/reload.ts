import type { Config } from '@longhaul/oslo-config'
import { reopenLog } from '../log/index.ts'
import type { Logger } from '../log/index.ts'

export interface ReloadOptions {
  logger: Logger
  /** The configuration whose mutable options are read again; absent: only the log is reopened. */
  conf?: Pick<Config, 'reload'>
  /** The level of the log now. */
  level?: () => string
  /** What else is read again, such as a policy file. */
  onReload?: () => void | Promise<void>
}

/**
 * What SIGHUP does: the log file is opened anew, mutable options are read again, and then whatever the service has beside.
 * What is wrong is logged; what was read before it has taken effect, the rest stays as it was.
 */
export async function reload({ logger, conf, level, onReload }: ReloadOptions): Promise<void> {
  try {
    reopenLog(logger)
    const found = conf?.reload()
    if (level) logger.level = level()
    await onReload?.()
    logger.info({ ...found }, 'reloaded')
  } catch (error) {
    logger.error({ err: error }, 'reload failed')
  }
}
