import { hkdfSync, randomBytes } from 'node:crypto'
import { fstatSync, openSync, closeSync, readFileSync } from 'node:fs'
import { SealError, SealingKeyError } from './seal-error.ts'

/** A master key seals and opens for every host, a recipient's key for its own host only. */
export type SealingKey =
  | { readonly kind: 'master'; readonly bytes: Buffer }
  | { readonly kind: 'recipient'; readonly host: string; readonly bytes: Buffer }

const keyBytes = 32
const masterWord = 'longhaul-sealing-master-1'
const recipientWord = 'longhaul-sealing-recipient-1'
const derivation = 'longhaul sealed context 1'

/** Content of a new master key file: `longhaul-sealing-master-1 <key>`. Write it with mode 0600. */
export function generateMasterKey(random: (size: number) => Buffer = randomBytes): string {
  return `${masterWord} ${random(keyBytes).toString('base64url')}\n`
}

/**
 * Content of a host's key file: `longhaul-sealing-recipient-1 <host> <key>`. Nothing but this goes to the host.
 *
 * @param master the master key, or the content of its file
 * @throws SealingKeyError `sealing_key_invalid` if it is not a master key, or the host's name has white space
 */
export function recipientKey(master: SealingKey | string, host: string): string {
  const key = typeof master === 'string' ? parseSealingKey(master) : master
  if (key.kind !== 'master') throw new SealingKeyError('a key for a host is derived from a master key only')
  if (!/^\S+$/.test(host)) throw new SealingKeyError('the name of a host has no white space')
  return `${recipientWord} ${host} ${hostBytes(key, host).toString('base64url')}\n`
}

/**
 * Reads a key file.
 *
 * @throws SealingKeyError `sealing_key_invalid` if the group or others may access the file, or it holds no key; the
 *   system's error if it cannot be read
 */
export function readSealingKey(path: string): SealingKey {
  const file = openSync(path, 'r')
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) {
      throw new SealingKeyError(`${path} is accessible to others: its mode must be 0600`)
    }
    return parseSealingKey(readFileSync(file, 'utf8'), path)
  } finally {
    closeSync(file)
  }
}

/** Reads the content of a key file. @throws SealingKeyError `sealing_key_invalid` */
export function parseSealingKey(text: string, name = 'the sealing key'): SealingKey {
  const parts = text.trim().split(/\s+/)
  const bytes = Buffer.from(parts.at(-1) ?? '', 'base64url')
  if (bytes.length === keyBytes) {
    if (parts[0] === masterWord && parts.length === 2) return { kind: 'master', bytes }
    const host = parts[1]
    if (parts[0] === recipientWord && parts.length === 3 && host !== undefined)
      return { kind: 'recipient', host, bytes }
  }
  throw new SealingKeyError(`${name} is not a sealing key`)
}

/**
 * The key that seals for a host.
 *
 * @throws SealError `seal_recipient` if the key belongs to another host
 */
export function keyForHost(key: SealingKey, host: string): Buffer {
  if (key.kind === 'master') return hostBytes(key, host)
  if (key.host !== host)
    throw new SealError('seal_recipient', `this key belongs to host ${key.host}, not to ${host}`)
  return key.bytes
}

function hostBytes(master: SealingKey, host: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master.bytes, derivation, host, keyBytes))
}
