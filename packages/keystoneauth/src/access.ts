import { ServiceCatalog } from './catalog.ts'
import type { TokenData } from './token-data.ts'

/** A token and what Keystone said of it. */
export class AccessInfo {
  readonly token: string
  readonly data: TokenData
  readonly expiresAt: Date
  readonly catalog: ServiceCatalog

  constructor(token: string, data: TokenData) {
    this.token = token
    this.data = data
    this.expiresAt = new Date(data.expires_at)
    this.catalog = new ServiceCatalog(data.catalog ?? [])
  }

  /** @param marginSeconds how long before its expiry a token counts as expiring */
  willExpireSoon(now: Date, marginSeconds: number): boolean {
    return this.expiresAt.getTime() < now.getTime() + marginSeconds * 1000
  }

  /** Seconds from issue to expiry; NaN when Keystone did not say. */
  get lifetimeSeconds(): number {
    return (this.expiresAt.getTime() - Date.parse(this.data.issued_at)) / 1000
  }

  get userId(): string {
    return this.data.user.id
  }
  get username(): string {
    return this.data.user.name
  }
  get projectId(): string | undefined {
    return this.data.project?.id
  }
  get projectName(): string | undefined {
    return this.data.project?.name
  }
  /** Of a domain-scoped token. */
  get domainId(): string | undefined {
    return this.data.domain?.id
  }
  get isSystemScoped(): boolean {
    return this.data.system?.all === true
  }
  get roleNames(): string[] {
    return (this.data.roles ?? []).map((role) => role.name)
  }
  /** The token's name in logs. */
  get auditId(): string | undefined {
    return this.data.audit_ids[0]
  }

  /** For keeping a login between runs. Holds the token: store it as carefully as a password. */
  toJSON(): { token: string; data: TokenData } {
    return { token: this.token, data: this.data }
  }

  static fromJSON(stored: { token: string; data: TokenData }): AccessInfo {
    return new AccessInfo(stored.token, stored.data)
  }
}
