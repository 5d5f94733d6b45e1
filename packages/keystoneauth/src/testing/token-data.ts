import { randomBytes } from 'node:crypto'
import type { TokenData } from '../token-data.ts'

/** What a test says of a token; the rest is filled in. */
export interface TokenDataSettings extends Partial<TokenData> {
  /** When it was issued; default: now. */
  issuedAt?: Date
  /** Seconds it lives; default 3600. */
  lifetime?: number
  userName?: string
  projectName?: string
  roleNames?: readonly string[]
}

const domain = { id: 'default', name: 'Default' }

/** The data of a project-scoped token, as Keystone renders it. */
export function tokenData(settings: TokenDataSettings = {}): TokenData {
  const {
    issuedAt = new Date(),
    lifetime = 3600,
    userName = 'demo',
    projectName = 'demo',
    roleNames = ['member'],
    ...rest
  } = settings
  return {
    methods: ['password'],
    user: { id: `id-user-${userName}`, name: userName, domain, password_expires_at: null },
    audit_ids: [randomBytes(16).toString('base64url')],
    expires_at: timestamp(new Date(issuedAt.getTime() + lifetime * 1000)),
    issued_at: timestamp(issuedAt),
    project: { id: `id-project-${projectName}`, name: projectName, domain },
    is_domain: false,
    roles: roleNames.map((name) => ({ id: `id-role-${name}`, name })),
    catalog: [],
    ...rest,
  }
}

/** Keystone's form of a time: whole seconds, with six zeros. */
export function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, '.000000Z')
}
