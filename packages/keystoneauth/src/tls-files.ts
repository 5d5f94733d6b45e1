import { readFileSync } from 'node:fs'
import { OptionError } from './errors.ts'
import type { TransportOptions } from './transport.ts'

/** Files of certificates by their path. */
export interface TlsFiles {
  cafile?: string
  certfile?: string
  /** Default: the key is in `certfile`. */
  keyfile?: string
  /** Accept any certificate; `cafile` is then not read. */
  insecure?: boolean
}

/**
 * What the files hold.
 *
 * @throws OptionError for a file that cannot be read
 */
export function readTlsFiles({ cafile, certfile, keyfile, insecure }: TlsFiles): TransportOptions {
  return {
    ...(cafile && !insecure ? { ca: readPem('cafile', cafile) } : {}),
    ...(certfile ? { cert: readPem('certfile', certfile) } : {}),
    ...(certfile ? { key: readPem('keyfile', keyfile ?? certfile) } : {}),
    ...(insecure ? { insecure } : {}),
  }
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new OptionError(`${option} ${path} cannot be read: ${code}`, { cause })
  }
}
