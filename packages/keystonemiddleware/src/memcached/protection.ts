import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** The ways in which entries are kept from those who can reach memcached. */
export const securityStrategies = ['None', 'MAC', 'ENCRYPT'] as const
export type SecurityStrategy = (typeof securityStrategies)[number]

/** Where a token's entry is kept, and the form in which. */
export interface Protected {
  key: string
  wrap(entry: Buffer): Buffer
  /** @returns undefined for what was not wrapped with the same secret */
  unwrap(stored: Buffer): Buffer | undefined
}

/** Protection by one strategy and secret. */
export type Protection = (token: string) => Protected

const prefix = 'tokens/'
const keyBytes = 16
const macCharacters = 64

/**
 * The protection of the original, in which its entries can be read and ours by it.
 *
 * @param secret `memcache_secret_key`; unused by `None`
 * @param random gives initialisation vectors
 * @see keystonemiddleware auth_token/_memcache_crypt.py
 */
export function protection(
  strategy: SecurityStrategy,
  secret = '',
  random: (bytes: number) => Buffer = randomBytes,
): Protection {
  if (strategy === 'None') return unprotected
  return (token) => {
    const keys = createHmac('sha384', secret).update(token).update(strategy).digest()
    const [keyPart, macKey, cipherKey] = [0, 1, 2].map((part) =>
      keys.subarray(part * keyBytes, (part + 1) * keyBytes),
    ) as [Buffer, Buffer, Buffer]
    const mac = (text: Buffer) => Buffer.from(createHmac('sha384', macKey).update(text).digest('base64'))
    const encrypts = strategy === 'ENCRYPT'
    return {
      // The form in which Python 3 prints bytes: the original's keys have it.
      key: `${prefix}b'${keyPart.toString('base64')}'`,
      wrap(entry) {
        const bytes = encrypts ? encrypt(cipherKey, random(keyBytes), entry) : entry
        const text = Buffer.from(bytes.toString('base64'))
        return Buffer.concat([mac(text), text])
      },
      unwrap(stored) {
        const text = stored.subarray(macCharacters)
        const expected = mac(text)
        const found = stored.subarray(0, macCharacters)
        if (found.length !== expected.length || !timingSafeEqual(found, expected)) return undefined
        const bytes = Buffer.from(text.toString('latin1'), 'base64')
        return encrypts ? decrypt(cipherKey, bytes) : bytes
      },
    }
  }
}

const unprotected: Protection = (token) => ({
  key: `${prefix}${hash('sha256', token)}`,
  wrap: (entry) => entry,
  unwrap: (stored) => stored,
})

function encrypt(key: Buffer, vector: Buffer, entry: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, vector)
  return Buffer.concat([vector, cipher.update(entry), cipher.final()])
}

// What is deciphered here was authenticated before.
function decrypt(key: Buffer, bytes: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-128-cbc', key, bytes.subarray(0, keyBytes))
    return Buffer.concat([decipher.update(bytes.subarray(keyBytes)), decipher.final()])
  } catch {
    return undefined
  }
}
