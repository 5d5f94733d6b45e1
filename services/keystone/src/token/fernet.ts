import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'

/** A Fernet key: the first half signs, the second encrypts. As key objects, which are made once and not for each token. */
export interface FernetKey {
  signing: KeyObject
  encryption: KeyObject
}

/** A decrypted token: its payload and the second in which it was made. */
export interface Decrypted {
  payload: Uint8Array
  /** Seconds since 1970; this is the token's `issued_at`. */
  issuedAt: number
}

const version = 0x80
const headerLength = 1 + 8 + 16
const macLength = 32
const keyLength = 32

/**
 * Reads a key file's content.
 *
 * @returns undefined for anything but 32 bytes in base64url
 */
export function parseKey(text: string): FernetKey | undefined {
  const bytes = Buffer.from(text.trim(), 'base64url')
  if (bytes.length !== keyLength) return undefined
  return {
    signing: createSecretKey(bytes.subarray(0, 16)),
    encryption: createSecretKey(bytes.subarray(16)),
  }
}

/** A new key, as it stands in a file. */
export function generateKey(): string {
  const text = randomBytes(keyLength).toString('base64url')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/**
 * Encrypts and signs a payload; base64url without padding, as Keystone hands tokens out.
 *
 * @param iv 16 bytes, never used twice with one key
 * @see Fernet specification, version 0x80
 */
export function encrypt(
  key: FernetKey,
  payload: Uint8Array,
  issuedAt: number,
  iv: Buffer = randomBytes(16),
): string {
  const header = Buffer.alloc(headerLength)
  header[0] = version
  header.writeBigUInt64BE(BigInt(issuedAt), 1)
  iv.copy(header, 9)
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv)
  const signed = Buffer.concat([header, cipher.update(payload), cipher.final()])
  return Buffer.concat([signed, macOf(key, signed)]).toString('base64url')
}

/**
 * Opens a token with the first key that fits.
 *
 * @returns undefined for everything that is not a token of one of the keys
 */
export function decrypt(keys: readonly FernetKey[], token: string): Decrypted | undefined {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length < headerLength + 16 + macLength || bytes[0] !== version) return undefined
  const signed = bytes.subarray(0, -macLength)
  const mac = bytes.subarray(-macLength)
  const key = keys.find((candidate) => timingSafeEqual(macOf(candidate, signed), mac))
  if (!key) return undefined
  try {
    const decipher = createDecipheriv('aes-128-cbc', key.encryption, signed.subarray(9, headerLength))
    const payload = Buffer.concat([decipher.update(signed.subarray(headerLength)), decipher.final()])
    return { payload, issuedAt: Number(signed.readBigUInt64BE(1)) }
  } catch {
    return undefined
  }
}

function macOf(key: FernetKey, signed: Buffer): Buffer {
  return createHmac('sha256', key.signing).update(signed).digest()
}
