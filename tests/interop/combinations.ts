import type { TokenData } from '@longhaul/keystoneauth'
import type { FakeKeystone, TokenDataSettings } from '@longhaul/keystoneauth/testing'
import type { Seeded } from './seeded.ts'

/** A token of the combinations; without data it is none, or one that Keystone does not know. */
export interface SampleToken {
  name: string
  /** As it is sent; undefined: not at all. */
  sent: string | undefined
  data?: TokenData
}

/** Options in which applications differ, as a paste file would give them. */
export type OptionSet = Readonly<Record<string, string>>

/** One request to both. */
export interface Combination {
  method: string
  path: string
  user: SampleToken
  service: SampleToken
  /** Beside the tokens; names as they are written. */
  forged: Readonly<Record<string, string>>
  /** X-Storage-Token in place of X-Auth-Token. */
  storage: boolean
  /** What Keystone answers to validations; undefined: as it should. */
  failure: number | undefined
}

/** Seconds after expiry in which a token counts. */
export const window = 1000
const lifetime = 3600

const endpoint = (url: string) =>
  ['public', 'internal', 'admin'].map((side) => ({ interface: side, region: 'One', region_id: 'One', url }))
const catalog = [
  { type: 'image', name: 'glance', endpoints: endpoint('http://glance:9292') },
  { type: 'identity', name: 'keystone', endpoints: endpoint('http://keystone:5000/v3') },
]

const rules = (...paths: string[]) => paths.map((path) => ({ service: 'image', method: 'GET', path }))
const credential = (access_rules: ReturnType<typeof rules> | null): TokenDataSettings => ({
  application_credential: { id: 'ac', name: 'ac', restricted: true, access_rules },
})
const ago = (seconds: number) => ({ issuedAt: new Date(Date.now() - seconds * 1000) })
const inWindow = ago(lifetime + 60)
const outside = ago(lifetime + window + 60)

const userKinds: Record<string, TokenDataSettings> = {
  project: { roleNames: ['member', 'reader'] },
  domain: { project: undefined, domain: { id: 'default', name: 'Default' } },
  system: { project: undefined, system: { all: true }, roleNames: ['admin'] },
  unscoped: { project: undefined, roleNames: [], catalog: undefined },
  'not the project of administrators': { is_admin_project: false },
  'of a service': { userName: 'nova', roleNames: ['service'] },
  'bound to kerberos': { bind: { kerberos: 'demo' } },
  'bound to another': { bind: { x509: 'demo' } },
  'with null for rules': credential(null),
  'without any rule': credential([]),
  'with rules': credential(rules('/v2/images/*', '/v2/images')),
  'with a rule for all': credential(rules('/**')),
  'with a rule of literals': credential(rules('/v2.1/images')),
  'expired, with rules': { ...credential(rules('/v2/images/*')), ...inWindow },
  'expired in the window': inWindow,
  'expired in the window, system': { project: undefined, system: { all: true }, ...inWindow },
  'out of the window': outside,
}

const serviceKinds: Record<string, TokenDataSettings> = {
  'with the role': { userName: 'nova', projectName: 'service', roleNames: ['service', 'reader'] },
  'with the other role': { userName: 'cinder', projectName: 'service', roleNames: ['admin'] },
  'without the role': { userName: 'plain', roleNames: ['member'] },
  'without any role': { userName: 'bare', project: undefined, roleNames: [] },
  system: { userName: 'nova', project: undefined, system: { all: true }, roleNames: ['service'] },
  'bound to kerberos': { userName: 'nova', roleNames: ['service'], bind: { kerberos: 'nova' } },
  expired: { userName: 'nova', roleNames: ['service'], ...inWindow },
}

function samples(keystone: FakeKeystone, kinds: Record<string, TokenDataSettings>): SampleToken[] {
  const known = Object.entries(kinds).map(([name, settings]) => {
    const { token, data } = keystone.issue({ lifetime, catalog, ...settings })
    return { name, sent: token, data }
  })
  const revoked = keystone.issue({ lifetime, roleNames: ['service'] }).token
  keystone.revoke(revoked)
  return [
    ...known,
    { name: 'with blanks around', sent: `  ${known[0]!.sent} `, data: known[0]!.data },
    { name: 'revoked', sent: revoked },
    { name: 'garbage', sent: 'garbage' },
    { name: 'empty', sent: '' },
    { name: 'absent', sent: undefined },
  ]
}

const isGood = ({ sent, data }: SampleToken) =>
  sent === undefined || (data !== undefined && Date.parse(data.expires_at) > Date.now())

/** Draws requests, and the options of applications to send them to. */
export class Combinations {
  readonly #seeded: Seeded
  readonly #users: readonly SampleToken[]
  readonly #services: readonly SampleToken[]
  #sets = 0

  constructor(keystone: FakeKeystone, seeded: Seeded) {
    this.#seeded = seeded
    this.#users = samples(keystone, userKinds)
    this.#services = samples(keystone, serviceKinds)
  }

  options(): OptionSet {
    const draw = this.#seeded
    const flag = () => draw.of(['true', 'false'])
    return {
      service_token_roles_required: flag(),
      delay_auth_decision: flag(),
      include_service_catalog: draw.chance(0.75) ? 'true' : 'false',
      service_token_roles: draw.of(['service', 'service', 'admin,service', 'nobody']),
      enforce_token_bind: draw.of([
        'permissive',
        'permissive',
        'disabled',
        'strict',
        'required',
        'kerberos',
        'x509',
      ]),
      token_cache_time: draw.of(['-1', '300']),
      // No two sets are the same, so that each begins with empty caches.
      http_connect_timeout: String(60 + this.#sets++),
      ...(draw.chance(0.75) ? { service_type: draw.of(['image', 'image', 'compute']) } : {}),
    }
  }

  request(): Combination {
    const draw = this.#seeded
    const failure = draw.chance(0.05) ? draw.of([403, 500, 503]) : undefined
    // What ours refused a moment ago it refuses again without Keystone, the original does not (D8).
    const fit = (samples: readonly SampleToken[]) => (failure ? samples.filter(isGood) : samples)
    return {
      method: draw.of(['GET', 'GET', 'GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD']),
      path: draw.of([
        '/v2/images',
        '/v2/images/1',
        '/v2/images/1?sort=name',
        '/v2/images/1/file',
        '/v2/image%73',
        '/v2/images/a%20b',
        '/v2/images/a%2Fb',
        '/v2/images%2F1',
        '/v2.1/images',
        '/v2x1/images',
        '/v3/auth/tokens',
        '/',
      ]),
      user: draw.of(fit(this.#users)),
      service: draw.chance(0.3) ? { name: 'absent', sent: undefined } : draw.of(fit(this.#services)),
      forged: this.#forged(),
      storage: draw.chance(0.1),
      failure,
    }
  }

  #forged(): Record<string, string> {
    const names = [
      'X-Roles',
      'x-user-id',
      'X_USER_NAME',
      'X-Identity-Status',
      'X-Service-Identity-Status',
      'X-Service-Roles',
      'X-Is-Admin-Project',
      'X-Tenant',
      'X-Service-Catalog',
      'OpenStack-System-Scope',
      'X-Trust-Id',
    ]
    return Object.fromEntries(names.filter(() => this.#seeded.chance(0.1)).map((name) => [name, 'forged']))
  }
}
