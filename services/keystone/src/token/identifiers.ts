const uuid =
  /^\{?(?:urn:uuid:)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i

/** 16 bytes of a UUID in any of its spellings; undefined for another id. */
export function uuidBytes(id: string): Buffer | undefined {
  const match = uuid.exec(id)
  return match ? Buffer.from(match.slice(1).join(''), 'hex') : undefined
}

/** `[true, 16 bytes]` for a UUID, `[false, text]` for any other id. A dashed UUID comes back without dashes. */
export function packId(id: string): [boolean, Uint8Array | string] {
  const bytes = uuidBytes(id)
  return bytes ? [true, bytes] : [false, id]
}

export function unpackId(value: unknown): string {
  if (!Array.isArray(value) || value.length !== 2) throw new TypeError('not a packed id')
  const [isUuid, content] = value as [unknown, unknown]
  if (isUuid === true) return fromBytes(content)
  return textOf(content)
}

/** @throws TypeError for anything but bytes, which is what strings are read as */
export function textOf(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw new TypeError('not text')
  return Buffer.from(value).toString()
}

/** @throws TypeError for an id that is not a UUID */
export function packUuid(id: string): Uint8Array {
  const bytes = uuidBytes(id)
  if (!bytes) throw new TypeError('an id that is not a UUID cannot be put into this kind of token')
  return bytes
}

/** 32 hex digits of 16 bytes. */
export function fromBytes(value: unknown): string {
  if (!(value instanceof Uint8Array) || value.length !== 16) throw new TypeError('not 16 bytes')
  return Buffer.from(value).toString('hex')
}

export function packAuditId(id: string): Uint8Array {
  return Buffer.from(id, 'base64url')
}

export function unpackAuditId(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw new TypeError('not an audit id')
  return Buffer.from(value).toString('base64url')
}
