import { createHash, X509Certificate } from 'node:crypto'
import { badRequest } from '@longhaul/oslo/api'

/** How many length-prefixed parts follow the name of an algorithm. @see RFC 4253, RFC 5656, RFC 8709 */
const parts: Record<string, number> = {
  'ssh-rsa': 2,
  'ssh-dss': 4,
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
}

/**
 * Fingerprint of a public key in OpenSSH's form: MD5 of its bytes, as Nova tells it.
 *
 * @throws ApiError 400 `invalid_keypair`
 * @see openstack/nova nova/crypto.py, generate_fingerprint
 */
export function sshFingerprint(publicKey: string): string {
  const [algorithm = '', encoded = ''] = publicKey.trim().split(' ')
  const blob = Buffer.from(encoded, 'base64')
  const expected = Object.hasOwn(parts, algorithm) ? parts[algorithm] : undefined
  const read = stringsOf(blob)
  const wellFormed =
    expected !== undefined &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) &&
    read?.[0]?.toString() === algorithm &&
    read.length === expected + 1
  if (!wellFormed) throw invalidKeypair('failed to generate fingerprint')
  return colons(createHash('md5').update(blob).digest('hex'))
}

/**
 * Fingerprint of a certificate in PEM: SHA-1.
 *
 * @throws ApiError 400 `invalid_keypair`
 */
export function x509Fingerprint(certificate: string): string {
  try {
    return new X509Certificate(certificate).fingerprint.toLowerCase()
  } catch (error) {
    throw invalidKeypair('failed to generate X509 fingerprint', error)
  }
}

export function invalidKeypair(reason: string, cause?: unknown) {
  return badRequest(`Keypair data is invalid: ${reason}`, { code: 'invalid_keypair', cause })
}

/** The length-prefixed strings that bytes consist of; undefined if they do not. */
function stringsOf(bytes: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return undefined
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) return undefined
    strings.push(bytes.subarray(at + 4, end))
    at = end
  }
  return strings
}

function colons(hex: string): string {
  return hex.replaceAll(/(..)(?=.)/g, '$1:')
}
