import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

/** Bits of a key's modulus, as Nova's. */
const modulusLength = 2048

export interface GeneratedKeypair {
  /** PEM that every SSH client reads. */
  privateKey: string
  /** In OpenSSH's form. */
  publicKey: string
}

/** Makes an RSA key pair for SSH, off the event loop. */
export async function generateSshKeypair(): Promise<GeneratedKeypair> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength })
  const { e, n } = publicKey.export({ format: 'jwk' })
  const blob = Buffer.concat([
    lengthPrefixed(Buffer.from('ssh-rsa')),
    lengthPrefixed(positive(Buffer.from(e!, 'base64url'))),
    lengthPrefixed(positive(Buffer.from(n!, 'base64url'))),
  ])
  return {
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`,
  }
}

/** A number whose first bit is set would be read as negative. @see RFC 4251, mpint */
function positive(bytes: Buffer): Buffer {
  return bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
}

function lengthPrefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
