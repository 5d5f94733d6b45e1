import { ServiceCatalog } from './catalog.ts'
import { OptionError } from './errors.ts'
import type { TokenData } from './token-data.ts'

/**
 * A token and what Keystone said of it. Neither an inspection nor `JSON.stringify` shows the token: it is had by `token`,
 * and kept between runs by `toSecretText`.
 */
export class AccessInfo {
  readonly data: TokenData
  readonly expiresAt: Date
  readonly catalog: ServiceCatalog
  /** When the answer came, by the clock of this side; undefined when nobody noted it. */
  readonly obtainedAt: Date | undefined
  readonly #token: string

  constructor(token: string, data: TokenData, obtainedAt?: Date) {
    this.#token = token
    this.data = data
    this.expiresAt = new Date(data.expires_at)
    this.catalog = new ServiceCatalog(Array.isArray(data.catalog) ? data.catalog : [])
    this.obtainedAt = obtainedAt
  }

  get token(): string {
    return this.#token
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
  /** Of a token by the rights of a trust. */
  get trustId(): string | undefined {
    return this.data['OS-TRUST:trust']?.id
  }
  get roleNames(): string[] {
    return (this.data.roles ?? []).map((role) => role.name)
  }
  /** The token's name in logs. */
  get auditId(): string | undefined {
    return this.data.audit_ids[0]
  }

  /** For logs: everything but the token and the catalog. */
  toJSON(): Omit<TokenData, 'catalog'> {
    const { catalog: _, ...rest } = this.data
    return rest
  }

  /**
   * The login as a text to keep between runs. **It contains a secret**, the token, and says so: store it as carefully as a
   * password. keystoneauth1 reads it as the state of a plugin.
   *
   * @see keystoneauth1, BaseIdentityPlugin.get_auth_state
   */
  toSecretText(): string {
    return JSON.stringify({
      contains_secret: true,
      auth_token: this.#token,
      body: { token: this.data },
      ...(this.obtainedAt ? { obtained_at: this.obtainedAt.toISOString() } : {}),
    })
  }

  /** @throws OptionError for what is no stored login; it quotes nothing */
  static fromSecretText(text: string): AccessInfo {
    const { auth_token: token, body, obtained_at: at } = storedLogin(text)
    const data = body?.token
    if (typeof token !== 'string' || token === '' || !isTokenData(data)) {
      throw new OptionError('the text is no stored login')
    }
    const obtained = at === undefined ? Number.NaN : Date.parse(at)
    return new AccessInfo(token, data, Number.isNaN(obtained) ? undefined : new Date(obtained))
  }
}

interface StoredLogin {
  auth_token?: string
  body?: { token?: TokenData }
  obtained_at?: string
}

function storedLogin(text: string): StoredLogin {
  try {
    return (JSON.parse(text) as StoredLogin | null) ?? {}
  } catch {
    return {}
  }
}

/** Whether an answer holds what every token has. */
export function isTokenData(data: TokenData | undefined): data is TokenData {
  return typeof data?.user?.id === 'string' && !Number.isNaN(Date.parse(data.expires_at))
}
