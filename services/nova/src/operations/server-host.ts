import { TerminalError } from './failure.ts'
import type { Run } from './operation.ts'

/** The host of the server that an operation is about. @throws TerminalError `host_missing` */
export async function hostOf(run: Run<unknown>): Promise<string> {
  const { host } = await run.store.server(run.operation.serverId)
  if (host === null) throw new TerminalError('host_missing', 'the server is on no host')
  return host
}
