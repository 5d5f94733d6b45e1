import { Session } from '@longhaul/keystoneauth'
import { certificateFiles } from './certificates.ts'
import type { CloudRecord } from './cloud-record.ts'
import type { StateDirectory } from './state-directory.ts'

const timeoutSeconds = 60

/** A session for calls to a cloud's services, which trusts the cloud's authority. */
export function cloudSession(state: StateDirectory, record: CloudRecord): Session {
  const cafile = record.tls ? certificateFiles(state.tls).ca : undefined
  return new Session({ userAgent: 'longhaul', timeout: timeoutSeconds, cafile })
}
