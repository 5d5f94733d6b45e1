import { Decoder, Encoder } from '@msgpack/msgpack'
import {
  fromBytes,
  packAuditId,
  packId,
  packUuid,
  textOf,
  unpackAuditId,
  unpackId,
  uuidBytes,
} from './identifiers.ts'

/** What a Fernet token carries; everything else is looked up when it is validated. */
export interface TokenPayload {
  userId: string
  /** In the order of the bits, highest first. */
  methods: string[]
  /** The token's own, then the first one's after a rescope. */
  auditIds: string[]
  /** Seconds since 1970. */
  expiresAt: number
  projectId?: string
  domainId?: string
  system?: string
  trustId?: string
  federated?: { groupIds: string[]; identityProviderId: string; protocolId: string }
  accessTokenId?: string
  applicationCredentialId?: string
  thumbprint?: string
}

/** What of the configuration decides how a payload is read. */
export interface PayloadSettings {
  /** `[auth] methods`; the position of a method is its bit. */
  methods: readonly string[]
  /** `[identity] default_domain_id`: the one domain that need not be a UUID. */
  defaultDomainId: string
}

const encoder = new Encoder()
// Old writers put bytes into strings: strings are left as bytes until a field says that it is text.
const decoder = new Decoder({ rawStrings: true })

type Field = (payload: TokenPayload, settings: PayloadSettings) => unknown
type Reader = (value: unknown, into: TokenPayload, settings: PayloadSettings) => void
interface Codec {
  write: Field
  read: Reader
}

const projectId: Codec = { write: (p) => packId(p.projectId!), read: (v, p) => (p.projectId = unpackId(v)) }
const domainId: Codec = {
  write: (p, { defaultDomainId }) =>
    uuidBytes(p.domainId!) ?? (p.domainId === defaultDomainId ? p.domainId : packUuid(p.domainId!)),
  read: (v, p, { defaultDomainId }) =>
    (p.domainId = textOf(v) === defaultDomainId ? defaultDomainId : fromBytes(v)),
}
const domainUuidish: Codec = { write: (p) => packId(p.domainId!), read: (v, p) => (p.domainId = unpackId(v)) }
const methods: Codec = {
  write: (p, settings) =>
    settings.methods.reduce((bits, name, bit) => bits | (p.methods.includes(name) ? 1 << bit : 0), 0),
  read: (v, p, settings) =>
    (p.methods = settings.methods.filter((_, bit) => (Number(v) & (1 << bit)) !== 0).toReversed()),
}
const expiresAt: Codec = {
  write: (p) => new FloatSeconds(p.expiresAt),
  read: (v, p) => (p.expiresAt = secondsOf(v)),
}
const auditIds: Codec = {
  write: (p) => p.auditIds.map(packAuditId),
  read: (v, p) => (p.auditIds = (v as unknown[]).map(unpackAuditId)),
}
const groups: Codec = {
  write: (p) => p.federated!.groupIds.map(packId),
  read: (v, p) => (federatedOf(p).groupIds = (v as unknown[]).map(unpackId)),
}
const identityProvider: Codec = {
  write: (p) => packId(p.federated!.identityProviderId),
  read: (v, p) => (federatedOf(p).identityProviderId = unpackId(v)),
}
const protocol: Codec = {
  write: (p) => p.federated!.protocolId,
  read: (v, p) => (federatedOf(p).protocolId = textOf(v)),
}
const trustId: Codec = { write: (p) => packUuid(p.trustId!), read: (v, p) => (p.trustId = fromBytes(v)) }
const accessToken: Codec = {
  write: (p) => packId(p.accessTokenId!),
  read: (v, p) => (p.accessTokenId = unpackId(v)),
}
const system: Codec = { write: (p) => p.system, read: (v, p) => (p.system = textOf(v)) }
const applicationCredential: Codec = {
  write: (p) => packId(p.applicationCredentialId!),
  read: (v, p) => (p.applicationCredentialId = unpackId(v)),
}
const thumbprint: Codec = {
  write: (p) => [false, p.thumbprint],
  read: (v, p) => (p.thumbprint = unpackId(v)),
}

/** Fields after version, user and methods. @see keystone, token_formatters: one payload class a version */
const layouts: Readonly<Record<number, readonly Codec[]>> = {
  0: [expiresAt, auditIds],
  1: [domainId, expiresAt, auditIds],
  2: [projectId, expiresAt, auditIds],
  3: [projectId, expiresAt, auditIds, trustId],
  4: [groups, identityProvider, protocol, expiresAt, auditIds],
  5: [projectId, groups, identityProvider, protocol, expiresAt, auditIds],
  6: [domainUuidish, groups, identityProvider, protocol, expiresAt, auditIds],
  7: [projectId, accessToken, expiresAt, auditIds],
  8: [system, expiresAt, auditIds],
  9: [projectId, expiresAt, auditIds, applicationCredential],
  10: [projectId, domainUuidish, expiresAt, auditIds, thumbprint],
}

/** @throws Error when an id of this kind of token cannot be written (a domain id that is neither a UUID nor the default) */
export function encodePayload(payload: TokenPayload, settings: PayloadSettings): Uint8Array {
  const version = versionOf(payload)
  const fields = [methods, ...layouts[version]!].map((codec) => codec.write(payload, settings))
  return pack([version, packId(payload.userId), ...fields])
}

/** @returns undefined for an unknown version or another shape */
export function decodePayload(bytes: Uint8Array, settings: PayloadSettings): TokenPayload | undefined {
  try {
    const values = decoder.decode(bytes)
    if (!Array.isArray(values)) return undefined
    const layout = layouts[Number(values[0])]
    if (!layout || values.length !== layout.length + 3) return undefined
    const payload: TokenPayload = { userId: unpackId(values[1]), methods: [], auditIds: [], expiresAt: 0 }
    for (const [index, codec] of [methods, ...layout].entries())
      codec.read(values[index + 2], payload, settings)
    return payload
  } catch {
    return undefined
  }
}

// The order of Keystone's choice.
function versionOf(payload: TokenPayload): number {
  if (payload.accessTokenId) return 7
  if (payload.trustId) return 3
  if (payload.federated) return payload.projectId ? 5 : payload.domainId ? 6 : 4
  if (payload.applicationCredentialId) return 9
  if (payload.thumbprint) return 10
  if (payload.projectId) return 2
  if (payload.domainId) return 1
  return payload.system ? 8 : 0
}

function federatedOf(payload: TokenPayload): NonNullable<TokenPayload['federated']> {
  return (payload.federated ??= { groupIds: [], identityProviderId: '', protocolId: '' })
}

function secondsOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError('not a time')
  return value
}

/** Seconds, written as a 64 bit float even when they are whole: what Python writes. */
class FloatSeconds {
  readonly seconds: number
  constructor(seconds: number) {
    this.seconds = seconds
  }
}

// The library writes whole numbers as integers; the one float of a payload is spliced in by hand.
function pack(values: readonly unknown[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x90 | values.length)]
  for (const value of values) {
    if (value instanceof FloatSeconds) {
      const float = Buffer.alloc(9)
      float[0] = 0xcb
      float.writeDoubleBE(value.seconds, 1)
      parts.push(float)
    } else parts.push(encoder.encode(value))
  }
  return Buffer.concat(parts)
}
