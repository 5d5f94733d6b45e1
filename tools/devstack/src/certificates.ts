import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { hostNames } from './compute-hosts.ts'
import { DevstackError } from './errors.ts'

const run = promisify(execFile)

/** Files of a cloud that speaks TLS. */
export interface CertificateFiles {
  /** What clients have to trust. */
  ca: string
  certificate: string
  /** Mode 0600. */
  key: string
  /** Directory with the same under the names that QEMU looks for, as server and as client. */
  machines: string
}

const authorityDays = 3650
const certificateDays = 397
const dayMilliseconds = 86_400_000
/** A certificate is made anew when it ends sooner than this. */
const renewalDays = 30

export function certificateFiles(directory: string): CertificateFiles {
  return {
    ca: join(directory, 'ca.pem'),
    certificate: join(directory, 'server.pem'),
    key: join(directory, 'server.key'),
    machines: join(directory, 'machines'),
  }
}

/**
 * Makes an authority for this cloud and a certificate for its listeners on loopback, unless they are there; a certificate
 * that is about to end is made anew. The authority's key stays in the directory, mode 0600.
 *
 * @param now decides about the renewal
 * @throws DevstackError `openssl_missing`, `certificate_failed`
 */
export async function ensureCertificates(directory: string, now: Date): Promise<CertificateFiles> {
  const files = certificateFiles(directory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const authorityKey = join(directory, 'ca.key')
  if (!existsSync(files.ca)) {
    await makeKey(authorityKey)
    const subject = ['-subj', '/O=Longhaul/CN=Longhaul authority']
    const extensions = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign',
    ]
    await openssl(
      ['req', '-x509', '-new', '-key', authorityKey, '-sha256', '-days', String(authorityDays)],
      [...subject, ...extensions, '-out', files.ca],
    )
  }
  if (!isGood(files.certificate, now)) await makeCertificate(directory, files, authorityKey)
  nameForMachines(files)
  return files
}

/** @see https://www.qemu.org/docs/master/system/tls.html */
function nameForMachines({ ca, certificate, key, machines }: CertificateFiles): void {
  mkdirSync(machines, { recursive: true, mode: 0o700 })
  const names = {
    'ca-cert.pem': ca,
    'server-cert.pem': certificate,
    'server-key.pem': key,
    'client-cert.pem': certificate,
    'client-key.pem': key,
  }
  for (const [name, file] of Object.entries(names)) {
    const link = join(machines, name)
    if (!existsSync(link)) symlinkSync(relative(machines, file), link)
  }
}

function isGood(file: string, now: Date): boolean {
  if (!existsSync(file)) return false
  const { validTo } = new X509Certificate(readFileSync(file))
  return Date.parse(validTo) - now.getTime() > renewalDays * dayMilliseconds
}

async function makeCertificate(
  directory: string,
  files: CertificateFiles,
  authorityKey: string,
): Promise<void> {
  const request = join(directory, 'server.csr')
  const extensions = join(directory, 'server.ext')
  writeFileSync(
    extensions,
    [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      // Switches of hosts show it to each other, at both ends.
      'extendedKeyUsage=serverAuth,clientAuth',
      `subjectAltName=IP:127.0.0.1,IP:::1,${['localhost', ...hostNames].map((name) => `DNS:${name}`).join(',')}`,
      '',
    ].join('\n'),
  )
  try {
    await makeKey(files.key)
    await openssl(['req', '-new', '-key', files.key, '-subj', '/O=Longhaul/CN=localhost', '-out', request])
    await openssl(
      ['x509', '-req', '-in', request, '-CA', files.ca, '-CAkey', authorityKey, '-CAcreateserial', '-sha256'],
      ['-days', String(certificateDays), '-extfile', extensions, '-out', files.certificate],
    )
  } finally {
    for (const file of [request, extensions]) rmSync(file, { force: true })
  }
}

async function makeKey(file: string): Promise<void> {
  // Made first, so that the key is never readable by others.
  writeFileSync(file, '', { mode: 0o600 })
  await openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file])
}

async function openssl(...args: readonly string[][]): Promise<void> {
  try {
    await run('openssl', args.flat())
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') {
      throw new DevstackError('openssl_missing', 'TLS needs openssl: on Debian, apt-get install openssl', {
        cause,
      })
    }
    throw new DevstackError('certificate_failed', `openssl failed: ${stderr?.trim() ?? ''}`, { cause })
  }
}
