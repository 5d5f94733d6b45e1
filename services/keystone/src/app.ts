import { randomBytes, randomUUID } from 'node:crypto'
import { createApi, identityErrorFormat, serviceUnavailable } from '@longhaul/oslo/api'
import type { ApiApp, TlsMaterial } from '@longhaul/oslo/api'
import { DatabaseLockedError, isConnectionError, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { createEnforcer } from '@longhaul/oslo/policy'
import type { FastifyRequest } from 'fastify'
import { passwordMethod } from './auth/methods/password.ts'
import { tokenMethod } from './auth/methods/token.ts'
import { authPolicy } from './auth/policy.ts'
import { tokenRoutes } from './auth/routes.ts'
import { targetRoutes } from './auth/targets.ts'
import { callersBy } from './caller.ts'
import { isUrlTemplate } from './catalog/catalog.ts'
import { linked } from './collection.ts'
import { longestUse, passwordRules, type Settings } from './config.ts'
import type { Tables } from './db/tables.ts'
import { discoveryRoutes } from './discovery/routes.ts'
import { domains, domainView } from './domains/domains.ts'
import { domainPolicy } from './domains/policy.ts'
import { domainRoutes } from './domains/routes.ts'
import { domainStore } from './domains/store.ts'
import { endpoints } from './endpoints/endpoints.ts'
import { endpointPolicy } from './endpoints/policy.ts'
import { endpointRoutes } from './endpoints/routes.ts'
import { endpointStore } from './endpoints/store.ts'
import { grants } from './grants/grants.ts'
import { grantPolicy } from './grants/policy.ts'
import { grantRoutes } from './grants/routes.ts'
import { grantStore } from './grants/store.ts'
import { Passwords } from './passwords.ts'
import { baseRules } from './policy.ts'
import { projectPolicy } from './projects/policy.ts'
import { projects, projectView } from './projects/projects.ts'
import { projectRoutes } from './projects/routes.ts'
import { projectStore } from './projects/store.ts'
import { clientError } from './refusal.ts'
import { regionPolicy } from './regions/policy.ts'
import { regions } from './regions/regions.ts'
import { regionRoutes } from './regions/routes.ts'
import { regionStore } from './regions/store.ts'
import { PerRevision, Revision, type Db } from './revision.ts'
import type { RevocationCause } from './revoke/events.ts'
import { addRevocation, announceRetention, readRevocations, revocationEvent } from './revoke/store.ts'
import { rolePolicy } from './roles/policy.ts'
import { roles, roleView } from './roles/roles.ts'
import { roleRoutes } from './roles/routes.ts'
import { roleStore } from './roles/store.ts'
import { servicePolicy } from './services/policy.ts'
import { serviceRoutes } from './services/routes.ts'
import { services } from './services/services.ts'
import { serviceStore } from './services/store.ts'
import type { Delegations } from './token/delegations.ts'
import { KeyRepository } from './token/key-repository.ts'
import { Knowledge } from './token/knowledge.ts'
import { TokenProvider } from './token/provider.ts'
import { userPolicy } from './users/policy.ts'
import { userRoutes } from './users/routes.ts'
import { userStore } from './users/store.ts'
import { users, userView } from './users/users.ts'

export interface AppOptions {
  settings: Settings
  database: Database<Tables>
  logger: Logger
  version: string
  now?: () => Date
  randomUUID?: () => string
  /** For audit ids and the IVs of tokens. */
  randomBytes?: (count: number) => Buffer
  /** What stands behind application credentials and the like; by default nothing, so such tokens are refused. */
  delegations?: Delegations
  tls?: TlsMaterial
}

/** All rules of the service. */
const policyRules = [
  ...baseRules,
  ...authPolicy,
  ...domainPolicy,
  ...projectPolicy,
  ...userPolicy,
  ...rolePolicy,
  ...grantPolicy,
  ...regionPolicy,
  ...servicePolicy,
  ...endpointPolicy,
]

/** Puts the Identity service together; the only place that knows all its rooms. */
export function createApp(options: AppOptions): ApiApp {
  const { settings, database, logger } = options
  const db = database.kysely
  const now = options.now ?? (() => new Date())
  const uuid = options.randomUUID ?? randomUUID
  const newId = () => uuid().replaceAll('-', '')
  const defaultDomainId = settings.identity.default_domain_id
  const revision = new Revision(database)
  const write: Revision['write'] = (work) => revision.write(work)

  const app = createIdentityApi(options, now, uuid)
  const policy = createEnforcer({
    rules: policyRules,
    file: settings.policy.policy_file,
    message: (action) => `You are not authorized to perform the requested action: ${action}.`,
  })
  for (const warning of policy.warnings) logger.warn({ warning }, 'policy')

  const knowledge = new PerRevision(revision, () => {
    return new Knowledge({
      db,
      revocations: () => readRevocations(db),
      delegations: options.delegations ?? (() => Promise.resolve(undefined)),
      urlValues: { public_endpoint: settings.DEFAULT.public_endpoint },
    })
  })
  const provider = new TokenProvider({
    keys: new KeyRepository(settings.fernetTokens.key_repository),
    knowledge: () => knowledge.current(),
    settings: { methods: settings.auth.methods, defaultDomainId },
    expiration: settings.token.expiration,
    allowExpiredWindow: settings.token.allow_expired_window,
    now,
    randomBytes: options.randomBytes ?? randomBytes,
  })
  const callers = callersBy(provider)
  const passwords = new Passwords(passwordRules(settings))
  const hashPassword = (password: string) => passwords.hash(password)
  const checkPassword = (password: string, hash: string | undefined) => passwords.check(password, hash)
  const revoke = (trx: Db, cause: RevocationCause) =>
    addRevocation(trx, revocationEvent(newId(), cause, Math.floor(now().getTime() / 1000)))
  const retention = longestUse(settings)
  app.addHook('onReady', async () => void (await write((trx) => announceRetention(trx, retention))))

  const store = {
    domains: domainStore(db),
    projects: projectStore(db),
    users: userStore(db),
    roles: roleStore(db),
    grants: grantStore(db),
    regions: regionStore(db),
    services: serviceStore(db),
    endpoints: endpointStore(db),
  }
  const exists = async (found: Promise<unknown>) => (await found) !== undefined
  const domainExists = (id: string) => exists(store.domains.find(id))
  const projectsOf = async (userId: string, request: FastifyRequest) =>
    (await store.projects.grantedTo(userId)).map((row) =>
      linked(app, request, '/v3/projects', projectView(row)),
    )
  const domainsOf = async (userId: string, request: FastifyRequest) =>
    (await store.domains.grantedTo(userId)).map((row) => linked(app, request, '/v3/domains', domainView(row)))

  // Who reacts when something goes.
  const userGone = (trx: Db, id: string) => store.grants.removeOfUser(trx, id)
  const roleGone = (trx: Db, id: string) => store.grants.removeOfRole(trx, id)
  const serviceGone = (trx: Db, id: string) => store.endpoints.deleteOfService(trx, id)
  const projectGone = async (trx: Db, id: string) => {
    await store.grants.removeOn(trx, 'project', id)
    await revoke(trx, { projectId: id })
  }
  const domainGone = async (trx: Db, id: string) => {
    const [members, places] = [await store.users.inDomain(trx, id), await store.projects.inDomain(trx, id)]
    for (const userId of members) await userGone(trx, userId)
    for (const projectId of places) await store.grants.removeOn(trx, 'project', projectId)
    await store.users.deleteDomain(trx, id)
    await store.projects.deleteDomain(trx, id)
    await store.grants.removeOn(trx, 'domain', id)
    await revoke(trx, { domainId: id })
  }

  const directory = {
    user: store.users.find,
    userNamed: store.users.named,
    project: store.projects.find,
    projectNamed: store.projects.named,
    domain: store.domains.find,
    domainNamed: store.domains.named,
  }
  discoveryRoutes(app)
  tokenRoutes(app, {
    directory,
    methods: settings.auth.methods,
    methodsByName: new Map([
      ['password', passwordMethod({ directory, checkPassword })],
      ['token', tokenMethod({ validate: (text) => provider.validate(text) })],
    ]),
    allowRescope: settings.token.allow_rescope_scoped_token,
    canScopeTo: async (userId, projectId) => 'facts' in (await provider.factsOf({ userId, projectId })),
    issue: (request) => provider.issue(request),
    validate: (text, how) => provider.validate(text, how),
    revokeToken: (auditId) => write((trx) => revoke(trx, { auditId })),
    callers,
    policy,
  })
  targetRoutes(app, {
    callers,
    projectsOf,
    domainsOf,
    hasSystemRole: async (user_id) =>
      (await store.grants.rolesOf({ user_id, target_kind: 'system', target_id: 'all' })).length > 0,
  })

  const routeDeps = { callers, policy }
  domainRoutes(app, routeDeps, domains({ store: store.domains, write, newId, domainGone }))
  projectRoutes(
    app,
    routeDeps,
    projects({ store: store.projects, write, newId, defaultDomainId, domainExists, projectGone }),
  )
  userRoutes(
    app,
    { ...routeDeps, projectsOf },
    users({
      store: store.users,
      write,
      newId,
      defaultDomainId,
      hashPassword,
      checkPassword,
      domainExists,
      revokeTokensOf: (trx, userId) => revoke(trx, { userId }),
      userGone,
    }),
  )
  roleRoutes(app, routeDeps, roles({ store: store.roles, write, newId, roleGone }))
  const seen = async <R>(found: Promise<R | undefined>, view: (row: R) => Record<string, unknown>) => {
    const row = await found
    return row === undefined ? undefined : view(row)
  }
  grantRoutes(app, {
    callers,
    viewRole: roleView,
    grants: grants({
      store: store.grants,
      write,
      policy,
      subjects: {
        user: (id) => seen(store.users.find(id), userView),
        project: (id) => seen(store.projects.find(id), projectView),
        domain: (id) => seen(store.domains.find(id), domainView),
        role: (id) => seen(store.roles.find(id), roleView),
      },
    }),
  })
  regionRoutes(app, routeDeps, regions({ store: store.regions, write, newId }))
  serviceRoutes(app, routeDeps, services({ store: store.services, write, newId, serviceGone }))
  endpointRoutes(
    app,
    routeDeps,
    endpoints({
      store: store.endpoints,
      write,
      newId,
      serviceExists: (id) => exists(store.services.find(id)),
      regionExists: (id) => exists(store.regions.find(id)),
      ensureRegion: (trx, id) => store.regions.ensure(trx, id),
      isUrlTemplate,
    }),
  )
  return app
}

/** The application without routes: its errors, headers and limits. */
function createIdentityApi(options: AppOptions, now: () => Date, uuid: () => string): ApiApp {
  const { public_endpoint, enable_proxy_headers_parsing } = options.settings.DEFAULT
  const app = createApi({
    service: 'keystone',
    version: options.version,
    logger: options.logger,
    errorFormat: identityErrorFormat,
    vary: 'X-Auth-Token',
    now: () => now().getTime(),
    randomUUID: uuid,
    enableProxyHeadersParsing: enable_proxy_headers_parsing,
    wrongContentType: {
      status: 400,
      message: `Expecting to find application/json in Content-Type header. ${clientError}`,
    },
    mapError: (error) =>
      isConnectionError(error) || error instanceof DatabaseLockedError
        ? serviceUnavailable('The database cannot be reached.', { retryAfter: 1, cause: error })
        : undefined,
    ...(public_endpoint ? { publicEndpoint: public_endpoint } : {}),
    ...(options.tls ? { tls: options.tls } : {}),
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (reply.statusCode === 401)
      reply.header('WWW-Authenticate', `Keystone uri="${app.api.baseUrl(request)}/v3"`)
    // fastify adds the charset that JSON has anyway.
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json')
    done()
  })
  return app
}
