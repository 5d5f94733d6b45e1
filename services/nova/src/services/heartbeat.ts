import type { Logger } from '@longhaul/oslo/log'

/** Runs something once after a while. @returns what prevents that */
type Schedule = (work: () => void, milliseconds: number) => () => void

export interface HeartbeatOptions {
  /** Notes that the process lives. */
  report: () => Promise<void>
  /** Milliseconds from one report's end to the next one's start; asked after each report. */
  interval: () => number
  logger: Logger
  schedule?: Schedule
}

/** Reports now and again and again; one that fails is logged, the next one is the retry. @returns stops it */
export function startHeartbeat(options: HeartbeatOptions): () => void {
  const { report, interval, logger, schedule = later } = options
  let stopped = false
  let cancel = () => {}
  const beat = async () => {
    try {
      await report()
    } catch (error) {
      logger.warn({ err: error }, 'the service could not report')
    }
    if (!stopped) cancel = schedule(() => void beat(), interval())
  }
  void beat()
  return () => {
    stopped = true
    cancel()
  }
}

const later: Schedule = (work, milliseconds) => {
  const timer = setTimeout(work, milliseconds)
  return () => clearTimeout(timer)
}
