import { readFileSync } from 'node:fs'

/** Certificate and key of a listener, as PEM. */
export interface TlsMaterial {
  cert: string | Buffer
  key: string | Buffer
  /** Certificates of the authorities that clients' certificates must come from. */
  ca?: string | Buffer
}

/**
 * Reads a listener's certificate and key.
 *
 * @param files paths of PEM files; with neither certificate nor key the listener speaks plain HTTP
 * @throws Error if only one of the two is named, or the system's error if one cannot be read
 */
export function readTls(files: {
  certfile?: string | undefined
  keyfile?: string | undefined
  cafile?: string | undefined
}): TlsMaterial | undefined {
  const { certfile, keyfile, cafile } = files
  if (certfile === undefined && keyfile === undefined) return undefined
  if (certfile === undefined || keyfile === undefined) {
    throw new Error('TLS needs both certfile and keyfile')
  }
  return {
    cert: readFileSync(certfile),
    key: readFileSync(keyfile),
    ...(cafile === undefined ? {} : { ca: readFileSync(cafile) }),
  }
}
