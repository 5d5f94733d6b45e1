import type { CloudRecord } from './cloud-record.ts'

/** URL of a listener of the cloud. */
export function urlOf(record: Pick<CloudRecord, 'tls'>, port: number, path = ''): string {
  return `${record.tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`
}

/** Where the Identity service is. */
export function identityUrl(record: CloudRecord): string {
  return urlOf(record, record.ports.keystone, '/v3')
}
